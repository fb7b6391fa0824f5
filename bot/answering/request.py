"""What a message asks of the bot."""

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
    """Raised for the same where Discord shows us voice notes in replies alone."""

    sentence = _("Reply to this message with a voice note, or mention me and write something, and I will answer.")


class NoteHiddenError(StarlingError):
    """Raised when a voice note is for us that Discord does not let us hear."""

    sentence = _(
        "Discord does not let me hear this voice note. Open its menu, Apps, Answer this; or send me the next one as a "
        "reply to this message."
    )


class CannotReadError(StarlingError):
    """Raised when someone answers the bot in a way that hides the words from it."""

    sentence = _("I can only read replies here that mention me. Turn on the @ of your reply, or mention me.")


class AnswerGoneError(StarlingError):
    """Raised when an answer is asked for anew that is no longer known."""

    sentence = _("I no longer know this answer. Please ask me again.")


class MayNotWriteError(StarlingError):
    """Raised when the bot is asked in a channel where it may not answer."""

    sentence = _(
        "You asked me something in {channel}, but I may not answer there. "
        "Ask a moderator to give me these permissions: {permissions}."
    )

    def __init__(self, channel: int, lacking: hikari.Permissions) -> None:
        """``lacking``: some of those that ``bot.ui.permissions`` names."""
        super().__init__(channel=f"<#{channel}>", permissions=named(lacking))
        self.lacking = lacking


async def _unnoted(_id: int) -> None:
    """For replies that are written once."""


@dataclass(frozen=True, slots=True)
class MessageSource:
    """A message whose words are asked with by somebody, who need not have written it."""

    message_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Something that is being answered: a message, or a command."""

    asker: hikari.User
    """A member, where Discord says what they are to the guild."""
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
    """All that came with it, the recordings too."""
    about: hikari.Message | None = None
    """A message of anyone that a command asks about."""
    is_direct: bool = False
    """Whether nobody but the asker and the bot sees it: a direct message."""
    job: str | None = None
    """What the answer can be asked for again by."""
    speakers: tuple[str, ...] = ()
    """Who sent each of the recordings, where they are notes that it replies to."""
    told: frozenset[int] = frozenset()
    """The messages with those notes, which are part of the question."""
    answers_long: bool = False
    """Whether a long recording is answered at once, not summed up first."""
    speak: SpeakMode | None = None
    """When to speak, where it was said with the question."""
    follows: int | None = None
    """The message with the question that it goes on from, where it does not reply to the answer to that."""
    notes: tuple[int, ...] = ()
    """The messages with the voice notes that the asker sent just before, which nobody has answered."""
    continued: str = ""
    """What there is of the answer, where it is to go on from there."""
    is_apart: bool = False
    """Whether what goes on is shown without what there was."""
    remembered: bool = True
    """Whether the conversation can go on from the answer."""
    is_given: bool = False
    """Whether it was asked by /ask; see ``Exchange``."""
    answered: MessageSource | None = None
    """The message that a command asks to answer."""
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Aware; of what is asked by a message, when it was taken."""
    cancellation: CancellationToken = field(default_factory=CancellationToken)
    on_first_words: Callable[[int], Awaitable[None]] = _unnoted
    """Given the id of the voice message with the first words, of which the rest comes in another."""
    on_spoken: Callable[[int], Awaitable[None]] = _unnoted
    """Given the id of the voice message with all, or with the rest."""

    @property
    def can_go_on(self) -> bool:
        """Whether an answer that reaches its limit can be made to go on."""
        return self.job is not None or bool(self.reply.message_ids)

    @property
    def speaker_name(self) -> str:
        return self.asker.global_name or self.asker.username


def own_roles(me: hikari.Snowflakeish, guild: hikari.Snowflake | None, cache: hikari.api.Cache) -> frozenset[int]:
    """The role that Discord has made for the bot ``me`` in ``guild``: it bears the bot's name, and people take it for
    the bot."""
    roles = {} if guild is None else cache.get_roles_view_for_guild(guild)
    return frozenset(role.id for role in roles.values() if role.bot_id == me)


def is_for(
    me: hikari.Snowflakeish, message: hikari.Message, *, joined: bool = False, roles: Collection[int] = ()
) -> bool:
    """Whether ``message`` is for the bot ``me``: by a person, and a direct message, a mention of it or of one of its
    ``roles``, a reply to it, or anything that can be answered where the bot has ``joined``.

    A mention of everyone or of any other role is for nobody in particular.
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
    # Of a role that nobody may mention, such as the bot's own usually is, Discord tells in the text only.
    mentioned = {int(id_) for id_ in (*_ROLE_MENTION.findall(content), *(message.role_mention_ids or ()))}
    return not mentioned.isdisjoint(roles)


def words(message: hikari.PartialMessage, me: hikari.Snowflakeish, *, roles: Collection[int] = ()) -> str:
    """The text of ``message`` without the mention of the bot ``me``, or of its ``roles``, at its start or end."""
    text = (message.content or "").strip()
    mention = "(?:" + "|".join([rf"<@!?{me}>", *(rf"<@&{role}>" for role in roles)]) + ")"
    return re.sub(rf"^(?:{mention}[\s,:]*)+|(?:\s*{mention})+$", "", text).strip()
