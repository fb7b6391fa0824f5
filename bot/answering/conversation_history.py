"""The conversation before a question: its chain of replies, its thread, or the recent messages where the bot takes
part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import hikari
from cachetools import TTLCache

from bot.answering.attachments import AttachmentContent, AttachmentReader, attachments_of
from bot.answering.message_text import text_of
from bot.answering.own_cards import is_card
from bot.answering.recent_messages import RecentMessages
from bot.answering.recordings import LONG_S
from bot.answering.request import AnswerRequest
from bot.answering.sent_notes import sent
from bot.answering.unread_files import FileUnreadError
from bot.answering.voice_notes import recordings_in
from bot.conversation.chat_message import ChatMessage
from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.preferences.preferences import Preferences

MAX_EXCHANGES = 8
"""How many earlier exchanges of a chain of replies the model is shown."""
MAX_LINKS = 8
"""How many people's messages a chain of replies is followed through."""
MAX_RECENT = 30
"""How many messages of a thread, a joined channel or a direct message the model is shown."""
MAX_RECENT_FILES = 4
"""Among those, the files of at most this many messages are read, the latest."""
SILENCE = timedelta(hours=6)
"""After a silence of this length a new conversation begins, except in a thread."""
CARD_OF = "A card of"
"""Precedes the text of one of the bot's own cards, with the bot's name, in the prompt."""
NAMES, NAMES_S = 10_000, 3600.0
"""How many people's names are cached, and for how long."""


@dataclass(frozen=True, slots=True)
class EarlierFiles:
    """How the files of earlier messages are read."""

    pictures: bool
    """Whether pictures are included."""
    room_tokens: int
    """The token limit for the files of one message."""
    asker: int
    """The user for whom the transcription of recordings is counted."""


@dataclass(frozen=True, slots=True)
class EarlierConversation:
    """The conversation before a question."""

    messages: tuple[ChatMessage, ...] = ()
    """Oldest first."""
    unread: tuple[FileUnreadError, ...] = ()
    """Why files of the message that the question is about were not read."""
    shortened: tuple[str, ...] = ()
    """The names of those files of which only the beginning is included."""


