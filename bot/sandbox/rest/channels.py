"""Channels of guilds and direct messages: reading, changing, typing."""

from __future__ import annotations

import time
from dataclasses import replace

from bot.sandbox.gateway.events import Event
from bot.sandbox.gateway.intents import TYPING_IN, Intents
from bot.sandbox.model.entities import Channel, Overwrite, OverwriteType
from bot.sandbox.model.enums import ChannelType
from bot.sandbox.model.errors import DiscordError, unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.rest.api import Answer, Call, Reply, Route
from bot.sandbox.services import SandboxServices
from bot.sandbox.validation.forms import Form

_ARCHIVE_MINUTES = frozenset({60, 1440, 4320, 10080})
_MAX_SLOWMODE_S = 21_600


class ChannelRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state

    def routes(self) -> list[Route]:
        channel = "/channels/{channel_id}"
        return [
            Route("GET", channel, self.get),
            Route("PATCH", channel, self.edit),
            Route("DELETE", channel, self.delete),
            Route("POST", f"{channel}/typing", self.typing),
            Route("PUT", f"{channel}/permissions/{{overwrite_id}}", self.put_overwrite),
            Route("DELETE", f"{channel}/permissions/{{overwrite_id}}", self.delete_overwrite),
            Route("GET", "/guilds/{guild_id}/channels", self.of_guild),
            Route("POST", "/guilds/{guild_id}/channels", self.create),
        ]

    def get(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
        return self._services.payloads.channel(channel, call.user.id)

    def of_guild(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        shown = self._state.guild_channels(guild.id)
        if not call.user.bot:
            shown = [c for c in shown if self._state.may_see(call.user.id, c)]
        return [self._services.payloads.channel(c, call.user.id) for c in shown]

    def create(self, call: Call) -> Reply:
        guild_id = call.id("guild_id")
        self._state.require_in_guild(call.user.id, guild_id, Permissions.MANAGE_CHANNELS)
        form = Form()
        name = form.text(call.form, "name", 1, 100, required=True)
        topic = form.text(call.form, "topic", 0, 1024)
        kinds = frozenset({int(ChannelType.GUILD_TEXT), int(ChannelType.GUILD_CATEGORY), int(ChannelType.GUILD_NEWS)})
        kind = form.choice(call.form, "type", kinds)
        overwrites = _read_overwrites(form, call.form)
        form.raise_if_wrong()
        parent = call.form.get("parent_id")
        channel = Channel(
            self._state.clock.next(),
            ChannelType(kind or 0),
            guild_id,
            name or "",
            topic,
            position=len(self._state.guild_channels(guild_id)),
            parent_id=parse(parent, "parent_id") if parent else None,
            overwrites=overwrites,
        )
        return Answer(201, self._put("CHANNEL_CREATE", channel))

    def edit(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        if channel.guild_id is None:
            raise DiscordError(403, 50003, "Cannot execute action on a DM channel")
        if channel.is_thread:
            return self._edit_thread(call, channel)
        self._state.require(call.user.id, channel, Permissions.MANAGE_CHANNELS)
        form = Form()
        name = form.text(call.form, "name", 1, 100)
        topic = form.text(call.form, "topic", 0, 1024)
        slowmode_s = form.integer(call.form, "rate_limit_per_user", 0, _MAX_SLOWMODE_S)
        position = form.integer(call.form, "position", 0, 1000)
        overwrites = _read_overwrites(form, call.form)
        form.raise_if_wrong()
        changed = replace(
            channel,
            name=name or channel.name,
            topic=topic if "topic" in call.form else channel.topic,
            nsfw=bool(call.form.get("nsfw", channel.nsfw)),
            position=channel.position if position is None else position,
            rate_limit_per_user_s=channel.rate_limit_per_user_s if slowmode_s is None else slowmode_s,
            overwrites=channel.overwrites if call.form.get("permission_overwrites") is None else overwrites,
        )
        return self._put("CHANNEL_UPDATE", changed)

    def _edit_thread(self, call: Call, channel: Channel) -> Json:
        thread = channel.thread
        assert thread is not None
        # In an unlocked thread, the owner may change all but the lock, and anyone may reopen it; the rest is for
        # moderators.
        owner = thread.owner_id == call.user.id and "locked" not in call.form and not thread.locked
        reopening = set(call.form) == {"archived"} and not call.form["archived"] and not thread.locked
        needed = Permissions.VIEW_CHANNEL if owner or reopening else Permissions.MANAGE_THREADS
        self._state.require(call.user.id, channel, needed)
        form = Form()
        name = form.text(call.form, "name", 1, 100)
        archive_minutes = form.choice(call.form, "auto_archive_duration", _ARCHIVE_MINUTES)
        slowmode_s = form.integer(call.form, "rate_limit_per_user", 0, _MAX_SLOWMODE_S)
        form.raise_if_wrong()
        changed = replace(
            channel,
            name=name or channel.name,
            rate_limit_per_user_s=channel.rate_limit_per_user_s if slowmode_s is None else slowmode_s,
            thread=replace(
                thread,
                archived=bool(call.form.get("archived", thread.archived)),
                locked=bool(call.form.get("locked", thread.locked)),
                invitable=bool(call.form.get("invitable", thread.invitable)),
                auto_archive_minutes=archive_minutes or thread.auto_archive_minutes,
            ),
        )
        return self._put("THREAD_UPDATE", changed)

    def delete(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        if channel.guild_id is None:
            # Closing a direct message only hides it; it still exists when it is opened again.
            self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
            return self._services.payloads.channel(channel, call.user.id)
        needed = Permissions.MANAGE_THREADS if channel.is_thread else Permissions.MANAGE_CHANNELS
        self._state.require(call.user.id, channel, needed)
        payload = self._services.payloads.channel(channel, call.user.id)
        if channel.is_thread:
            data: Json = {key: payload[key] for key in ("id", "guild_id", "parent_id", "type")}
            event = Event("THREAD_DELETE", data, channel.guild_id, channel.id, Intents.GUILDS)
        else:
            event = Event("CHANNEL_DELETE", payload, channel.guild_id, channel.id, Intents.GUILDS)
        # Published before the deletion: who can see the channel is known only as long as it exists.
        self._services.publish(event)
        for thread in self._state.guild_threads(channel.guild_id):
            if thread.parent_id == channel.id:
                self._forget(thread)
        self._forget(channel)
        return payload

    def _forget(self, channel: Channel) -> None:
        del self._state.channels[channel.id]
        self._state.messages.forget_channel(channel.id)

    def typing(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        needed = Permissions.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permissions.SEND_MESSAGES
        self._state.require(call.user.id, channel, needed)
        data: Json = {"channel_id": str(channel.id), "user_id": str(call.user.id), "timestamp": int(time.time())}
        if channel.guild_id is not None:
            data["guild_id"] = str(channel.guild_id)
            data["member"] = self._services.payloads.member(self._state.member(channel.guild_id, call.user.id))
        intents = TYPING_IN[channel.guild_id is not None]
        self._services.publish(Event("TYPING_START", data, channel.guild_id, channel.id, intents))
        return None

    def put_overwrite(self, call: Call) -> Reply:
        channel = self._editable(call)
        made = _read_overwrite(call.form | {"id": call.path["overwrite_id"]})
        others = tuple(o for o in channel.overwrites if o.id != made.id)
        self._put("CHANNEL_UPDATE", replace(channel, overwrites=(*others, made)))
        return None

    def delete_overwrite(self, call: Call) -> Reply:
        channel = self._editable(call)
        gone = call.id("overwrite_id")
        if all(o.id != gone for o in channel.overwrites):
            raise unknown("Overwrite")
        self._put("CHANNEL_UPDATE", replace(channel, overwrites=tuple(o for o in channel.overwrites if o.id != gone)))
        return None

    def _editable(self, call: Call) -> Channel:
        channel = self._state.channel(call.id("channel_id"))
        if channel.guild_id is None or channel.is_thread:
            raise DiscordError(400, 50024, "Cannot execute action on this channel type")
        self._state.require(call.user.id, channel, Permissions.MANAGE_ROLES)
        return channel

    def _put(self, name: str, channel: Channel) -> Json:
        self._state.channels[channel.id] = channel
        payload = self._services.payloads.channel(channel)
        self._services.publish(Event(name, payload, channel.guild_id, channel.id, Intents.GUILDS))
        return payload


def _read_overwrites(form: Form, given: Json) -> tuple[Overwrite, ...]:
    return tuple(_read_overwrite(o) for o in form.objects(given, "permission_overwrites", 0, 100))


def _read_overwrite(given: Json) -> Overwrite:
    form = Form()
    form.choice(given, "type", frozenset({0, 1}), required=True)
    form.raise_if_wrong()
    return Overwrite(
        parse(given.get("id"), "id"),
        OverwriteType(given["type"]),
        Permissions(parse(given.get("allow") or 0, "allow")),
        Permissions(parse(given.get("deny") or 0, "deny")),
    )
