"""A person who writes and reads: messages, threads and channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from bot.sandbox.client.form_filling import File
from bot.sandbox.client.user_client import PATIENCE_S, UserClient
from bot.sandbox.model.enums import ChannelType, MessageFlag
from bot.sandbox.model.errors import DiscordError, SandboxError
from bot.sandbox.model.json_codec import Json

_EDITABLE = ("content", "edited_timestamp", "flags", "embeds", "components", "pinned")

Voice = tuple[bytes, float, str]
"""Ogg Opus, duration in seconds and base64 waveform of a voice message."""

Place = str | int | Mapping[str, Any] | None
"""A channel: its name ("general", or "second sandbox/general"), its id, its object, or None for #general."""


class MessagingUser(UserClient):
    """The part of ``DiscordUser`` that needs no commands and components."""

    def __init__(self, sandbox_url: str, token: str) -> None:
        super().__init__(sandbox_url, token)
        self._nonces = count(1)

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
        """Post a message and return it. ``ping``: whether a reply mentions the author of the message it replies to.

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
            DiscordError: the link is invalid or has expired.
        """
        url = attachment if isinstance(attachment, str) else attachment["url"]
        async with self._session.get(url) as response:
            data = await response.read()
            if response.status >= 400:
                raise DiscordError(response.status, 0, data.decode(errors="replace"))
            return data

    # Places

    async def dm(self, user_id: str | int | None = None) -> Json:
        """The direct message channel with ``user_id``; None means the bot."""
        recipient = user_id or self.sandbox["application_id"]
        return await self.request_object("POST", "/users/@me/channels", {"recipients": [str(recipient)]})

    async def thread(self, name: str, message: Mapping[str, Any] | None = None, channel: Place = None) -> Json:
        """Start a public thread: from ``message``, or on its own in ``channel``."""
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

        ``channel``: only in this channel; None means anywhere. ``after``: only messages newer than this one.
        ``from_bot``: only messages of the bot that are not loading any more.

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
        """The latest form of ``message``, as soon as it differs from the given one and ``wanted`` is true for it.

        Raises:
            NothingCameError: it did not change in that way within ``timeout_s``.
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