class ConversationHistory:
    """Reads conversations from Discord and from the stored exchanges."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        recent: RecentMessages,
        exchanges: ExchangeStore,
        preferences: Preferences,
        attachments: AttachmentReader,
        stopped: Callable[[Collection[int]], Awaitable[Collection[int]]],
    ) -> None:
        """``stopped`` returns those of the given messages whose transcription a person has stopped."""
        self._bot = bot
        self._recent = recent
        self._exchanges = exchanges
        self._preferences = preferences
        self._attachments = attachments
        self._stopped = stopped
        self._names: TTLCache[int, str] = TTLCache(NAMES, NAMES_S)
        """The names of people whose words are stored without a name, by user id."""

    async def before(
        self, request: AnswerRequest, parent: Exchange | None, *, brief: bool, pictures: bool, room_tokens: int
    ) -> EarlierConversation:
        """The conversation before ``request``. Messages that the bot may not read are left out.

        ``parent``: the exchange whose reply it answers, if any. ``brief``: only the chain of replies, for a model that
        would be confused by more. ``pictures``: whether the model can see. ``room_tokens``: the token limit for the
        files of one message.
        """
        reading = EarlierFiles(pictures, room_tokens, request.asker.id)
        if request.about is not None:
            said, attached = await self._said(request.about, reading, ours_too=True)
            messages = () if said is None else (said,)
            return EarlierConversation(messages, attached.unread, attached.shortened)
        message = request.message
        if message is None:
            return EarlierConversation()
        self._names[request.asker.id] = request.speaker_name
        if message.referenced_message is not None or parent is not None:
            return await self._chain(message, parent, reading, told=request.told)
        in_thread = self._in_thread(message)
        chosen = await self._preferences.guild(message.guild_id)
        heard = (*chosen.joined_channels, *chosen.transcribed_channels)
        taking_part = message.guild_id is None or message.channel_id in heard
        if brief:
            return EarlierConversation()
        if not (in_thread or taking_part):
            return EarlierConversation(tuple(await self._just_said(request, reading)))
        return EarlierConversation(tuple(await self._lately(message, reading, whole=in_thread, told=request.told)))

    async def parent(self, request: AnswerRequest) -> Exchange | None:
        """The exchange that ``request`` continues: it replies to the answer, or to a part of it, or follows it.

        The further parts of an answer, and its voice message, are replies to its first message.
        """
        answered = request.message.referenced_message if request.message else None
        if answered is None:
            if request.follows is None:
                return None
            return (await self._exchanges.of_messages([request.follows])).get(request.follows)
        candidates = [answered.id]
        if answered.message_reference and answered.message_reference.id:
            candidates.append(answered.message_reference.id)
        for candidate in candidates:
            if found := await self._exchanges.by_reply(candidate):
                return found
        return None

    def thread_name(self, request: AnswerRequest) -> str | None:
        """The title of the thread or forum post in which it is asked."""
        thread = self._bot.cache.get_thread(request.channel_id)
        return None if thread is None else thread.name

    def flows(self, request: AnswerRequest) -> bool:
        """Whether ``request`` is part of a conversation without an end, whose beginning naturally drops out of the
        context: that is, neither a thread nor a chain of replies."""
        message = request.message
        return message is not None and message.referenced_message is None and not self._in_thread(message)

    def _in_thread(self, message: hikari.Message) -> bool:
        return self._bot.cache.get_thread(message.channel_id) is not None

    async def _chain(
        self, message: hikari.Message, parent: Exchange | None, reading: EarlierFiles, *, told: frozenset[int]
    ) -> EarlierConversation:
        """``told``: messages that are part of the question itself."""
        turns: list[ChatMessage] = []
        nearest: AttachmentContent | None = None
        link: hikari.PartialMessage = message
        for _ in range(MAX_LINKS):
            exchange = parent if link is message else await self._exchanges.by_reply(link.id)
            if exchange is not None:
                earlier = await self._exchanges.chain(exchange.reply_message_id, MAX_EXCHANGES)
                turns = [*await self._of_exchanges(earlier, reading), *turns]
                break
            answered = await self._answered(link)
            if answered is None:
                break
            if answered.id in told:
                link = answered
                continue
            said, attached = await self._said(answered, reading)
            nearest = nearest or attached
            if said is not None:
                turns.insert(0, said)
            link = answered
        nearest = nearest or AttachmentContent()
        return EarlierConversation(tuple(turns), nearest.unread, nearest.shortened)

    async def _of_exchanges(self, exchanges: Sequence[Exchange], reading: EarlierFiles) -> list[ChatMessage]:
        names = {user: await self._name(user) for user in {exchange.said_by for exchange in exchanges}}
        turns: list[ChatMessage] = []
        for exchange in exchanges:
            attached = await self._attached(exchange, reading)
            text = f"{exchange.prompt}\n\n{attached.text_for_model}".strip()
            turns.append(ChatMessage("user", text, names[exchange.said_by], attached.pictures))
            turns.append(ChatMessage("assistant", exchange.reply))
        return turns

    async def _attached(
        self, exchange: Exchange, reading: EarlierFiles, message: hikari.PartialMessage | None = None
    ) -> AttachmentContent:
        """The attachments of an earlier question, which is ``message`` if that is given. Its recording is already in
        the prompt."""
        if not exchange.has_files:
            return AttachmentContent()
        try:
            if message is None:
                message = await self._bot.rest.fetch_message(exchange.channel_id, exchange.prompt_message_id)
        except (hikari.NotFoundError, hikari.ForbiddenError):
            return AttachmentContent()
        return await self._attachments.read(
            attachments_of(message), pictures=reading.pictures, room_tokens=reading.room_tokens
        )

    async def _answered(self, message: hikari.PartialMessage) -> hikari.PartialMessage | None:
        if message.referenced_message:
            return message.referenced_message
        reference = message.message_reference
        if not reference or reference.id is None:
            return None
        try:
            return await self._bot.rest.fetch_message(reference.channel_id, reference.id)
        except (hikari.NotFoundError, hikari.ForbiddenError):
            return None

    async def _just_said(self, request: AnswerRequest, reading: EarlierFiles) -> list[ChatMessage]:
        """The voice notes that the asker sent just before, unless they are part of the question itself."""
        turns: list[ChatMessage] = []
        notes = [note for note in request.notes if note not in request.told]
        for one in await sent(self._bot.rest, request.channel_id, notes):
            said, _attached = await self._said(one, reading)
            turns += [] if said is None else [said]
        return turns

    async def _lately(
        self, message: hikari.Message, reading: EarlierFiles, *, whole: bool, told: frozenset[int]
    ) -> list[ChatMessage]:
        """``told``: messages that are part of the question itself."""
        try:
            recent = await self._recent.before(message, MAX_RECENT)
        except (hikari.NotFoundError, hikari.ForbiddenError):
            return []
        found: list[hikari.PartialMessage] = []
        later: datetime = message.timestamp
        for each in recent:
            if not whole and later - each.timestamp > SILENCE:
                break
            later = each.timestamp
            if each.id not in told:
                found.append(head_of(each))
        if whole and len(recent) == MAX_RECENT and (head := await self._head(message.channel_id)) is not None:
            found += [head] if head.id not in {one.id for one in found} else []
        known = await self._exchanges.of_messages([one.id for one in found])
        with_files = [one.id for one in found if attachments_of(one)]
        read = set(with_files[:MAX_RECENT_FILES])
        # A recording whose transcription somebody has stopped must not delay the next answer.
        waited_for = [one for one in found if one.id in read and one.id not in known and _takes_long(one)]
        read -= {hikari.Snowflake(note) for note in await self._stopped([one.id for one in waited_for])}
        turns: list[ChatMessage] = []
        for one in reversed(found):
            # Older pictures cost much and are seldom meant.
            seen = replace(reading, pictures=reading.pictures and with_files[0] == one.id) if one.id in read else None
            if (exchange := known.get(one.id)) is None:
                said, _attached = await self._said(one, seen)
                turns += [] if said is None else [said]
                continue
            if exchange.prompt_message_id == one.id:
                attached = AttachmentContent() if seen is None else await self._attached(exchange, seen, one)
                text = f"{exchange.prompt}\n\n{attached.text_for_model}".strip()
                turns.append(ChatMessage("user", text, await self._name(exchange.said_by), attached.pictures))
            if exchange.reply_message_id == one.id:
                turns.append(ChatMessage("assistant", exchange.reply))
        return turns

    async def _head(self, channel: hikari.Snowflake) -> hikari.Message | None:
        """The message at the head of a thread, above its other messages; in a forum, the first message of the post."""
        thread = self._bot.cache.get_thread(channel)
        if thread is None:
            return None
        parent = self._bot.cache.get_guild_channel(thread.parent_id)
        in_forum = isinstance(parent, hikari.GuildForumChannel | hikari.GuildMediaChannel)
        return await self._recent.head(channel if in_forum else thread.parent_id, thread.id)

    async def _said(
        self, message: hikari.PartialMessage, reading: EarlierFiles | None, *, ours_too: bool = False
    ) -> tuple[ChatMessage | None, AttachmentContent]:
        """What a person wrote or said in ``message``, and its files if there is a ``reading``; None if it has neither.
        Also None for the bot's own messages, except cards, unless ``ours_too``: its answers are known as exchanges, and
        the rest of what it writes is not conversation."""
        attached = AttachmentContent()
        me = self._bot.get_me()
        author = message.author or None
        if me is None or author is None:
            return None, attached
        if author.id == me.id and not ours_too:
            if not is_card(message):
                return None, attached
            # The note that the card summarises is read by itself, and contains everything that is in the card's file.
            reading = None if message.message_reference else reading
        if attachments_of(message) and reading is not None:
            guild = self._bot.cache.get_guild_channel(message.channel_id)
            attached = await self._attachments.of_earlier(
                message,
                guild=None if guild is None else guild.guild_id,
                asker=reading.asker,
                pictures=reading.pictures,
                room_tokens=reading.room_tokens,
            )
        written = text_of(message, me.id, self._bot.cache, embeds=True)
        text = f"{written}\n\n{attached.text_for_model}".strip()
        if not text and not attached.pictures:
            return None, attached
        if author.id == me.id and not ours_too:
            # No person is speaking, so nobody else needs to be named because of it.
            return ChatMessage("user", f"[{CARD_OF} {name_of(message)}]\n{text}", None, attached.pictures), attached
        return ChatMessage("user", text, name_of(message), attached.pictures), attached

    async def _name(self, user: int) -> str | None:
        """The name of someone whose words are stored without it; None if Discord does not tell it."""
        if (name := self._names.get(user)) is not None:
            return name
        try:
            known = self._bot.cache.get_user(user) or await self._bot.rest.fetch_user(user)
        except hikari.HTTPError:
            return None
        name = self._names[user] = known.global_name or known.username
        return name


def _takes_long(message: hikari.PartialMessage) -> bool:
    """Whether a recording in ``message`` may take longer to transcribe than to check whether its transcript is
    wanted."""
    return any(one.duration is None or one.duration > LONG_S for one in recordings_in(message))


def head_of(message: hikari.Message) -> hikari.PartialMessage:
    """``message``, or the one that it stands for at the head of a thread."""
    if message.type is hikari.MessageType.THREAD_STARTER_MESSAGE and message.referenced_message is not None:
        return message.referenced_message
    return message


def name_of(message: hikari.PartialMessage) -> str | None:
    """The name of the author of ``message``: the same everywhere, unlike server nicknames."""
    return (message.author.global_name or message.author.username) if message.author else None
