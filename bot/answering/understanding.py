"""The first stage: works out what is asked, from the recordings, the words and the files of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import hikari

from audio import TranscriptionProgress, detect_language
from bot.answering import recordings
from bot.answering.attachments import AttachmentContent, AttachmentReader, attachments_of
from bot.answering.long_notes import LongNotes, is_long, spoken_in
from bot.answering.message_text import text_of
from bot.answering.recordings import HeardRecording, RecordingReader
from bot.answering.request import (
    AnswerRequest,
    CannotReadError,
    NoteHiddenError,
    NothingToAnswerError,
    NothingToAnswerHereError,
)
from bot.answering.spoken_conversations import MAX_RECORDINGS, SpokenConversations
from bot.answering.unread_files import FilesNotReadError
from bot.answering.voice_notes import is_recording
from bot.conversation.chat import ChatModel
from bot.conversation.models import ChatModels
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.known_locales import KnownLocales
from bot.i18n.translation import translate
from bot.ui.live_text import LiveText
from bot.ui.transcript_text import NO_SPEECH, quote_of_begun, so_far
from bot.usage.budgets import BudgetKind, Budgets
from bot.work.cancellation import CancelledByUserError

NOTES_LEFT_OUT = _("I have heard the first {count} of these recordings; {left_out} more are left out.")
WHAT_IS_THIS = _("What do you say to this?")
FILES_SHARE, MAX_FILES_TOKENS = 0.5, 50_000
"""The files of a question get at most this share of the model's context, and at most this many tokens: whoever sends a
book pays for all of it."""


@dataclass(frozen=True, slots=True)
class UnderstoodRequest:
    """A request, and what is asked in it."""

    request: AnswerRequest
    text: str
    """What was written and said."""
    attached: AttachmentContent
    language: str
    """The BCP-47 tag of the language that is spoken or written, with the asker's region if known."""
    model: ChatModel
    """The model that answers in this guild."""


