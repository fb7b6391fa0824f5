"""Interactions: started by people, answered by the application."""

from __future__ import annotations

from bot.sandbox.interactions.invocations import Resolver, read_component_use, read_modal_submission, read_options
from bot.sandbox.model.entities import Attachment, Channel, Message
from bot.sandbox.model.enums import CommandType, InteractionType
from bot.sandbox.model.errors import unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.rest.api import Answer, Call, Reply, Route
from bot.sandbox.services import SandboxServices
from bot.sandbox.validation.forms import Form
from bot.sandbox.validation.message_form import NewFile


class InteractionRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state

    def routes(self) -> list[Route]:
        webhook = "/webhooks/{application_id}/{token}"
        message = f"{webhook}/messages/{{which}}"
        return [
            Route("POST", "/interactions", self.begin, "person"),
            Route("POST", "/interactions/{interaction_id}/{token}/callback", self.acknowledge, "nobody"),
            Route("POST", webhook, self.follow_up, "nobody"),
            Route("GET", message, self.get, "nobody"),
            Route("PATCH", message, self.edit, "nobody"),
            Route("DELETE", message, self.delete, "nobody"),
        ]

    # The application's side

    def acknowledge(self, call: Call) -> Reply:
        response = self._services.interactions.acknowledge(
            call.id("interaction_id"),
            call.path["token"],
            call.form,
            call.files,
            with_response=call.flag("with_response"),
        )
        return response if response is not None else Answer(204)

    def follow_up(self, call: Call) -> Reply:
        self._require_application(call)
        message = self._services.interactions.follow_up(call.path["token"], call.form, call.files)
        return self._shown(message)

    def get(self, call: Call) -> Reply:
        self._require_application(call)
        return self._shown(self._services.interactions.webhook_message(call.path["token"], call.path["which"]))

    def edit(self, call: Call) -> Reply:
        self._require_application(call)
        changed = self._services.interactions.edit_webhook_message(
            call.path["token"], call.path["which"], call.form, call.files
        )
        return self._shown(changed)

    def delete(self, call: Call) -> Reply:
        self._require_application(call)
        self._services.interactions.delete_webhook_message(call.path["token"], call.path["which"])
        return None

    def _require_application(self, call: Call) -> None:
        if call.id("application_id") != self._services.accounts.bot.id:
            raise unknown("Webhook")

    def _shown(self, message: Message) -> Json:
        return self._services.payloads.message(message, self._services.accounts.bot.id)

    # The person's side

    def begin(self, call: Call) -> Reply:
        body = call.form
        form = Form()
        asked = form.choice(body, "type", frozenset({2, 3, 4, 5}), required=True)
        if not isinstance(body.get("data"), dict):
            form.wrong(("data",), "BASE_TYPE_REQUIRED", "This field is required")
        form.raise_if_wrong()
        assert asked is not None
        if parse(body.get("application_id"), "application_id") != self._services.accounts.bot.id:
            raise unknown("Application")
        channel = self._state.channel(parse(body.get("channel_id"), "channel_id"))
        self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
        kind = InteractionType(asked)
        nonce = str(body["nonce"]) if body.get("nonce") is not None else None
        if kind is InteractionType.MESSAGE_COMPONENT:
            self._use_component(call, channel, nonce)
        elif kind is InteractionType.MODAL_SUBMIT:
            self._submit_modal(call, channel, nonce)
        else:
            self._use_command(call, channel, kind, nonce)
        return Answer(204)

    def _resolver(self, call: Call, channel: Channel) -> Resolver:
        def store(file: NewFile) -> Attachment:
            return self._services.messages.store_file(channel.id, file, ephemeral=True)

        return Resolver(self._state, self._services.payloads, call.user, channel, call.files, store)

    def _use_command(self, call: Call, channel: Channel, kind: InteractionType, nonce: str | None) -> None:
        data: Json = call.form["data"]
        command = self._services.commands.find_usable(call.user, channel, parse(data.get("id"), "data"))
        resolver = self._resolver(call, channel)
        made: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
        if "guild_id" in command:
            made["guild_id"] = command["guild_id"]
        if command["type"] == CommandType.CHAT_INPUT:
            autocomplete = kind is InteractionType.AUTOCOMPLETE
            made["options"] = read_options(command, data, resolver, autocomplete=autocomplete)
        else:
            target = parse(data.get("target_id"), "data")
            made["target_id"] = str(target)
            if command["type"] == CommandType.MESSAGE:
                message = self._state.message(channel.id, target)
                if message.ephemeral_to not in (None, call.user.id):
                    raise unknown("Message")
                resolver.add_message(message)
            elif not resolver.add_user(target):
                raise unknown("User")
        if resolver.resolved:
            made["resolved"] = resolver.resolved
        self._services.interactions.begin(kind, call.user, channel, made, nonce)

    def _use_component(self, call: Call, channel: Channel, nonce: str | None) -> None:
        message = self._state.message(channel.id, parse(call.form.get("message_id"), "message_id"))
        if message.ephemeral_to not in (None, call.user.id):
            raise unknown("Message")
        data = read_component_use(message, call.form["data"], self._resolver(call, channel))
        self._services.interactions.begin(
            InteractionType.MESSAGE_COMPONENT, call.user, channel, data, nonce, source=message
        )

    def _submit_modal(self, call: Call, channel: Channel, nonce: str | None) -> None:
        data: Json = call.form["data"]
        opened_id = parse(data["id"], "data") if data.get("id") else None
        origin = self._services.interactions.opened_modal(call.user, opened_id, str(data.get("custom_id")))
        assert origin.modal is not None
        made = read_modal_submission(origin.modal, data, self._resolver(call, channel))
        # A modal is submitted only once; opening it again creates another interaction.
        origin.modal = None
        source = self._state.messages.get(origin.source_id or 0)
        self._services.interactions.begin(
            InteractionType.MODAL_SUBMIT, call.user, channel, made, nonce, source=source, origin=origin
        )
