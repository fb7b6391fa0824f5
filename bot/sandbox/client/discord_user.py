"""A person at their Discord client: sends messages, uses commands, clicks, and sees what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

from bot.sandbox.client.form_filling import File, fill_in_field, fill_in_options, find_component, form_fields
from bot.sandbox.client.user_client import PATIENCE_S, GatewayEvent, NothingCameError, UserClient
from bot.sandbox.model.enums import ChannelType, InteractionType, MessageFlag
from bot.sandbox.model.errors import DiscordError, SandboxError
from bot.sandbox.model.json_codec import Json

_EDITABLE = ("content", "edited_timestamp", "flags", "embeds", "components", "pinned")

Voice = tuple[bytes, float, str]
"""Ogg Opus, duration in seconds and base64 waveform of a voice message."""

Place = str | int | Mapping[str, Any] | None
"""A channel: its name ("general", or "second sandbox/general"), its id, its object, or None for #general."""


class UnknownCommandError(SandboxError):
    """Raised when the person is not offered such a command there."""


@dataclass
class Outcome:
    """How an interaction went, as the person sees it."""

    id: str
    """The interaction's id."""
    nonce: str
    """What the client called it."""
    succeeded: bool
    """Whether the bot acknowledged it in time."""
    modal: Json | None
    """The form that was opened, if one was."""
    _person: DiscordUser = field(repr=False)

    @property
    def messages(self) -> list[Json]:
        """The bot's answers that this interaction brought so far, in their latest form, oldest first."""
        found = [m for m in self._person.known_messages.values() if _interaction_of(m) == self.id]
        return sorted(found, key=lambda m: int(m["id"]))

    @property
    def message(self) -> Json | None:
        """The first answer, also while it is loading; None without one."""
        return next(iter(self.messages), None)

    async def response(self, timeout_s: float = PATIENCE_S) -> Json:
        """The first answer once there is something to read in it, after any "thinking...".

        Raises:
            NothingCameError: it did not come within ``timeout_s``.
        """
        return await self.response_where(lambda _: True, timeout_s)

    async def response_where(self, wanted: Callable[[Json], object], timeout_s: float = PATIENCE_S) -> Json:
        """The first finished answer for which ``wanted`` is true, for answers that grow by edits.

        Raises:
            NothingCameError: it did not come within ``timeout_s``.
        """

        def find() -> Json | None:
            finished = (m for m in self.messages if not m["flags"] & MessageFlag.LOADING)
            return next((m for m in finished if wanted(m)), None)

        return await self._person.wait_until(find, timeout_s, "the answer to an interaction")


