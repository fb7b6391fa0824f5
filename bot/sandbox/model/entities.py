"""The entities of a Discord: frozen, and replaced as a whole when they change. Ids are snowflakes, times in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from bot.sandbox.model.enums import THREAD_TYPES, ChannelType, MessageFlag, MessageType
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import Permissions


@dataclass(frozen=True, slots=True)
class User:
    """A person or the bot. ``allow_dms`` is the privacy switch that makes a bot's direct message fail with 50007."""

    id: int
    username: str
    global_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    allow_dms: bool = True


@dataclass(frozen=True, slots=True)
class Role:
    """``id == guild_id`` is @everyone. ``bot_id`` marks the managed role that came with a bot."""

    id: int
    guild_id: int
    name: str
    permissions: Permissions
    position: int
    color: int = 0
    mentionable: bool = False
    hoist: bool = False
    bot_id: int | None = None


class OverwriteType(IntEnum):
    ROLE = 0
    MEMBER = 1


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel allows or denies to one role or member, over the guild's roles."""

    id: int
    type: OverwriteType
    allow: Permissions
    deny: Permissions


@dataclass(frozen=True, slots=True)
class Member:
    """``timed_out_until`` is when the member may speak again, None if they were not timed out."""

    guild_id: int
    user_id: int
    joined_at: datetime
    role_ids: tuple[int, ...] = ()
    nick: str | None = None
    timed_out_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Guild:
    id: int
    name: str
    owner_id: int
    preferred_locale: str = "en-US"


@dataclass(frozen=True, slots=True)
class ThreadState:
    """``auto_archive_minutes`` is one of 60, 1440, 4320 and 10080."""

    owner_id: int
    created_at: datetime
    changed_at: datetime
    auto_archive_minutes: int
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    member_ids: tuple[int, ...] = ()
    message_count: int = 0
    total_message_sent: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a guild, a thread (``thread`` is set) or a direct message (``guild_id`` is None)."""

    id: int
    type: ChannelType
    guild_id: int | None = None
    name: str = ""
    topic: str | None = None
    position: int = 0
    parent_id: int | None = None
    nsfw: bool = False
    rate_limit_per_user_s: int = 0
    overwrites: tuple[Overwrite, ...] = ()
    last_message_id: int | None = None
    last_pin_at: datetime | None = None
    recipient_ids: tuple[int, ...] = ()
    thread: ThreadState | None = None

    @property
    def is_thread(self) -> bool:
        return self.type in THREAD_TYPES


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on the sandbox's CDN. ``size_bytes`` is the declared size, which a fault may have falsified."""

    id: int
    channel_id: int
    filename: str
    content_type: str
    size_bytes: int
    description: str | None = None
    title: str | None = None
    duration_s: float | None = None
    waveform: str | None = None
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """What a message replies to (``type`` 0) or forwards (``type`` 1)."""

    channel_id: int
    message_id: int | None
    guild_id: int | None
    type: int = 0


@dataclass(frozen=True, slots=True)
class Poll:
    """``votes`` are user ids by answer number, which begins at 1."""

    question: Json
    answers: tuple[Json, ...]
    expires_at: datetime
    multiselect: bool = False
    votes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    finalized: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is stored; ``payloads.Payloads.message`` builds what a reader is shown."""

    id: int
    channel_id: int
    guild_id: int | None
    author_id: int
    content: str
    sent_at: datetime
    type: MessageType = MessageType.DEFAULT
    flags: MessageFlag = MessageFlag.NONE
    edited_at: datetime | None = None
    tts: bool = False
    mention_everyone: bool = False
    mention_ids: tuple[int, ...] = ()
    mention_role_ids: tuple[int, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    reactions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """User ids by emoji, in the order in which they were added; an emoji is "👍" or "name:id"."""
    nonce: str | int | None = None
    pinned_at: datetime | None = None
    webhook_id: int | None = None
    application_id: int | None = None
    reference: Reference | None = None
    snapshots: tuple[Message, ...] = ()
    """The copied messages of a forward, with their attachments as ``Attachment``."""
    interaction: Json | None = None
    """Discord's ``interaction_metadata``, if it answers an interaction."""
    command: Json | None = None
    """The deprecated ``interaction`` field, if it answers a command."""
    ephemeral_to: int | None = None
    """The only person who sees it, if it is ephemeral."""
    poll: Poll | None = None
