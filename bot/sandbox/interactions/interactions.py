"""Interactions: from a person's click to the application's last follow-up, within Discord's time limits."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping

from bot.sandbox.actions.command_registry import CommandRegistry
from bot.sandbox.actions.messages import Messages
from bot.sandbox.gateway.events import Event, Publish
from bot.sandbox.interactions.answer_provenance import provenance_of
from bot.sandbox.interactions.interaction import Interaction
from bot.sandbox.interactions.interaction_payloads import InteractionPayloads
from bot.sandbox.model.accounts import Accounts
from bot.sandbox.model.entities import Channel, Message, User
from bot.sandbox.model.enums import CallbackType, InteractionType, MessageFlag
from bot.sandbox.model.errors import DiscordError, unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import Payloads
from bot.sandbox.model.state import SandboxState
from bot.sandbox.model.uploads import Upload
from bot.sandbox.options import Options
from bot.sandbox.validation.command_form import read_choices
from bot.sandbox.validation.component_form import read_modal
from bot.sandbox.validation.forms import Form
from bot.sandbox.validation.mentions import USERS_ONLY
from bot.sandbox.validation.message_form import CALLBACK_FLAGS, EDIT_FLAGS, MessageForm, read_message_form

_KEPT = 10_000
_MAX_FOLLOWUPS_OF_USER_INSTALL = 5
_TIMED_OUT = 2
_DEFERRAL_FLAGS = MessageFlag.EPHEMERAL | MessageFlag.IS_VOICE_MESSAGE


class Interactions:
    """The state machine of every interaction's token."""

    def __init__(
        self,
        state: SandboxState,
        payloads: Payloads,
        messages: Messages,
        commands: CommandRegistry,
        accounts: Accounts,
        options: Options,
        publish: Publish,
    ) -> None:
        self._state = state
        self._payloads = payloads
        self._messages = messages
        self._shown = InteractionPayloads(state, payloads, commands, accounts, options)
        self._accounts = accounts
        self._options = options
        self._publish = publish
        self._by_token: OrderedDict[str, Interaction] = OrderedDict()
        self._by_id: dict[int, Interaction] = {}

    # The person's side

    def begin(
        self,
        kind: InteractionType,
        user: User,
        channel: Channel,
        data: Json,
        nonce: str | None,
        *,
        source: Message | None = None,
        origin: Interaction | None = None,
    ) -> Interaction:
        """Send an interaction to the bot. It fails on its own if it is not acknowledged in time."""
        interaction = Interaction(
            id=self._state.clock.next(),
            token=secrets.token_urlsafe(120),
            type=kind,
            user=user,
            channel_id=channel.id,
            nonce=nonce,
            data=data,
            owners=self._shown.owners(user, channel),
            source_id=source.id if source else None,
            origin=origin,
            began_s=time.monotonic(),
        )
        self._by_token[interaction.token] = interaction
        self._by_id[interaction.id] = interaction
        while len(self._by_token) > _KEPT:
            _, oldest = self._by_token.popitem(last=False)
            del self._by_id[oldest.id]
        self._tell_person(interaction, "INTERACTION_CREATE")
        payload = self._shown.payload(interaction, channel, source)
        self._publish(Event("INTERACTION_CREATE", payload, guild_id=channel.guild_id, to_people=False))
        loop = asyncio.get_running_loop()
        interaction.timer = loop.call_later(self._options.ack_timeout_s, self._fail_if_unanswered, interaction)
        return interaction

    def opened_modal(self, user: User, interaction_id: int | None, custom_id: str) -> Interaction:
        """The interaction that opened a modal for ``user``; the latest one with ``custom_id`` if no id is given.

        Raises:
            DiscordError: 404 10062.
        """
        candidates = [self._by_id.get(interaction_id)] if interaction_id else reversed(self._by_token.values())
        for interaction in candidates:
            if interaction is None or interaction.user.id != user.id or interaction.modal is None:
                continue
            if interaction.modal["custom_id"] == custom_id:
                return interaction
        raise unknown("interaction")

    def stop(self) -> None:
        for interaction in self._by_token.values():
            if interaction.timer is not None:
                interaction.timer.cancel()

    def _fail_if_unanswered(self, interaction: Interaction) -> None:
        if interaction.callback is None:
            self._tell_person(interaction, "INTERACTION_FAILURE", {"reason_code": _TIMED_OUT})

    def _tell_person(self, interaction: Interaction, name: str, more: Json | None = None) -> None:
        data: Json = {"id": str(interaction.id), "nonce": interaction.nonce} | (more or {})
        self._publish(Event(name, data, to_bot=False, only_user_id=interaction.user.id))

    # The application's side

    def acknowledge(
        self, interaction_id: int, token: str, body: Json, files: Mapping[str, Upload], *, with_response: bool
    ) -> Json | None:
        """Process the callback of an interaction. Returns the body of the response if ``with_response``, else None.

        Raises:
            DiscordError: 404 10062 (unknown, or too late), 400 40060 (already acknowledged), 400 50035 and what else
                may be wrong with a message.
        """
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise unknown("interaction")
        if interaction.callback is not None:
            raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
        if interaction.age_s >= self._options.ack_timeout_s:
            raise unknown("interaction")
        kind = self._read_kind(interaction, body)
        data = body.get("data") if isinstance(body.get("data"), dict) else {}
        message = self._carry_out(interaction, kind, data or {}, files)
        interaction.callback = kind
        if interaction.timer is not None:
            interaction.timer.cancel()
        if kind is not CallbackType.AUTOCOMPLETE_RESULT:
            self._tell_person(interaction, "INTERACTION_SUCCESS")
        return self._callback_response(interaction, kind, message) if with_response else None

    def _read_kind(self, interaction: Interaction, body: Json) -> CallbackType:
        form = Form()
        asked = form.choice(body, "type", frozenset(int(kind) for kind in CallbackType), required=True)
        form.raise_if_wrong()
        assert asked is not None
        kind = CallbackType(asked)
        of_component = interaction.source_id is not None
        allowed = {
            CallbackType.PONG: False,
            CallbackType.MESSAGE: interaction.type is not InteractionType.AUTOCOMPLETE,
            CallbackType.DEFERRED_MESSAGE: interaction.type is not InteractionType.AUTOCOMPLETE,
            CallbackType.DEFERRED_UPDATE: of_component,
            CallbackType.UPDATE: of_component,
            CallbackType.AUTOCOMPLETE_RESULT: interaction.type is InteractionType.AUTOCOMPLETE,
            CallbackType.MODAL: interaction.type
            in (InteractionType.APPLICATION_COMMAND, InteractionType.MESSAGE_COMPONENT),
        }
        if not allowed[kind]:
            message = "This response cannot be used for this interaction."
            form.wrong(("type",), "INTERACTION_RESPONSE_TYPE_INVALID", message)
            form.raise_if_wrong()
        return kind

    def _carry_out(
        self, interaction: Interaction, kind: CallbackType, data: Json, files: Mapping[str, Upload]
    ) -> Message | None:
        match kind:
            case CallbackType.MESSAGE | CallbackType.DEFERRED_MESSAGE:
                deferred = kind is CallbackType.DEFERRED_MESSAGE
                settable = _DEFERRAL_FLAGS if deferred else CALLBACK_FLAGS
                given = {"flags": data.get("flags")} if deferred else data
                form = read_message_form(given, files, USERS_ONLY, settable, at=("data",))
                message = self._post(interaction, form, loading=deferred)
                interaction.original_id = message.id
                return message
            case CallbackType.DEFERRED_UPDATE | CallbackType.UPDATE:
                source = self._state.messages.get(interaction.source_id or 0)
                if source is None:
                    raise unknown("Message")
                interaction.original_id = source.id
                if kind is CallbackType.DEFERRED_UPDATE:
                    return None
                return self._messages.edit(source, self._read_edit(source, data, files, ("data",)))
            case CallbackType.AUTOCOMPLETE_RESULT:
                checked = Form()
                choices = read_choices(checked, data, ("data",))
                checked.raise_if_wrong()
                shown = {"nonce": interaction.nonce, "choices": choices}
                event = Event(
                    "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE",
                    shown,
                    to_bot=False,
                    only_user_id=interaction.user.id,
                )
                self._publish(event)
            case CallbackType.MODAL:
                checked = Form()
                modal = read_modal(checked, data)
                checked.raise_if_wrong()
                interaction.modal = modal
                application = self._accounts.application()
                more = modal | {
                    "channel_id": str(interaction.channel_id),
                    "application": {k: application[k] for k in ("id", "name", "icon", "description", "bot")},
                }
                self._tell_person(interaction, "INTERACTION_MODAL_CREATE", more)
            case _:
                raise AssertionError(kind)
        return None

    def _callback_response(self, interaction: Interaction, kind: CallbackType, message: Message | None) -> Json:
        summary: Json = {
            "id": str(interaction.id),
            "type": int(interaction.type),
            "channel_id": str(interaction.channel_id),
        }
        original = message or self._state.messages.get(interaction.original_id or 0)
        if original is not None:
            summary["response_message_id"] = str(original.id)
            summary["response_message_loading"] = bool(original.flags & MessageFlag.LOADING)
            summary["response_message_ephemeral"] = original.ephemeral_to is not None
        response: Json = {"interaction": summary}
        if message is not None and kind in (CallbackType.MESSAGE, CallbackType.UPDATE):
            shown = self._payloads.message(message, self._accounts.bot.id)
            response["resource"] = {"type": int(kind), "message": shown}
        return response

    def follow_up(self, token: str, body: Json, files: Mapping[str, Upload]) -> Message:
        """Post a further message. The first one after a deferral edits the loading message instead.

        Raises:
            DiscordError: 404 10015 (unknown, or not acknowledged), 401 50027 (too old), 400 40094 (too many).
        """
        interaction = self._acknowledged(token)
        original = self._state.messages.get(interaction.original_id or 0)
        if original is not None and original.flags & MessageFlag.LOADING:
            return self._messages.edit(original, self._read_edit(original, body, files))
        if "0" not in interaction.owners:
            interaction.followups += 1
            if interaction.followups > _MAX_FOLLOWUPS_OF_USER_INSTALL:
                message = "This interaction has reached the maximum number of follow-up messages."
                raise DiscordError(400, 40094, message)
        return self._post(interaction, read_message_form(body, files, USERS_ONLY, CALLBACK_FLAGS))

    def webhook_message(self, token: str, which: str) -> Message:
        """The message ``which`` ("@original" or an id) that was posted or updated with ``token``.

        Raises:
            DiscordError: as ``follow_up``, and 404 10008.
        """
        interaction = self._acknowledged(token)
        if which == "@original":
            message = self._state.messages.get(interaction.original_id or 0)
        else:
            message = self._state.messages.get(int(which)) if which.isdigit() else None
            if message is not None and message.webhook_id is None:
                message = None
        if message is None or message.channel_id != interaction.channel_id:
            raise unknown("Message")
        return message

    def edit_webhook_message(self, token: str, which: str, body: Json, files: Mapping[str, Upload]) -> Message:
        """Raises:
        DiscordError: as ``webhook_message``, and what may be wrong with an edit.
        """
        message = self.webhook_message(token, which)
        return self._messages.edit(message, self._read_edit(message, body, files))

    def delete_webhook_message(self, token: str, which: str) -> None:
        """Raises:
        DiscordError: as ``webhook_message``.
        """
        self._messages.delete(self.webhook_message(token, which))

    def _acknowledged(self, token: str) -> Interaction:
        interaction = self._by_token.get(token)
        if interaction is None:
            raise unknown("Webhook")
        if interaction.age_s >= self._options.token_lifetime_s:
            raise DiscordError(401, 50027, "Invalid Webhook Token")
        if interaction.callback is None or interaction.callback is CallbackType.AUTOCOMPLETE_RESULT:
            raise unknown("Webhook")
        return interaction

    def _read_edit(
        self, message: Message, body: Json, files: Mapping[str, Upload], at: tuple[str, ...] = ()
    ) -> MessageForm:
        return read_message_form(body, files, USERS_ONLY, EDIT_FLAGS, at=at, present_flags=message.flags)

    def _post(self, interaction: Interaction, form: MessageForm, *, loading: bool = False) -> Message:
        channel = self._state.channel(interaction.channel_id)
        provenance = provenance_of(
            self._state, interaction, channel, application_id=self._accounts.bot.id,
            ephemeral=bool(form.flags & MessageFlag.EPHEMERAL), loading=loading,
        )  # fmt: skip
        return self._messages.answer(self._accounts.bot, channel, form, provenance)
