"""The parts of one sandbox, connected to each other."""

from __future__ import annotations

from bot.sandbox.actions.command_registry import CommandRegistry
from bot.sandbox.actions.messages import Messages
from bot.sandbox.gateway.gateway import Gateway
from bot.sandbox.interactions.interactions import Interactions
from bot.sandbox.model.accounts import Accounts
from bot.sandbox.model.attachments import AttachmentStore
from bot.sandbox.model.payloads import Payloads
from bot.sandbox.model.seed import APPLICATION_ID, populate
from bot.sandbox.model.state import SandboxState
from bot.sandbox.observer import Observer
from bot.sandbox.options import Options
from bot.sandbox.wire_log import WireLog


class SandboxServices:
    """Creates every part once and passes each what it needs."""

    def __init__(self, options: Options, observer: Observer) -> None:
        self.options = options
        self.observer = observer
        self.state = SandboxState(message_limit=options.message_limit)
        populate(self.state, options.bot_name)
        self.attachments = AttachmentStore(options)
        self.payloads = Payloads(self.state, self.attachments)
        self.accounts = Accounts(self.state, options)
        self.wire = WireLog()
        self.gateway = Gateway(self.state, self.payloads, self.accounts, options, self.wire, observer)
        self.publish = self.gateway.publish
        self.messages = Messages(self.state, self.payloads, self.attachments, self.publish)
        self.commands = CommandRegistry(self.state, APPLICATION_ID, user_install=options.user_install)
        self.interactions = Interactions(
            self.state, self.payloads, self.messages, self.commands, self.accounts, options, self.publish
        )
