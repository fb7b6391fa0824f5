"""Messages: sending, reading, editing, deleting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from bot.sandbox.gateway.intents import without_content
from bot.sandbox.model.entities import Channel, Message
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import EPOCH_MS, parse
from bot.sandbox.rest.api import Call, Reply, Route
from bot.sandbox.services import SandboxServices
from bot.sandbox.validation.forms import Form
from bot.sandbox.validation.mentions import EVERYTHING
from bot.sandbox.validation.message_form import EDIT_FLAGS, MESSAGE_FLAGS, read_message_form

_TWO_WEEKS_MS = 14 * 24 * 3600 * 1000
_READ = Permissions.READ_MESSAGE_HISTORY


class MessageRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state

    def routes(self) -> list[Route]:
        messages = "/channels/{channel_id}/messages"
        return [
            Route("GET", messages, self.history),
            Route("POST", messages, self.create),
            Route("POST", f"{messages}/bulk-delete", self.bulk_delete),
            Route("GET", f"{messages}/{{message_id}}", self.get),
            Route("PATCH", f"{messages}/{{message_id}}", self.edit),
            Route("DELETE", f"{messages}/{{message_id}}", self.delete),
            Route("POST", f"{messages}/{{message_id}}/crosspost", self.crosspost),
        ]

    def history(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
        anchors = [name for name in ("around", "before", "after") if name in call.query]
        form = Form()
        if len(anchors) > 1:
            form.wrong((anchors[1],), "MESSAGE_ANCHORS_EXCLUSIVE", "Only one of around, before and after may be given.")
        form.raise_if_wrong()
        limit = call.number("limit", 50, 1, 100)
        # Discord answers with an empty list if the history may not be read.
        if not self._state.permissions(call.user.id, channel) & _READ:
            return []
        store = self._state.messages

        def first(messages: Iterator[Message], count: int) -> list[Message]:
            return list(islice((m for m in messages if not m.ephemeral_to), count))

        if "after" in call.query:
            found = first(store.after(channel.id, parse(call.query["after"], "after")), limit)[::-1]
        elif "around" in call.query:
            middle = parse(call.query["around"], "around")
            newer = first(store.after(channel.id, middle - 1), limit // 2 + 1)[::-1]
            found = newer + first(store.before(channel.id, middle), limit - len(newer))
        else:
            anchor = parse(call.query["before"], "before") if "before" in call.query else None
            found = first(store.before(channel.id, anchor), limit)
        return [self._shown(call, message) for message in found]

    def get(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, _READ)
        message = self._state.message(channel.id, call.id("message_id"))
        return self._shown(call, self._services.messages.readable(call.user, message))

    def create(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        form = read_message_form(call.form, call.files, EVERYTHING, MESSAGE_FLAGS)
        message = self._services.messages.send(call.user, channel, form)
        return self._shown(call, message)

    def edit(self, call: Call) -> Reply:
        channel, message = self._find(call)
        if message.author_id != call.user.id:
            # Of other people's messages only the flags may be changed, to hide their embeds.
            only_flags = set(call.form) <= {"flags"}
            if not only_flags or not self._state.permissions(call.user.id, channel) & Permissions.MANAGE_MESSAGES:
                raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
        form = read_message_form(call.form, call.files, EVERYTHING, EDIT_FLAGS, present_flags=message.flags)
        if form.files:
            self._state.require(call.user.id, channel, Permissions.ATTACH_FILES)
        return self._shown(call, self._services.messages.edit(message, form))

    def delete(self, call: Call) -> Reply:
        channel, message = self._find(call)
        if message.author_id != call.user.id:
            self._state.require(call.user.id, channel, Permissions.MANAGE_MESSAGES)
            if channel.guild_id is None:
                raise DiscordError(403, 50003, "Cannot execute action on a DM channel")
        self._services.messages.delete(message)
        return None

    def bulk_delete(self, call: Call) -> Reply:
        channel = self._state.channel(call.id("channel_id"))
        if channel.guild_id is None:
            raise DiscordError(403, 50003, "Cannot execute action on a DM channel")
        self._state.require(call.user.id, channel, Permissions.MANAGE_MESSAGES)
        form = Form()
        ids = {parse(value, "messages") for value in form.values(call.form, "messages")}
        form.raise_if_wrong()
        if not 2 <= len(ids) <= 100:
            message = "Provided too few or too many messages to delete. Must provide at least 2 and at most 100."
            raise DiscordError(400, 50016, message)
        oldest = (int(time.time() * 1000) - EPOCH_MS - _TWO_WEEKS_MS) << 22
        if min(ids) < oldest:
            raise DiscordError(400, 50034, "You can only bulk delete messages that are under 14 days old.")
        found = [self._state.messages.get(message_id) for message_id in sorted(ids)]
        there = [m for m in found if m is not None and m.channel_id == channel.id and not m.ephemeral_to]
        self._services.messages.delete_many(channel, there)
        return None

    def crosspost(self, call: Call) -> Reply:
        self._find(call)
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")

    def _find(self, call: Call) -> tuple[Channel, Message]:
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
        message = self._state.message(channel.id, call.id("message_id"))
        return channel, self._services.messages.readable(call.user, message)

    def _shown(self, call: Call, message: Message) -> Json:
        payload = self._services.payloads.message(message, call.user.id)
        if not call.user.bot or self._services.options.message_content:
            return payload
        return without_content(payload, call.user.id, direct=message.guild_id is None)
