"""Threads: starting them from a message or on their own, and their members."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.sandbox.gateway.events import Event
from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.entities import Channel, Reference, ThreadState, User
from bot.sandbox.model.enums import ChannelType, MessageFlag, MessageType
from bot.sandbox.model.errors import DiscordError, unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.rest.api import Answer, Call, Reply, Route
from bot.sandbox.services import SandboxServices
from bot.sandbox.validation.forms import Form

_ARCHIVE_MINUTES = frozenset({60, 1440, 4320, 10080})
_THREAD_TYPES = frozenset({10, 11, 12})


class ThreadRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state

    def routes(self) -> list[Route]:
        members = "/channels/{channel_id}/thread-members"
        return [
            Route("POST", "/channels/{channel_id}/messages/{message_id}/threads", self.begin_from_message),
            Route("POST", "/channels/{channel_id}/threads", self.begin),
            Route("GET", members, self.members),
            Route("PUT", f"{members}/@me", self.join),
            Route("DELETE", f"{members}/@me", self.leave),
            Route("GET", f"{members}/{{user_id}}", self.member),
            Route("PUT", f"{members}/{{user_id}}", self.add),
            Route("DELETE", f"{members}/{{user_id}}", self.remove),
            Route("GET", "/guilds/{guild_id}/threads/active", self.active),
            Route("GET", "/channels/{channel_id}/threads/archived/public", self.archived_public),
            Route("GET", "/channels/{channel_id}/threads/archived/private", self.archived_private),
        ]

    def begin_from_message(self, call: Call) -> Reply:
        parent = self._parent(call)
        message = self._state.message(parent.id, call.id("message_id"))
        self._services.messages.readable(call.user, message)
        self._state.require(call.user.id, parent, Permissions.CREATE_PUBLIC_THREADS | Permissions.READ_MESSAGE_HISTORY)
        if message.id in self._state.channels:
            raise DiscordError(400, 160004, "A thread has already been created for this message")
        news = parent.type is ChannelType.GUILD_NEWS
        kind = ChannelType.NEWS_THREAD if news else ChannelType.PUBLIC_THREAD
        thread = self._create(call, parent, message.id, kind)
        self._services.messages.update(replace(message, flags=message.flags | MessageFlag.HAS_THREAD))
        link = Reference(parent.id, message.id, parent.guild_id)
        self._services.messages.system(call.user, thread, MessageType.THREAD_STARTER_MESSAGE, "", link)
        return Answer(201, self._shown(thread.id, call.user))

    def begin(self, call: Call) -> Reply:
        parent = self._parent(call)
        form = Form()
        asked = form.choice(call.form, "type", _THREAD_TYPES)
        form.raise_if_wrong()
        # Without a type, Discord creates a private thread.
        kind = ChannelType(asked or ChannelType.PRIVATE_THREAD)
        private = kind is ChannelType.PRIVATE_THREAD
        needed = Permissions.CREATE_PRIVATE_THREADS if private else Permissions.CREATE_PUBLIC_THREADS
        self._state.require(call.user.id, parent, needed)
        thread = self._create(call, parent, self._state.clock.next(), kind)
        if not private:
            link = Reference(thread.id, None, parent.guild_id)
            self._services.messages.system(call.user, parent, MessageType.THREAD_CREATED, thread.name, link)
        return Answer(201, self._shown(thread.id, call.user))

    def _parent(self, call: Call) -> Channel:
        parent = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, parent, Permissions.VIEW_CHANNEL)
        if parent.type not in (ChannelType.GUILD_TEXT, ChannelType.GUILD_NEWS):
            raise DiscordError(400, 50024, "Cannot execute action on this channel type")
        return parent

    def _create(self, call: Call, parent: Channel, thread_id: int, kind: ChannelType) -> Channel:
        form = Form()
        name = form.text(call.form, "name", 1, 100, required=True)
        archive_minutes = form.choice(call.form, "auto_archive_duration", _ARCHIVE_MINUTES)
        slowmode_s = form.integer(call.form, "rate_limit_per_user", 0, 21_600)
        form.raise_if_wrong()
        now = datetime.now(UTC)
        state = ThreadState(
            owner_id=call.user.id,
            created_at=now,
            changed_at=now,
            auto_archive_minutes=archive_minutes or 1440,
            invitable=bool(call.form.get("invitable", True)),
            member_ids=(call.user.id,),
        )
        thread = Channel(
            thread_id,
            kind,
            parent.guild_id,
            name or "",
            parent_id=parent.id,
            rate_limit_per_user_s=slowmode_s or 0,
            thread=state,
        )
        self._state.channels[thread.id] = thread
        data = self._services.payloads.channel(thread) | {"newly_created": True}
        self._services.publish(Event("THREAD_CREATE", data, thread.guild_id, thread.id, Intents.GUILDS))
        return thread

    def members(self, call: Call) -> Reply:
        channel, state = self._thread(call)
        return [self._services.payloads.thread_member(channel, user_id) for user_id in state.member_ids]

    def member(self, call: Call) -> Reply:
        channel, state = self._thread(call)
        if call.id("user_id") not in state.member_ids:
            raise unknown("Member")
        return self._services.payloads.thread_member(channel, call.id("user_id"))

    def join(self, call: Call) -> Reply:
        channel, state = self._thread(call)
        self._set_members(channel, (*state.member_ids, call.user.id))
        return None

    def leave(self, call: Call) -> Reply:
        channel, state = self._thread(call)
        self._set_members(channel, tuple(i for i in state.member_ids if i != call.user.id))
        return None

    def add(self, call: Call) -> Reply:
        channel, state = self._thread(call)
        assert channel.guild_id is not None
        self._state.require(call.user.id, channel, Permissions.SEND_MESSAGES_IN_THREADS)
        added = self._state.member(channel.guild_id, call.id("user_id"))
        self._set_members(channel, (*state.member_ids, added.user_id))
        return None

    def remove(self, call: Call) -> Reply:
        channel, state = self._thread(call)
        if state.owner_id != call.user.id:
            self._state.require(call.user.id, channel, Permissions.MANAGE_THREADS)
        self._set_members(channel, tuple(i for i in state.member_ids if i != call.id("user_id")))
        return None

    def _set_members(self, channel: Channel, member_ids: tuple[int, ...]) -> None:
        assert channel.thread is not None
        before = channel.thread.member_ids
        after = tuple(dict.fromkeys(member_ids))
        changed = replace(channel, thread=replace(channel.thread, member_ids=after))
        self._state.channels[channel.id] = changed
        added = [i for i in after if i not in before]
        removed = [i for i in before if i not in after]
        data: Json = {"id": str(channel.id), "guild_id": str(channel.guild_id), "member_count": len(after)}
        if added:
            data["added_members"] = [self._added(changed, i) for i in added]
        if removed:
            data["removed_member_ids"] = [str(i) for i in removed]
        # A bot without the GUILD_MEMBERS intent is told only of itself.
        own = self._services.accounts.bot.id in (*added, *removed)
        intents = Intents.GUILDS if own else Intents.GUILD_MEMBERS
        self._services.publish(Event("THREAD_MEMBERS_UPDATE", data, channel.guild_id, channel.id, intents))

    def _added(self, channel: Channel, user_id: int) -> Json:
        payloads = self._services.payloads
        assert channel.guild_id is not None
        member = payloads.member(self._state.member(channel.guild_id, user_id))
        return payloads.thread_member(channel, user_id) | {"member": member, "presence": None}

    def active(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        threads = [t for t in self._state.guild_threads(guild.id) if t.thread is not None and not t.thread.archived]
        return self._listed([t for t in threads if self._state.may_see(call.user.id, t)], call.user)

    def archived_public(self, call: Call) -> Reply:
        return self._archived(call, private=False)

    def archived_private(self, call: Call) -> Reply:
        return self._archived(call, private=True)

    def _archived(self, call: Call, *, private: bool) -> Json:
        parent = self._parent(call)
        self._state.require(call.user.id, parent, Permissions.READ_MESSAGE_HISTORY)
        assert parent.guild_id is not None
        threads = [
            t
            for t in self._state.guild_threads(parent.guild_id)
            if t.parent_id == parent.id
            and t.thread is not None
            and t.thread.archived
            and (t.type is ChannelType.PRIVATE_THREAD) == private
            and self._state.may_see(call.user.id, t)
        ]
        return self._listed(threads, call.user)

    def _listed(self, threads: list[Channel], user: User) -> Json:
        payloads = self._services.payloads
        own = [t for t in threads if t.thread is not None and user.id in t.thread.member_ids]
        return {
            "threads": [payloads.channel(thread, user.id) for thread in threads],
            "members": [payloads.thread_member(thread, user.id) for thread in own],
            "has_more": False,
        }

    def _thread(self, call: Call) -> tuple[Channel, ThreadState]:
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
        if channel.thread is None:
            raise DiscordError(400, 50024, "Cannot execute action on this channel type")
        return channel, channel.thread

    def _shown(self, thread_id: int, user: User) -> Json:
        return self._services.payloads.channel(self._state.channel(thread_id), user.id)