class DiscordUser(UserClient):
    """One of the sandbox's people.

    ``async with DiscordUser(sandbox.url, token) as ada`` connects; ``DiscordUser.named(url, "ada")`` finds the token.
    Everything that the gateway sends is kept in ``events``, so that nothing is missed between two calls.
    """

    def __init__(self, sandbox_url: str, token: str) -> None:
        super().__init__(sandbox_url, token)
        self._nonces = count(1)

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

    # Messages

    async def send(
        self,
        channel: Place = None,
        text: str = "",
        files: Sequence[File] = (),
        voice: Voice | None = None,
        reply_to: Mapping[str, Any] | None = None,
        *,
        ping: bool = True,
    ) -> Json:
        """Post a message and return it. ``ping`` is whether a reply mentions whom it answers.

        Raises:
            DiscordError: it was refused.
        """
        body: Json = {"content": text, "nonce": self._nonce()}
        uploads = list(files)
        if voice is not None:
            data, duration_s, waveform = voice
            uploads = [("voice-message.ogg", data, "audio/ogg")]
            described = {
                "id": "0",
                "filename": "voice-message.ogg",
                "duration_secs": duration_s,
                "waveform": waveform,
            }
            body |= {"flags": int(MessageFlag.IS_VOICE_MESSAGE), "attachments": [described]}
            body.pop("content")
        elif uploads:
            body["attachments"] = [{"id": str(i), "filename": name} for i, (name, _, _) in enumerate(uploads)]
        if reply_to is not None:
            body["message_reference"] = {"channel_id": reply_to["channel_id"], "message_id": reply_to["id"]}
            if not ping:
                body["allowed_mentions"] = {"parse": ["users", "roles", "everyone"], "replied_user": False}
        target = reply_to["channel_id"] if channel is None and reply_to is not None else self.channel_id(channel)
        return await self.request_object("POST", f"/channels/{target}/messages", body, uploads)

    async def forward(self, message: Mapping[str, Any], channel: Place = None) -> Json:
        """Forward ``message`` to ``channel`` and return what was posted there."""
        link = {"type": 1, "channel_id": message["channel_id"], "message_id": message["id"]}
        body: Json = {"message_reference": link, "nonce": self._nonce()}
        return await self.request_object("POST", f"/channels/{self.channel_id(channel)}/messages", body)

    async def edit(self, message: Mapping[str, Any], text: str) -> Json:
        path = f"/channels/{message['channel_id']}/messages/{message['id']}"
        return await self.request_object("PATCH", path, {"content": text})

    async def delete(self, message: Mapping[str, Any]) -> None:
        await self.request("DELETE", f"/channels/{message['channel_id']}/messages/{message['id']}")

    async def react(self, message: Mapping[str, Any], emoji: str) -> None:
        await self.request("PUT", self._reaction(message, emoji))

    async def unreact(self, message: Mapping[str, Any], emoji: str) -> None:
        await self.request("DELETE", self._reaction(message, emoji))

    def _reaction(self, message: Mapping[str, Any], emoji: str) -> str:
        return f"/channels/{message['channel_id']}/messages/{message['id']}/reactions/{emoji}/@me"

    async def messages(self, channel: Place = None, limit: int = 50) -> list[Json]:
        """The channel's last messages, oldest first."""
        found: list[Json] = await self.request("GET", f"/channels/{self.channel_id(channel)}/messages?limit={limit}")
        return found[::-1]

    async def fetch(self, message: Mapping[str, Any]) -> Json:
        """The message as it is now, with fresh links."""
        return await self.request_object("GET", f"/channels/{message['channel_id']}/messages/{message['id']}")

    async def download(self, attachment: Mapping[str, Any] | str) -> bytes:
        """The bytes behind an attachment or link.

        Raises:
            DiscordError: the link is dead.
        """
        url = attachment if isinstance(attachment, str) else attachment["url"]
        async with self._session.get(url) as response:
            data = await response.read()
            if response.status >= 400:
                raise DiscordError(response.status, 0, data.decode(errors="replace"))
            return data

    # Places

    async def dm(self, user_id: str | int | None = None) -> Json:
        """The direct message channel with ``user_id``; None is the bot."""
        recipient = user_id or self.sandbox["application_id"]
        return await self.request_object("POST", "/users/@me/channels", {"recipients": [str(recipient)]})

    async def thread(self, name: str, message: Mapping[str, Any] | None = None, channel: Place = None) -> Json:
        """Begin a public thread: from ``message``, or alone in ``channel``."""
        if message is not None:
            path = f"/channels/{message['channel_id']}/messages/{message['id']}/threads"
            return await self.request_object("POST", path, {"name": name})
        body: Json = {"name": name, "type": int(ChannelType.PUBLIC_THREAD)}
        return await self.request_object("POST", f"/channels/{self.channel_id(channel)}/threads", body)

    async def set_locale(self, locale: str) -> None:
        """Choose the client's language, such as "ru"."""
        await self.request("PATCH", "/users/@me/settings", {"locale": locale})

    def channel_id(self, channel: Place) -> str:
        """The id of ``channel``.

        Raises:
            SandboxError: there is no channel of that name.
        """
        if isinstance(channel, Mapping):
            return str(channel["id"])
        if isinstance(channel, int) or (channel or "").isdigit():
            return str(channel)
        guild_name, _, name = (channel or "general").rpartition("/")
        guilds = {g["id"] for g in self.sandbox["guilds"] if g["name"].lower() == guild_name.lower()}
        for known in self.sandbox["channels"]:
            if known["name"] == name and known["guild_id"] in (guilds or {self.sandbox["guild_id"]}):
                return str(known["id"])
        raise SandboxError(f"There is no channel {channel!r}.")

    # Interactions

    async def commands(self, channel: Place = None) -> list[Json]:
        """The commands that the person is offered in ``channel``."""
        index = await self.request("GET", f"/channels/{self.channel_id(channel)}/application-command-index")
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

        Values are as the option wants them: text, numbers, booleans, ids, objects with an "id", and for files a
        ``File``. Returns when the bot has acknowledged, or failed to.

        Raises:
            UnknownCommandError: it is not offered there.
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
        """What is offered while ``focused`` is being typed: ``{"name", "value"}`` each.

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
        """Click a button, or choose ``values`` in a select. ``custom_id`` may be its beginning, or a button's label.

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
        """Fill in and send a form, ``modal`` being what opened it, or its ``modal``.

        Keys of ``values`` are custom ids or labels; values are text, lists for choices, and for files a ``File`` or a
        list of them. What is left out keeps what the bot had filled in.

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
        offered = await self.commands(channel)
        for command in offered:
            if command["type"] == kind and name in (command["name"], command["name_localized"]):
                return command
        listed = ", ".join(sorted(c["name"] for c in offered if c["type"] == kind)) or "none"
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

    async def wait_for_message(
        self,
        wanted: Callable[[Json], object] = lambda _: True,
        timeout_s: float = PATIENCE_S,
        *,
        channel: Place = None,
        after: Mapping[str, Any] | None = None,
        from_bot: bool = True,
    ) -> Json:
        """The first message, in its latest form, for which ``wanted`` is true.

        ``channel``: only there; None is anywhere. ``after``: only messages that are newer than this one. ``from_bot``:
        only what the bot wrote, and nothing that is still loading.

        Raises:
            NothingCameError: none came within ``timeout_s``.
        """
        channel_id = None if channel is None else self.channel_id(channel)
        oldest = int(after["id"]) if after is not None else 0

        def fits(message: Json) -> bool:
            if int(message["id"]) <= oldest or (channel_id is not None and message["channel_id"] != channel_id):
                return False
            if from_bot and (not message["author"].get("bot") or message["flags"] & MessageFlag.LOADING):
                return False
            return bool(wanted(message))

        def find() -> Json | None:
            return next((m for m in self.known_messages.values() if fits(m)), None)

        return await self.wait_until(find, timeout_s, "a message")

    async def wait_for_edit(
        self,
        message: Mapping[str, Any],
        wanted: Callable[[Json], object] = lambda _: True,
        timeout_s: float = PATIENCE_S,
    ) -> Json:
        """``message`` as soon as it differs from what is given and ``wanted`` is true of it.

        Raises:
            NothingCameError: it did not change so within ``timeout_s``.
        """
        before = {key: message.get(key) for key in _EDITABLE}

        def find() -> Json | None:
            latest = self.known_messages.get(str(message["id"]))
            if latest is None or {key: latest.get(key) for key in _EDITABLE} == before:
                return None
            return latest if wanted(latest) else None

        return await self.wait_until(find, timeout_s, "an edit")

    def _nonce(self) -> str:
        return f"{id(self) % 10**9}{next(self._nonces):06}"


def _interaction_of(message: Json) -> str | None:
    metadata = message.get("interaction_metadata")
    return metadata["id"] if metadata else None