class Understanding:
    """Transcribes and reads what comes with a request, within the limits on its asker's usage."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        reader: RecordingReader,
        long_notes: LongNotes,
        conversations: SpokenConversations,
        attachments: AttachmentReader,
        models: ChatModels,
        locales: KnownLocales,
        budgets: Budgets,
        *,
        reads_all: bool,
    ) -> None:
        """``reads_all``: whether Discord shows the bot messages that do not mention it."""
        self._bot = bot
        self._recordings = reader
        self._long_notes = long_notes
        self._conversations = conversations
        self._attachments = attachments
        self._models = models
        self._locales = locales
        self._budgets = budgets
        self._reads_all = reads_all

    async def understand(self, request: AnswerRequest) -> UnderstoodRequest | None:
        """Work out what ``request`` asks. The transcript of its recordings heads the reply, and is shown while it grows
        if that takes long. Returns None if the reply is already finished: the recordings have no speech and there is
        nothing else to answer, or a long note was summarised.

        Raises:
            CancelledByUserError: a person stopped it.
            StarlingError: there is nothing to answer, or a part of the way failed.
            ReplyGoneError: the reply was deleted.
            hikari.HTTPError: Discord refuses.
        """
        reply = request.reply
        await self._budgets.require(request.asker.id, request.guild_id, BudgetKind.TOKENS)
        if request.text:
            reply.locale = await self._locale_of(request, detect_language(request.text, hint=reply.locale))
        request = await self._with_notes(request)
        begun: dict[int, str] = {}
        try:
            heard = await request.cancellation.unless_cancelled(self._heard(request, begun))
        except CancelledByUserError:
            # The words that were already shown do not vanish.
            if said := quote_of_begun(begun, reply.locale):
                reply.heading += f"{said}\n"
            raise
        said = recordings.joined(heard)
        is_all = not request.text and not any(not is_recording(one) for one in request.files)
        if heard and not said and is_all:
            recordings.require_something(heard)
            remarks = recordings.remarks(heard, reply.locale)
            await reply.finish("\n".join(remarks) if len(heard) > 1 else translate(NO_SPEECH, reply.locale))
            return None
        if is_long(heard) and is_all and not request.answers_long and not request.continued:
            await self._show_card(request, heard)
            return None
        asked = request.text or (translate(WHAT_IS_THIS, reply.locale) if request.speakers else "")
        text = f"{asked}\n{said}".strip()
        if not text and (pointed := self._pointed_at(request)) is not None:
            text = translate(WHAT_IS_THIS, detect_language(pointed, hint=reply.locale))
        spoken = (one.transcript.language for one in heard if one.text and one.transcript is not None)
        language = next(spoken, None) or detect_language(text, hint=reply.locale)
        reply.locale = await self._locale_of(request, language)
        if heard:
            reply.heading += recordings.quote(heard, reply.locale) + "\n"
            if reply.begun.is_set():
                await reply.show_progress("")
        model = await self._models.of(request.guild_id)
        attached = await self._attachments.read(
            request.files,
            pictures=model.takes_pictures,
            room_tokens=min(int(model.prompt_tokens * FILES_SHARE), MAX_FILES_TOKENS),
        )
        if not text and not attached.text and not attached.pictures:
            if len(attached.unread) == 1:
                raise attached.unread[0]
            raise FilesNotReadError(attached.unread) if attached.unread else self._why_nothing(request)
        return UnderstoodRequest(request, text, attached, language, model)

    async def _locale_of(self, request: AnswerRequest, language: str) -> str:
        """The locale in which errors are reported to a person who asks in ``language``."""
        return await self._locales.guess(request.asker.id, language, request.reply.locale)

    async def _with_notes(self, request: AnswerRequest) -> AnswerRequest:
        """``request`` with the voice notes that it asks about as its recordings; the reply says if some are left
        out."""
        me = self._bot.get_me()
        notes = None if me is None else await self._conversations.answered(request, me.id)
        if notes is None or not notes.recordings:
            return request
        if notes.left_out:
            sentence = translate(NOTES_LEFT_OUT, request.reply.locale, count=MAX_RECORDINGS, left_out=notes.left_out)
            request.reply.heading += f"-# {sentence}\n"
        return replace(request, recordings=notes.recordings, speakers=notes.speakers, told=notes.messages)

    async def _show_card(self, request: AnswerRequest, heard: Sequence[HeardRecording]) -> None:
        """Summarise a long voice note that has no text beside it; its card has a button for an answer. If the summary
        is stopped, the transcript is kept."""
        reply, language = request.reply, spoken_in(heard)[0].language or request.reply.locale
        reply.locale = await self._locale_of(request, language)
        card = await self._long_notes.shown_card(
            reply, heard, language=language, user=request.asker.id, guild=request.guild_id, stop=request.cancellation
        )
        await reply.finish(card.text, row=card.row, file=card.file)

    async def _heard(self, request: AnswerRequest, begun: dict[int, str]) -> list[HeardRecording]:
        """``begun`` is filled with the transcript so far of each recording, by its number."""
        reply, count = request.reply, len(request.recordings)

        live = LiveText(reply.show_progress)

        def tell(number: int, done: TranscriptionProgress) -> None:
            begun[number] = done.text
            if done.duration_s >= recordings.LONG_S:
                live.tell(so_far(done, reply.locale, number=number + 1, count=count))

        try:
            heard = await self._recordings.read(
                request.recordings,
                guild=request.guild_id,
                sender=request.asker.id,
                channel=request.channel_id,
                progress=tell,
            )
            speakers = request.speakers or ("",) * len(heard)
            return [replace(one, speaker=speaker) for one, speaker in zip(heard, speakers, strict=True)]
        finally:
            await live.end()

    def _pointed_at(self, request: AnswerRequest) -> str | None:
        """The text of the message that the request points at without words of its own: the one that a command asks
        about, or somebody else's that a bare mention replies to. None if there is no such message."""
        me = self._bot.get_me()
        if me is None:
            return None
        if request.about is not None:
            return text_of(request.about, me.id, self._bot.cache, embeds=True)
        answered = request.message.referenced_message if request.message else None
        if answered is None or not answered.author or answered.author.id == me.id:
            return None
        written = text_of(answered, me.id, self._bot.cache, embeds=True)
        return written if written or attachments_of(answered) else None

    def _why_nothing(self, request: AnswerRequest) -> StarlingError:
        message, me = request.message, self._bot.get_me()
        if message is None or me is None or message.guild_id is None:
            return NothingToAnswerError()
        is_hidden = bool(message.flags & hikari.MessageFlag.IS_VOICE_MESSAGE or request.notes)
        if is_hidden and not self._reads_all:
            return NoteHiddenError()
        points = message.type is hikari.MessageType.REPLY or bool(message.role_mention_ids)
        hidden = points and not message.content and not self._reads_all
        mentioned = message.user_mentions_ids and me.id in message.user_mentions_ids
        if hidden and not mentioned:
            return CannotReadError()
        return NothingToAnswerError() if self._reads_all else NothingToAnswerHereError()
