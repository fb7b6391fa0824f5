"""The first stage: what is asked, from the recording, the words and the files of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import hikari

from audio import Transcript, detect_language
from bot.answering.attachments import AttachmentContent, AttachmentReader
from bot.answering.message_text import text_of
from bot.answering.request import AnswerRequest, CannotReadError, NothingToAnswerError
from bot.answering.voice_notes import VoiceNoteTranscriber
from bot.conversation.chat import ChatModel
from bot.conversation.models import ChatModels
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.known_locales import KnownLocales
from bot.i18n.translation import translate
from bot.ui.transcript_text import NO_SPEECH, quote
from bot.usage.budgets import Budgets, Kind

WHAT_IS_THIS = _("What do you say to this?")


@dataclass(frozen=True, slots=True)
class UnderstoodRequest:
    """A request, and what is asked in it."""

    request: AnswerRequest
    text: str
    """What was written and said."""
    attached: AttachmentContent
    heading: str
    """What stands above the answer: the transcript too, with its line break."""
    language: str
    """ISO 639-1 code of the language that is spoken or written."""
    model: ChatModel
    """The one that answers in this guild."""


class FilesNotReadError(StarlingError):
    """Raised when there is nothing in a message but files of kinds that are not read."""

    sentence = _("I cannot read {names}. I read text files, and pictures where my chat model can see.")

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names=", ".join(names)[:300])


class Understanding:
    """Transcribes and reads what comes with a request, within what its asker may use."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        voice_notes: VoiceNoteTranscriber,
        attachments: AttachmentReader,
        models: ChatModels,
        locales: KnownLocales,
        budgets: Budgets,
        *,
        reads_all: bool,
    ) -> None:
        """``reads_all``: whether Discord shows us messages that do not mention us."""
        self._bot = bot
        self._voice_notes = voice_notes
        self._attachments = attachments
        self._models = models
        self._locales = locales
        self._budgets = budgets
        self._reads_all = reads_all

    async def understand(self, request: AnswerRequest) -> UnderstoodRequest | None:
        """What ``request`` asks; the transcript of its recording is shown. None when nobody speaks in that, which is
        told.

        Raises:
            CancelledByUserError: a person stopped it.
            StarlingError: there is nothing to answer, or a part of the way failed.
            ReplyGoneError: the reply was deleted.
            hikari.HTTPError: Discord refuses.
        """
        reply = request.reply
        kinds: tuple[Kind, ...] = ("tokens", "audio") if request.recording else ("tokens",)
        await self._budgets.require(request.asker.id, request.guild_id, *kinds)
        transcript = await request.cancellation.unless_cancelled(self._transcript(request))
        if transcript is not None and not transcript.has_speech:
            await reply.finish(translate(NO_SPEECH, reply.locale))
            return None
        heading = request.heading
        if transcript is not None:
            heading += quote(transcript, reply.locale) + "\n"
        if heading:
            await reply.show(heading)
        text = f"{request.text}\n{transcript.text if transcript else ''}".strip()
        model = await self._models.of(request.guild_id)
        attached = await self._attachments.of_question(request.files, pictures=model.takes_pictures)
        if not text and (request.about is not None or self._points_at_another(request)):
            text = translate(WHAT_IS_THIS, reply.locale)
        if not text and not attached.text and not attached.pictures:
            raise FilesNotReadError(attached.unread) if attached.unread else self._why_nothing(request)
        language = (transcript.language if transcript else None) or detect_language(text, hint=reply.locale)
        reply.locale = await self._locales.guess(request.asker.id, language, reply.locale)
        return UnderstoodRequest(request, text, attached, heading, language, model)

    async def _transcript(self, request: AnswerRequest) -> Transcript | None:
        if request.recording is None:
            return None
        asker, guild = request.asker.id, request.guild_id
        transcript = await self._voice_notes.transcribe(request.recording, guild=guild, sender=asker)
        await self._budgets.heard(asker, guild, transcript.duration_s)
        return transcript

    def _points_at_another(self, request: AnswerRequest) -> bool:
        """Whether nothing is said but that a message of somebody else should be looked at: a bare mention as a reply to
        it."""
        answered, me = request.message.referenced_message if request.message else None, self._bot.get_me()
        if answered is None or me is None or not answered.author or answered.author.id == me.id:
            return False
        return bool(text_of(answered, me.id, self._bot.cache, embeds=True) or answered.attachments)

    def _why_nothing(self, request: AnswerRequest) -> StarlingError:
        message, me = request.message, self._bot.get_me()
        if message is None or me is None:
            return NothingToAnswerError()
        points = message.type is hikari.MessageType.REPLY or bool(message.role_mention_ids)
        hidden = points and not message.content and not self._reads_all
        mentioned = message.user_mentions_ids and me.id in message.user_mentions_ids
        if hidden and message.guild_id is not None and not mentioned:
            return CannotReadError()
        return NothingToAnswerError()
