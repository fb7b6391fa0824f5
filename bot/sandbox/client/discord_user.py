"""A person at their Discord client: sends messages, uses commands, clicks, and sees what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.sandbox.client.form_filling import File, fill_in_field, fill_in_options, find_component, form_fields
from bot.sandbox.client.messaging_user import MessagingUser, Place
from bot.sandbox.client.outcome import Outcome
from bot.sandbox.client.user_client import PATIENCE_S, GatewayEvent, NothingCameError
from bot.sandbox.model.enums import InteractionType
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json


class UnknownCommandError(SandboxError):
    """Raised when a channel does not offer the command to the person."""


class DiscordUser(MessagingUser):
    """One of the sandbox's people.

    ``async with DiscordUser(sandbox.url, token) as ada`` connects; ``DiscordUser.named(url, "ada")`` finds the token.
    Everything that the gateway sends is kept in ``events``, so that nothing is missed between two calls.
    """

    @classmethod
    async def named(cls, sandbox_url: str, name: str) -> DiscordUser:
        """The person called ``name``, not yet connected.

        Raises:
            SandboxError: there is nobody of that name.
        """
        async with aiohttp.ClientSession() as http, http.get(f"{sandbox_url.rstrip('/')}/sandbox") as response:
            state = await response.json()
        for user in state["users"]:
            if user["name"] == name:
                return cls(sandbox_url, user["token"])
        raise SandboxError(f"There is no {name} here; there are {', '.join(u['name'] for u in state['users'])}.")

    async def commands(self, channel: Place = None, query: str = "") -> list[Json]:
        """The commands that the person is offered in ``channel``, or those that have ``query`` in their name."""
        asked = f"?query={quote(query)}" if query else ""
        index = await self.request("GET", f"/channels/{self.channel_id(channel)}/application-command-index{asked}")
        found: list[Json] = index["application_commands"]
        return found

    async def slash(
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        *,
        channel: Place = None,
        timeout_s: float = PATIENCE_S,
    ) -> Outcome:
        """Use a slash command, such as ``slash("voice set", {"name": "joe"})``.

        Values have the type of their option: text, numbers, booleans, ids, objects with an "id", and a ``File`` for a
        file. Returns when the bot has acknowledged, or failed to.

        Raises:
            UnknownCommandError: the command is not offered there.
            DiscordError: the options were refused.
        """
        command = await self._find_command(name.split(" ")[0], 1, channel)
        uploads: list[File] = []
        data = self._command_data(command)
        data["options"] = fill_in_options(
            command.get("options") or [], name.split(" ")[1:], dict(options or {}), uploads
        )
        data["attachments"] = [{"id": str(i), "filename": f[0]} for i, f in enumerate(uploads)]
        body = self._interaction(InteractionType.APPLICATION_COMMAND, channel, data)
        return await self._interact(body, timeout_s, uploads)

    async def message_command(self, name: str, message: Mapping[str, Any], *, timeout_s: float = PATIENCE_S) -> Outcome:
        """Use a message command, from the menu of ``message``."""
        channel = str(message["channel_id"])
        command = await self._find_command(name, 3, channel)
        data = self._command_data(command) | {"target_id": message["id"]}
        body = self._interaction(InteractionType.APPLICATION_COMMAND, channel, data)
        return await self._interact(body, timeout_s)

    async def user_command(
        self, name: str, user_id: str | int, *, channel: Place = None, timeout_s: float = PATIENCE_S
    ) -> Outcome:
        """Use a user command, from the menu of a user."""
        command = await self._find_command(name, 2, channel)
        data = self._command_data(command) | {"target_id": str(user_id)}
        body = self._interaction(InteractionType.APPLICATION_COMMAND, channel, data)
        return await self._interact(body, timeout_s)

    async def autocomplete(
        self,
        command_name: str,
        options: Mapping[str, Any],
        focused: str,
        *,
        channel: Place = None,
        timeout_s: float = PATIENCE_S,
    ) -> list[Json]:
        """The choices offered while ``focused`` is being typed, each ``{"name", "value"}``.

        Raises:
            NothingCameError: the bot did not answer.
        """
        command = await self._find_command(command_name.split(" ")[0], 1, channel)
        values = {focused: "", **options}
        filled = fill_in_options(command.get("options") or [], command_name.split(" ")[1:], values, [], focused)
        data = self._command_data(command) | {"options": filled}
        body = self._interaction(InteractionType.AUTOCOMPLETE, channel, data)
        begun = len(self.events)
        await self.request("POST", "/interactions", body)

        def answered(event: GatewayEvent) -> bool:
            names = ("APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", "INTERACTION_FAILURE")
            return event.name in names and event.data.get("nonce") == body["nonce"]

        event = await self.wait_for(answered, timeout_s, since=begun)
        if event.name == "INTERACTION_FAILURE":
            raise NothingCameError("The bot did not answer the autocompletion.")
        choices: list[Json] = event.data["choices"]
        return choices

    async def click(
        self,
        message: Mapping[str, Any],
        custom_id: str,
        values: Sequence[str] | None = None,
        *,
        timeout_s: float = PATIENCE_S,
    ) -> Outcome:
        """Click a button, or choose ``values`` in a select. ``custom_id`` may be a prefix of the id, or the label.

        Raises:
            SandboxError: the message has no such component.
        """
        component = find_component(message, custom_id)
        data: Json = {"component_type": component["type"], "custom_id": component["custom_id"]}
        if values is not None:
            data |= {"values": list(values), "type": component["type"]}
        body = self._interaction(InteractionType.MESSAGE_COMPONENT, str(message["channel_id"]), data)
        body |= {"message_id": message["id"], "message_flags": message["flags"]}
        return await self._interact(body, timeout_s)

    async def submit(
        self, modal: Outcome | Mapping[str, Any] | None, values: Mapping[str, Any], *, timeout_s: float = PATIENCE_S
    ) -> Outcome:
        """Fill in and send a form. ``modal`` is the outcome that opened it, or the ``modal`` of that outcome.

        Keys of ``values`` are custom ids or labels; values are text, lists for choices, and a ``File`` or a list of
        them for files. Fields that are left out keep what the bot had filled in.

        Raises:
            SandboxError: no form was opened, or it has no such field.
            DiscordError: what was filled in was refused.
        """
        form = modal.modal if isinstance(modal, Outcome) else modal
        if form is None:
            raise SandboxError("No form was opened.")
        uploads: list[File] = []
        left = dict(values)
        entries = [
            fill_in_field(component, label, left, uploads) for component, label in form_fields(form["components"])
        ]
        if left:
            raise SandboxError(f"The form has no field {', '.join(left)}.")
        data: Json = {"id": form["id"], "custom_id": form["custom_id"], "components": entries}
        data["attachments"] = [{"id": str(i), "filename": f[0]} for i, f in enumerate(uploads)]
        body = self._interaction(InteractionType.MODAL_SUBMIT, form["channel_id"], data)
        return await self._interact(body, timeout_s, uploads)

    async def _interact(self, body: Json, timeout_s: float, uploads: Sequence[File] = ()) -> Outcome:
        begun = len(self.events)
        await self.request("POST", "/interactions", body, uploads)
        names = ("INTERACTION_SUCCESS", "INTERACTION_FAILURE")

        def over(event: GatewayEvent) -> bool:
            return event.name in names and event.data.get("nonce") == body["nonce"]

        end = await self.wait_for(over, timeout_s, since=begun)
        opened = [
            event.data
            for event in self.events[begun:]
            if event.name == "INTERACTION_MODAL_CREATE" and event.data.get("nonce") == body["nonce"]
        ]
        return Outcome(
            id=end.data["id"],
            nonce=body["nonce"],
            succeeded=end.name == "INTERACTION_SUCCESS",
            modal=opened[0] if opened else None,
            _person=self,
        )

    async def _find_command(self, name: str, kind: int, channel: Place) -> Json:
        for command in await self.commands(channel, name):
            if command["type"] == kind and name in (command["name"], command["name_localized"]):
                return command
        listed = ", ".join(sorted(c["name"] for c in await self.commands(channel) if c["type"] == kind)) or "none"
        raise UnknownCommandError(f"There is no command {name!r} here; there is: {listed}.")

    def _command_data(self, command: Json) -> Json:
        return {"version": command["version"], "id": command["id"], "name": command["name"], "type": command["type"]}

    def _interaction(self, kind: InteractionType, channel: Place, data: Json) -> Json:
        channel_id = self.channel_id(channel)
        known = next((c for c in self.sandbox["channels"] if c["id"] == channel_id), None)
        body: Json = {
            "type": int(kind),
            "application_id": self.sandbox["application_id"],
            "channel_id": channel_id,
            "session_id": self.ready["session_id"],
            "data": data,
            "nonce": self._nonce(),
        }
        if known is not None:
            body["guild_id"] = known["guild_id"]
        return body
