"""Reactions, pins and polls: what is done to an existing message."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import regex

from bot.sandbox.gateway.events import Event
from bot.sandbox.gateway.intents import REACTIONS_IN, Intents
from bot.sandbox.model.entities import Channel, Message, Reference
from bot.sandbox.model.enums import MessageType
from bot.sandbox.model.errors import DiscordError, unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import emoji_payload, iso, user_payload
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.rest.api import Answer, Call, Reply, Route, only_people
from bot.sandbox.services import SandboxServices
from bot.sandbox.validation.forms import Form

_EMOJI = regex.compile(
    r"[\p{Extended_Pictographic}\p{Emoji_Component}\p{Regional_Indicator}\N{VARIATION SELECTOR-16}]+"
)
_CUSTOM = regex.compile(r"\w{2,32}:\d{1,20}")
_MAX_PINS = 250


class ReactionRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state

    def routes(self) -> list[Route]:
        message = "/channels/{channel_id}/messages/{message_id}"
        reactions = f"{message}/reactions"
        pins = "/channels/{channel_id}/messages/pins"
        polls = "/channels/{channel_id}/polls/{message_id}"
        return [
            Route("GET", f"{reactions}/{{emoji}}", self.users),
            Route("PUT", f"{reactions}/{{emoji}}/@me", self.add),
            Route("DELETE", f"{reactions}/{{emoji}}/@me", self.remove_own),
            Route("DELETE", f"{reactions}/{{emoji}}/{{user_id}}", self.remove_other),
            Route("DELETE", f"{reactions}/{{emoji}}", self.remove_emoji),
            Route("DELETE", reactions, self.remove_all),
            Route("GET", pins, self.pins),
            Route("PUT", f"{pins}/{{message_id}}", self.pin),
            Route("DELETE", f"{pins}/{{message_id}}", self.unpin),
            Route("GET", "/channels/{channel_id}/pins", self.pins_as_list),
            Route("PUT", "/channels/{channel_id}/pins/{message_id}", self.pin),
            Route("DELETE", "/channels/{channel_id}/pins/{message_id}", self.unpin),
            Route("POST", f"{polls}/expire", self.end_poll),
            Route("GET", f"{polls}/answers/{{answer_id}}", self.voters),
            Route("PUT", f"{polls}/answers/@me", self.vote, "person"),
        ]

    # Reactions

    def users(self, call: Call) -> Reply:
        _, message = self._find(call, Permissions.READ_MESSAGE_HISTORY)
        reacted = message.reactions.get(_read_emoji(call.path["emoji"]), ())
        after = parse(call.query.get("after", "0"), "after")
        found = [user_id for user_id in sorted(reacted) if user_id > after]
        return [user_payload(self._state.user(i)) for i in found[: call.number("limit", 25, 1, 100)]]

    def add(self, call: Call) -> Reply:
        emoji = _read_emoji(call.path["emoji"])
        channel, message = self._find(call, Permissions.READ_MESSAGE_HISTORY)
        if emoji not in message.reactions:
            self._state.require(call.user.id, channel, Permissions.ADD_REACTIONS)
        reacted = message.reactions.get(emoji, ())
        if call.user.id in reacted:
            return None
        self._put(message, {**message.reactions, emoji: (*reacted, call.user.id)})
        data = self._event_data(message, emoji, call.user.id) | {"message_author_id": str(message.author_id)}
        if channel.guild_id is not None:
            data["member"] = self._services.payloads.member(self._state.member(channel.guild_id, call.user.id))
        self._publish("MESSAGE_REACTION_ADD", data, channel)
        return None

    def remove_own(self, call: Call) -> Reply:
        self._remove(call, call.user.id, Permissions.NONE)
        return None

    def remove_other(self, call: Call) -> Reply:
        self._remove(call, call.id("user_id"), Permissions.MANAGE_MESSAGES)
        return None

    def _remove(self, call: Call, user_id: int, needed: Permissions) -> None:
        emoji = _read_emoji(call.path["emoji"])
        channel, message = self._find(call, needed)
        reacted = message.reactions.get(emoji, ())
        if user_id not in reacted:
            raise unknown("Emoji") if not reacted else unknown("User")
        left = tuple(i for i in reacted if i != user_id)
        others = {key: users for key, users in message.reactions.items() if key != emoji}
        self._put(message, {**message.reactions, emoji: left} if left else others)
        self._publish("MESSAGE_REACTION_REMOVE", self._event_data(message, emoji, user_id), channel)

    def remove_emoji(self, call: Call) -> Reply:
        emoji = _read_emoji(call.path["emoji"])
        channel, message = self._find(call, Permissions.MANAGE_MESSAGES)
        self._put(message, {key: users for key, users in message.reactions.items() if key != emoji})
        data = self._place(message) | {"emoji": emoji_payload(emoji)}
        self._publish("MESSAGE_REACTION_REMOVE_EMOJI", data, channel)
        return None

    def remove_all(self, call: Call) -> Reply:
        channel, message = self._find(call, Permissions.MANAGE_MESSAGES)
        self._put(message, {})
        self._publish("MESSAGE_REACTION_REMOVE_ALL", self._place(message), channel)
        return None

    def _put(self, message: Message, reactions: dict[str, tuple[int, ...]]) -> None:
        self._state.messages.put(replace(message, reactions=reactions))

    def _place(self, message: Message) -> Json:
        data: Json = {"channel_id": str(message.channel_id), "message_id": str(message.id)}
        if message.guild_id is not None:
            data["guild_id"] = str(message.guild_id)
        return data

    def _event_data(self, message: Message, emoji: str, user_id: int) -> Json:
        more: Json = {"user_id": str(user_id), "emoji": emoji_payload(emoji), "burst": False, "type": 0}
        return self._place(message) | more

    def _publish(self, name: str, data: Json, channel: Channel) -> None:
        intents = REACTIONS_IN[channel.guild_id is not None]
        self._services.publish(Event(name, data, channel.guild_id, channel.id, intents))

    # Pins

    def pins(self, call: Call) -> Reply:
        limit = call.number("limit", 50, 1, 50)
        found = self._pinned(call)
        if "before" in call.query:
            before = _read_time(call.query["before"])
            found = [m for m in found if m.pinned_at is not None and m.pinned_at < before]
        items = [
            {"pinned_at": iso(m.pinned_at), "message": self._services.payloads.message(m, call.user.id)}
            for m in found[:limit]
            if m.pinned_at is not None
        ]
        return {"items": items, "has_more": len(found) > limit}

    def pins_as_list(self, call: Call) -> Reply:
        return [self._services.payloads.message(m, call.user.id) for m in self._pinned(call)]

    def _pinned(self, call: Call) -> list[Message]:
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, Permissions.READ_MESSAGE_HISTORY)
        found = [m for m in self._state.messages.in_channel(channel.id) if m.pinned_at is not None]
        return sorted(found, key=lambda m: (m.pinned_at, m.id), reverse=True)

    def pin(self, call: Call) -> Reply:
        channel, message = self._find(call, Permissions.PIN_MESSAGES)
        if message.pinned_at is not None:
            return None
        if len(self._pinned(call)) >= _MAX_PINS:
            raise DiscordError(400, 30003, f"Maximum number of pinned messages reached ({_MAX_PINS})")
        self._set_pin(channel, message, datetime.now(UTC))
        link = Reference(channel.id, message.id, channel.guild_id)
        self._services.messages.system(call.user, channel, MessageType.CHANNEL_PINNED_MESSAGE, "", link)
        return None

    def unpin(self, call: Call) -> Reply:
        channel, message = self._find(call, Permissions.PIN_MESSAGES)
        if message.pinned_at is not None:
            self._set_pin(channel, message, None)
        return None

    def _set_pin(self, channel: Channel, message: Message, at: datetime | None) -> None:
        self._services.messages.update(replace(message, pinned_at=at))
        self._state.channels[channel.id] = replace(channel, last_pin_at=at or channel.last_pin_at)
        data: Json = {"channel_id": str(channel.id), "last_pin_timestamp": iso(at) if at else None}
        if channel.guild_id is not None:
            data["guild_id"] = str(channel.guild_id)
        intents = Intents.GUILDS if channel.guild_id is not None else Intents.DIRECT_MESSAGES
        self._services.publish(Event("CHANNEL_PINS_UPDATE", data, channel.guild_id, channel.id, intents))

    # Polls

    def end_poll(self, call: Call) -> Reply:
        _, message = self._find(call, Permissions.NONE)
        if message.poll is None or message.author_id != call.user.id:
            raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
        ended = replace(message, poll=replace(message.poll, finalized=True, expires_at=datetime.now(UTC)))
        self._services.messages.update(ended)
        return self._services.payloads.message(ended, call.user.id)

    def voters(self, call: Call) -> Reply:
        _, message = self._find(call, Permissions.READ_MESSAGE_HISTORY)
        if message.poll is None:
            raise unknown("Message")
        votes = message.poll.votes.get(call.id("answer_id"), ())
        return {"users": [user_payload(self._state.user(i)) for i in votes]}

    def vote(self, call: Call) -> Reply:
        """A person's vote: ``{"answer_ids": [...]}`` replaces what they chose before. Bots cannot vote."""
        if call.user.bot:
            raise only_people()
        channel, message = self._find(call, Permissions.READ_MESSAGE_HISTORY)
        poll = message.poll
        form = Form()
        chosen = {parse(value, "answer_ids") for value in form.values(call.form, "answer_ids")}
        form.raise_if_wrong()
        if poll is None or poll.finalized or not chosen <= set(range(1, len(poll.answers) + 1)):
            raise DiscordError(400, 520001, "Poll cannot be voted on.")
        me = call.user.id
        votes = {n: tuple(i for i in poll.votes.get(n, ()) if i != me) for n in range(1, len(poll.answers) + 1)}
        votes = {n: (*users, me) if n in chosen else users for n, users in votes.items()}
        self._state.messages.put(replace(message, poll=replace(poll, votes=votes)))
        for n in range(1, len(poll.answers) + 1):
            before, after = me in poll.votes.get(n, ()), n in chosen
            if before != after:
                name = "MESSAGE_POLL_VOTE_ADD" if after else "MESSAGE_POLL_VOTE_REMOVE"
                data = self._place(message) | {"user_id": str(me), "answer_id": n}
                in_guild = channel.guild_id is not None
                intents = Intents.GUILD_MESSAGE_POLLS if in_guild else Intents.DIRECT_MESSAGE_POLLS
                self._services.publish(Event(name, data, channel.guild_id, channel.id, intents))
        return Answer(204)

    def _find(self, call: Call, needed: Permissions) -> tuple[Channel, Message]:
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL | needed)
        message = self._state.message(channel.id, call.id("message_id"))
        return channel, self._services.messages.readable(call.user, message)


def _read_time(text: str) -> datetime:
    """Raises:
    DiscordError: 400 50035 if it is not a time with an offset.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        form = Form()
        form.wrong(("before",), "DATE_TIME_TYPE_PARSE", f"Could not parse {text}.")
        form.raise_if_wrong()
        raise


def _read_emoji(text: str) -> str:
    """Raises:
    DiscordError: 404 10014 if it is not an emoji, such as one that was not URL-encoded.
    """
    if _CUSTOM.fullmatch(text) or _EMOJI.fullmatch(text):
        return text
    raise unknown("Emoji")
