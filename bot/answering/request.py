"""What a message or a command asks of the bot, and whether a message is meant for it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

import hikari

from bot.answering.attachments import has_readable_attachments
from bot.answering.voice_notes import recordings_in
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.choices import SpeakMode
from bot.ui.permissions import named
from bot.ui.streaming_reply import StreamingReply
from bot.work.cancellation import CancellationToken

_USER_MENTION = re.compile(r"<@!?(\d+)>")
_ROLE_MENTION = re.compile(r"<@&(\d+)>")


class NothingToAnswerError(StarlingError):
    """Raised when a message for the bot has neither words nor a recording."""

    sentence = _("Send me a voice note, or write me something, and I will answer.")


class NothingToAnswerHereError(StarlingError):
    """Raised instead of ``NothingToAnswerError`` where Discord shows the bot voice notes only in replies to it."""

    sentence = _("Reply to this message with a voice note, or mention me and write something, and I will answer.")


class NoteHiddenError(StarlingError):
    """Raised when a voice note is for the bot but Discord does not let it hear the note."""

    sentence = _(
        "Discord does not let me hear this voice note. Open its menu, Apps, Answer this; or send me the next one as a "
        "reply to this message."
    )


class CannotReadError(StarlingError):
    """Raised when someone addresses the bot in a way that hides the words from it, such as a reply without a
    mention."""

    sentence = _("I can only read replies here that mention me. Turn on the @ of your reply, or mention me.")


class AnswerGoneError(StarlingError):
    """Raised when someone acts on an answer that is no longer known."""

    sentence = _("I no longer know this answer. Please ask me again.")


class MayNotWriteError(StarlingError):
    """Raised when the bot is asked in a channel where it may not answer."""

    sentence = _(
        "You asked me something in {channel}, but I may not answer there. "
        "Ask a moderator to give me these permissions: {permissions}."
    )

    def __init__(self, channel: int, lacking: hikari.Permissions) -> None:
        """``lacking``: the missing permissions, out of those that ``bot.ui.permissions`` has names for."""
        super().__init__(channel=f"<#{channel}>", permissions=named(lacking))
        self.lacking = lacking


async def _unnoted(_id: int) -> None:
    """The default callback, for replies that are never resumed: nothing is stored."""


@dataclass(frozen=True, slots=True)
class MessageSource:
    """A message whose words somebody, not necessarily its author, asks the bot to answer."""

    message_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """A request that is being answered: a message or a command."""

    asker: hikari.User
    """A member if Discord includes the membership."""
    channel_id: hikari.Snowflake
    guild_id: hikari.Snowflake | None
    guild_name: str | None
    text: str
    """What was written, without the mention of the bot."""
    recordings: tuple[hikari.Attachment, ...]
    reply: StreamingReply
    message: hikari.Message | None = None
    """None for a command."""
    files: tuple[hikari.Attachment, ...] = ()
    """All attachments, including the recordings."""
    about: hikari.Message | None = None
    """The message, by any author, that a command asks about."""
    is_direct: bool = False
    """Whether it was asked in a direct message, which only the asker and the bot see."""
    job: str | None = None
    """The id of the job by which the answer can be requested again."""
    speakers: tuple[str, ...] = ()
    """The sender of each recording, if the recordings are voice notes that the message replies to."""
    told: frozenset[int] = frozenset()
    """The messages that contain those notes; they are part of the question."""
    answers_long: bool = False
    """Whether a long recording is answered at once instead of being summarised first."""
    speak: SpeakMode | None = None
    """When to speak, if the question specified it."""
    follows: int | None = None
    """The message with the question that this one continues, if it does not reply to that question's answer."""
    notes: tuple[int, ...] = ()
    """The messages with the voice notes that the asker sent just before and that are still unanswered."""
    continued: str = ""
    """The existing text of the answer, if it is to be continued."""
    is_apart: bool = False
    """Whether the continuation is shown without the existing text."""
    remembered: bool = True
    """Whether the conversation can continue from the answer."""
    is_given: bool = False
    """Whether it was asked with /ask; see ``Exchange``."""
    answered: MessageSource | None = None
    """The message that a command asks to answer."""
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """An aware time; for messages, the time at which the job was stored."""
    cancellation: CancellationToken = field(default_factory=CancellationToken)
    on_first_words: Callable[[int], Awaitable[None]] = _unnoted
    """Called with the id of the voice message that has only the first words; the rest comes in another one."""
    on_spoken: Callable[[int], Awaitable[None]] = _unnoted
    """Called with the id of the voice message that has the whole answer, or the rest of it."""

    @property
    def can_go_on(self) -> bool:
        """Whether an answer that reaches its length limit can be continued."""
        return self.job is not None or bool(self.reply.message_ids)

    @property
    def speaker_name(self) -> str:
        return self.asker.global_name or self.asker.username


def own_roles(me: hikari.Snowflakeish, guild: hikari.Snowflake | None, cache: hikari.api.Cache) -> frozenset[int]:
    """The roles that Discord created for the bot ``me`` in ``guild``. Such a role bears the bot's name, and people
    mistake it for the bot."""
    roles = {} if guild is None else cache.get_roles_view_for_guild(guild)
    return frozenset(role.id for role in roles.values() if role.bot_id == me)


def is_for(
    me: hikari.Snowflakeish, message: hikari.Message, *, joined: bool = False, roles: Collection[int] = ()
) -> bool:
    """Whether ``message`` is for the bot ``me``. It must be by a person, and be a direct message, a mention of the bot
    or of one of its ``roles``, a reply to the bot, or anything that can be answered in a channel that the bot has
    ``joined``.

    A mention of everyone or of any other role addresses nobody in particular.
    """
    if message.author.is_bot or message.webhook_id is not None or message.author.is_system:
        return False
    if message.type not in (hikari.MessageType.DEFAULT, hikari.MessageType.REPLY):
        return False
    if message.guild_id is None:
        return True
    if joined and (
        words(message, me) or message.message_snapshots or recordings_in(message) or has_readable_attachments(message)
    ):
        return True
    answered = message.referenced_message
    is_reply = message.type is hikari.MessageType.REPLY and answered is not None and answered.author
    if is_reply and answered is not None and answered.author and answered.author.id == me:
        return True
    content = message.content or ""
    if me in {int(id_) for id_ in _USER_MENTION.findall(content)}:
        return True
    # A mention of a role that nobody may mention, as the bot's own usually is, appears only in the text.
    mentioned = {int(id_) for id_ in (*_ROLE_MENTION.findall(content), *(message.role_mention_ids or ()))}
    return not mentioned.isdisjoint(roles)


def words(message: hikari.PartialMessage, me: hikari.Snowflakeish, *, roles: Collection[int] = ()) -> str:
    """The text of ``message`` without the mention of the bot ``me``, or of its ``roles``, at its start or end."""
    text = (message.content or "").strip()
    mention = "(?:" + "|".join([rf"<@!?{me}>", *(rf"<@&{role}>" for role in roles)]) + ")"
    return re.sub(rf"^(?:{mention}[\s,:]*)+|(?:\s*{mention})+$", "", text).strip()
