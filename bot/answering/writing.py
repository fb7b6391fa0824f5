"""Writing one answer: hear, think, show, speak, remember."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

import hikari
import structlog

from audio import Dictation, NothingToSayError, Speaker, Speech, Transcript, detect_language
from bot.answering.context import Context
from bot.answering.enclosures import Enclosed, Enclosures
from bot.answering.joined import JoinedChannels
from bot.answering.question import CannotReadError, NothingToAnswerError, Question
from bot.answering.stop_signal import StoppedError
from bot.conversation.chat import ChatModel
from bot.conversation.errors import ChatCannotSeeError
from bot.conversation.models import ChatModels
from bot.conversation.prompting import Prompt, build_prompt
from bot.conversation.turns import Turn
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.hearing import Hearing
from bot.presenting.answer_buttons import answer_row, retry_row
from bot.presenting.chosen_voices import ChosenVoices
from bot.presenting.known_locales import KnownLocales
from bot.presenting.languages import tell, translate
from bot.presenting.transcript_text import NO_SPEECH, quote
from bot.settings import Settings
from bot.storage.exchanges import Exchange, ExchangeStore

log = structlog.get_logger()

DEMONSTRATION = _("I answer with a small demonstration model and am often wrong. My host can connect a better one.")
CUT = _("We have talked longer than I can keep in mind: I left out the beginning.")
NOT_SEEN = _("My chat model cannot look at pictures, so I answered without them.")
STOPPED = _("Stopped.")
WHAT_IS_THIS = _("What do you say to this?")
NOT_SPOKEN = _("I may neither send voice messages nor attach files here, so I cannot answer aloud.")


class Writer:
    """Writes answers with the services that it is given."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        hearing: Hearing,
        models: ChatModels,
        speaker: Speaker,
        exchanges: ExchangeStore,
        locales: KnownLocales,
        joined: JoinedChannels,
        voices: ChosenVoices,
        settings: Settings,
        instruction: str,
    ) -> None:
        self._bot = bot
        self._hearing = hearing
        self._models = models
        self._speaker = speaker
        self._exchanges = exchanges
        self._locales = locales
        self._joined = joined
        self._enclosures = Enclosures(hearing)
        self._context = Context(bot, exchanges, joined, self._enclosures)
        self._voices = voices
        self._settings = settings
        self._instruction = instruction

    async def write(self, question: Question) -> None:
        """Answer ``question``: the transcript first, then the reply as it comes, then the spoken reply.

        Raises:
            StarlingError: nothing to answer, or a part of the way failed; what was shown so far stays.
            ReplyGoneError: the answer was deleted while it was written.
            hikari.HTTPError: Discord refuses.
        """
        reply = question.reply
        if reply.message_ids and (said := await self._exchanges.by_reply(reply.message_ids[0])):
            # The text was complete when the attempt before this one was interrupted: what is left is to speak it.
            if self._aloud(question):
                voice = await self._voice_for(question)
                await self._speak(question, self._speaker.speak(said.reply, hint=said.language, voice=voice))
            return
        try:
            heard = await question.stop.unless_stopped(self._hear(question))
        except StoppedError:
            await self._finish_stopped(question, "")
            return
        if heard is not None and not heard.has_speech:
            await reply.finish(translate(NO_SPEECH, reply.locale))
            return
        heading = ""
        if heard is not None:
            heading = quote(heard, reply.locale) + "\n"
            await reply.show(heading)
        text = f"{question.text}\n{heard.text if heard else ''}".strip()
        model = await self._models.of(question.guild_id)
        enclosed = Enclosed()
        if question.message is not None:
            enclosed = await self._enclosures.of_question(question.message, pictures=model.takes_pictures)
        if not text and question.about is not None:
            text = translate(WHAT_IS_THIS, reply.locale)
        if not text and enclosed == Enclosed():
            raise self._why_nothing(question)
        language = (heard.language if heard else None) or detect_language(text, hint=reply.locale)
        reply.locale = await self._locales.guess(question.asker.id, language, reply.locale)
        if not self._aloud(question):
            await self._think(question, model, text, enclosed, heading, language)
            return
        voice = await self._voice_for(question)
        # Leaving the block, for whatever reason, stops what is still being spoken.
        async with self._speaker.dictation(hint=language, voice=voice) as dictation:
            if await self._think(question, model, text, enclosed, heading, language, dictation=dictation):
                await self._speak(question, dictation.finish())

    async def _hear(self, question: Question) -> Transcript | None:
        if question.recording is None:
            return None
        return await self._hearing.hear(question.recording, guild=question.guild_id, sender=question.asker.id)

    def _why_nothing(self, question: Question) -> StarlingError:
        message, me = question.message, self._bot.get_me()
        if message is None or me is None:
            return NothingToAnswerError()
        hidden = message.type is hikari.MessageType.REPLY and not self._settings.message_content_intent
        mentioned = message.user_mentions_ids and me.id in message.user_mentions_ids
        if hidden and message.guild_id is not None and not mentioned:
            return CannotReadError()
        return NothingToAnswerError()

    async def _think(
        self,
        question: Question,
        model: ChatModel,
        text: str,
        enclosed: Enclosed,
        heading: str,
        language: str,
        *,
        dictation: Dictation | None = None,
    ) -> bool:
        """Show the model's reply as it comes, dictate it, and remember it; says whether it came to its end."""
        reply = question.reply
        parent = await self._parent(question)
        notes = [DEMONSTRATION] if model.is_demonstration else []
        asked = Turn("user", f"{text}\n\n{enclosed.text}".strip(), question.speaker_name, enclosed.pictures)
        try:
            prompt = await self._prompt(question, model, parent, asked)
            answer = await self._streamed(question, model, prompt, heading, dictation)
        except ChatCannotSeeError:
            if not text and not enclosed.text:
                raise
            notes.append(NOT_SEEN)
            prompt = await self._prompt(question, model, parent, replace(asked, pictures=()))
            answer = await self._streamed(question, model, prompt, heading, dictation)
        if question.stop.is_given:
            if answer:
                await self._remember(
                    question, self._exchange(question, model, text, enclosed, answer, language, parent)
                )
            await self._finish_stopped(question, heading + answer)
            return False
        if prompt.cut:
            notes.append(CUT)
        note = "\n".join(f"-# {translate(one, reply.locale)}" for one in notes)
        exchange = self._exchange(question, model, text, enclosed, answer, language, parent)
        # Remembered before its last word is shown, where it can be: who replies at once is known already.
        known = await self._remember(question, exchange)
        row = answer_row(question.job, reply.locale, aloud=dictation is None and question.remembered)
        await reply.finish(heading + answer, note=note, whole=answer, row=row)
        if not known:
            await self._remember(question, exchange)
        log.info("answered in text", characters=len(answer), language=language)
        return True

    async def _prompt(self, question: Question, model: ChatModel, parent: Exchange | None, asked: Turn) -> Prompt:
        history = await self._context.before(
            question, parent, brief=model.is_demonstration, pictures=model.takes_pictures
        )
        return build_prompt(
            self._instruction,
            history,
            asked,
            guild_name=question.guild_name,
            now=datetime.now(UTC),
            brief=model.is_demonstration,
        )

    async def _streamed(
        self, question: Question, model: ChatModel, prompt: Prompt, heading: str, dictation: Dictation | None
    ) -> str:
        """What the model says to ``prompt``, or has said until it was stopped."""
        answer = ""
        async with aclosing(question.stop.until_stopped(model.stream(prompt.turns))) as deltas:
            async for delta in deltas:
                answer += delta
                if dictation is not None:
                    dictation.write(delta)
                await question.reply.show(heading + answer)
        return answer.strip()

    async def _finish_stopped(self, question: Question, shown: str) -> None:
        reply = question.reply
        row = None if question.job is None else retry_row(question.job, reply.locale)
        note = f"-# {translate(STOPPED, reply.locale)}"
        await reply.finish(shown, note=note, row=row)
        log.info("stopped by a person")

    def _exchange(
        self,
        question: Question,
        model: ChatModel,
        text: str,
        enclosed: Enclosed,
        answer: str,
        language: str,
        parent: Exchange | None,
    ) -> Exchange:
        return Exchange(
            reply_message_id=0,
            channel_id=question.channel_id,
            guild_id=question.guild_id,
            user_id=question.asker.id,
            prompt_message_id=question.message.id if question.message else 0,
            prompt=text,
            reply=answer,
            language=language,
            parent_reply_id=parent.reply_message_id if parent else None,
            model=model.model,
            created_at=datetime.now(UTC),
            has_files=enclosed != Enclosed(),
        )

    async def _remember(self, question: Question, exchange: Exchange) -> bool:
        """Store ``exchange`` under the first message of the reply; says whether there is one already."""
        if not question.reply.message_ids:
            return False
        first = question.reply.message_ids[0]
        if question.remembered:
            asked = exchange.prompt_message_id or first
            await self._exchanges.remember(replace(exchange, reply_message_id=first, prompt_message_id=asked))
        return True

    async def _parent(self, question: Question) -> Exchange | None:
        """The exchange that ``question`` goes on with: it replies to an answer, or to a part of one.

        Further parts of an answer, and its voice message, are replies to its first message.
        """
        answered = question.message.referenced_message if question.message else None
        if answered is None:
            return None
        candidates = [answered.id]
        if answered.message_reference and answered.message_reference.id:
            candidates.append(answered.message_reference.id)
        for candidate in candidates:
            if found := await self._exchanges.by_reply(candidate):
                return found
        return None

    def _aloud(self, question: Question) -> bool:
        """Whether the answer to ``question``, with or without a recording, is spoken."""
        speak = question.speak or self._joined.speak(question.channel_id) or self._settings.speak
        return speak == "always" or (speak == "voice" and question.recording is not None)

    async def _voice_for(self, question: Question) -> str | None:
        return await self._voices.of(question.asker.id, question.guild_id)

    async def _speak(self, question: Question, spoken: Awaitable[Speech]) -> None:
        """Post the answer as a voice message; if that cannot be, say so below the text."""
        reply = question.reply
        try:
            speech = await question.stop.unless_stopped(spoken)
        except (NothingToSayError, StoppedError):
            return
        except StarlingError as error:
            log.warning("not spoken", error=type(error).__name__, why=str(error))
            await reply.add_note(f"-# {tell(error, reply.locale)}")
            return
        try:
            await question.on_spoken(await reply.speak(speech))
        except hikari.ForbiddenError:
            await reply.add_note(f"-# {translate(NOT_SPOKEN, reply.locale)}")
        else:
            log.info("answered aloud", engine=speech.engine, voice=speech.voice, duration_s=round(speech.duration_s, 1))
