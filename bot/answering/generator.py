"""Writing one answer: hear, think, show, speak, remember."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import hikari
import structlog
from cachetools import TTLCache

from audio import NothingToSayError, Speech, StreamingSynthesis, Synthesizer, Transcript, detect_language
from bot.answering.attachments import AttachmentContent, AttachmentReader
from bot.answering.context import ConversationHistory
from bot.answering.request import AnswerRequest, CannotReadError, NothingToAnswerError
from bot.answering.voice_notes import VoiceNoteTranscriber
from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.errors import ChatCannotSeeError, ContextTooLongError
from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.conversation.models import ChatModels
from bot.conversation.prompting import Prompt, build_prompt
from bot.conversation.reply_stream import extended
from bot.conversation.tokens import TokenUse
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.known_locales import KnownLocales
from bot.i18n.translation import translate, translate_error
from bot.instructions.service import Instructions
from bot.preferences.choices import Speak
from bot.preferences.preferences import Preferences
from bot.preferences.voices import ChosenVoices
from bot.recall.facts import with_facts
from bot.recall.recall import Recall
from bot.settings import Settings
from bot.ui.answer_buttons import answer_row, retry_row
from bot.ui.transcript_text import NO_SPEECH, quote
from bot.usage.budgets import Budgets, Kind
from bot.work.cancellation import CancelledByUserError

log = structlog.get_logger()

DEMONSTRATION = _("I answer with a small demonstration model and am often wrong. My host can connect a better one.")
CUT = _("We have talked longer than I can keep in mind: I left out the beginning.")
QUESTION_CUT = _("Your message is longer than I can take in: I read only its beginning.")
INSTRUCTION_CUT = _(
    "The instruction that holds here is longer than my chat model can take in: it read only its beginning."
)
CUT_TOLD_S = 6 * 3600.0
"""How long it is not told again that a conversation that goes on and on is cut."""
NOT_SEEN = _("My chat model cannot look at pictures, so I answered without them.")
STOPPED = _("Stopped.")
WHAT_IS_THIS = _("What do you say to this?")
NOT_SPOKEN = _("I may neither send voice messages nor attach files here, so I cannot answer aloud.")


class AnswerGenerator:
    """Writes answers with the services that it is given."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        voice_notes: VoiceNoteTranscriber,
        models: ChatModels,
        synthesizer: Synthesizer,
        exchanges: ExchangeStore,
        locales: KnownLocales,
        preferences: Preferences,
        voices: ChosenVoices,
        budgets: Budgets,
        settings: Settings,
        instructions: Instructions,
        recall: Recall,
    ) -> None:
        self._bot = bot
        self._voice_notes = voice_notes
        self._models = models
        self._synthesizer = synthesizer
        self._exchanges = exchanges
        self._locales = locales
        self._preferences = preferences
        self._attachments = AttachmentReader(voice_notes)
        self._context = ConversationHistory(bot, exchanges, preferences, self._attachments)
        self._voices = voices
        self._budgets = budgets
        self._settings = settings
        self._instructions = instructions
        self._recall = recall
        self._cut_told: TTLCache[int, bool] = TTLCache(10_000, CUT_TOLD_S)
        """Channels where it was told lately that the beginning is left out."""

    async def answer(self, question: AnswerRequest) -> None:
        """Answer ``question``: the transcript first, then the reply as it comes, then the spoken reply.

        Raises:
            StarlingError: nothing to answer, or a part of the way failed; what was shown so far stays.
            ReplyGoneError: the answer was deleted while it was written.
            hikari.HTTPError: Discord refuses.
        """
        reply = question.reply
        if reply.message_ids and (said := await self._exchanges.by_reply(reply.message_ids[0])):
            # The text was complete when the attempt before this one was interrupted: what is left is to speak it.
            if await self._aloud(question):
                voice = await self._voice_for(question)
                spoken = self._synthesizer.speak(said.reply, hint=said.language, voice=voice)
                await self._speak(question, said.reply, spoken)
            return
        kinds: tuple[Kind, ...] = ("tokens", "audio") if question.recording else ("tokens",)
        await self._budgets.require(question.asker.id, question.guild_id, *kinds)
        try:
            heard = await question.stop.unless_cancelled(self._hear(question))
        except CancelledByUserError:
            await self._finish_stopped(question, "")
            return
        if heard is not None and not heard.has_speech:
            await reply.finish(translate(NO_SPEECH, reply.locale))
            return
        heading = question.heading
        if heard is not None:
            heading += quote(heard, reply.locale) + "\n"
        if heading:
            await reply.show(heading)
        text = f"{question.text}\n{heard.text if heard else ''}".strip()
        model = await self._models.of(question.guild_id)
        attached = await self._attachments.of_question(question.files, pictures=model.takes_pictures)
        if not text and question.about is not None:
            text = translate(WHAT_IS_THIS, reply.locale)
        if not text and attached == AttachmentContent():
            raise self._why_nothing(question)
        language = (heard.language if heard else None) or detect_language(text, hint=reply.locale)
        reply.locale = await self._locales.guess(question.asker.id, language, reply.locale)
        if not await self._aloud(question):
            await self._think(question, model, text, attached, heading, language)
            return
        voice = await self._voice_for(question)
        # Leaving the block, for whatever reason, stops what is still being spoken.
        async with self._synthesizer.stream(hint=language, voice=voice) as stream:
            answer = await self._think(question, model, text, attached, heading, language, stream=stream)
            if not question.stop.is_cancelled:
                await self._speak(question, answer, stream.finish())

    async def _hear(self, question: AnswerRequest) -> Transcript | None:
        if question.recording is None:
            return None
        asker, guild = question.asker.id, question.guild_id
        heard = await self._voice_notes.transcribe(question.recording, guild=guild, sender=asker)
        await self._budgets.heard(asker, guild, heard.duration_s)
        return heard

    def _why_nothing(self, question: AnswerRequest) -> StarlingError:
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
        question: AnswerRequest,
        model: ChatModel,
        text: str,
        attached: AttachmentContent,
        heading: str,
        language: str,
        *,
        stream: StreamingSynthesis | None = None,
    ) -> str:
        """Show the model's reply as it comes, speak it meanwhile, and remember it; returns it."""
        reply, asker, guild = question.reply, question.asker.id, question.guild_id
        parent = await self._parent(question)
        notes = [DEMONSTRATION] if model.is_demonstration else []
        lessons = await self._recall.recalled(guild, text)
        asked_text = with_facts(f"{text}\n\n{attached.text}".strip(), lessons)
        asked = ChatMessage("user", asked_text, question.speaker_name, attached.pictures)
        try:
            prompt, answer = await self._reply_to(question, model, parent, asked, heading, stream)
        except ChatCannotSeeError:
            if not (text or attached.text):
                raise
            notes.append(NOT_SEEN)
            asked = replace(asked, pictures=())
            prompt, answer = await self._reply_to(question, model, parent, asked, heading, stream)
        exchange = self._exchange(question, model, text, attached, answer, language, parent)
        if question.stop.is_cancelled:
            if answer:
                await self._remember(question, exchange)
            await self._finish_stopped(question, heading + answer)
            return answer
        if prompt.instruction_cut:
            notes.append(INSTRUCTION_CUT)
        if prompt.question_cut:
            notes.append(QUESTION_CUT)
        if prompt.history_cut and self._tells_cut(question):
            notes.append(CUT)
        told = [translate(one, reply.locale) for one in notes]
        told += await self._budgets.running_out(asker, guild, reply.locale, "tokens", "audio")
        # Remembered before its last word is shown, where it can be: who replies at once is known already.
        known = await self._remember(question, exchange)
        aloud = stream is None and question.remembered
        recalled = [lesson.number for lesson in lessons]
        row = answer_row(question.job, reply.locale, aloud=aloud, votes=question.remembered, recalled=recalled)
        await reply.finish(heading + answer, note="\n".join(f"-# {one}" for one in told), whole=answer, row=row)
        if not known:
            await self._remember(question, exchange)
        log.info("answered in text", characters=len(answer), language=language)
        return answer

    async def _reply_to(
        self,
        question: AnswerRequest,
        model: ChatModel,
        parent: Exchange | None,
        asked: ChatMessage,
        heading: str,
        stream: StreamingSynthesis | None,
    ) -> tuple[Prompt, str]:
        """The prompt for ``asked`` and the reply to it, or as much as there is when it is stopped.

        A prompt that is too long for the endpoint, which may count in another way, is cut to half and tried once more.
        """
        history = await self._context.before(
            question, parent, brief=model.is_demonstration, pictures=model.takes_pictures
        )
        instruction = (await self._instructions.of(question.guild_id, question.channel_id)).text
        build: Callable[..., Prompt] = partial(
            build_prompt,
            instruction,
            history,
            asked,
            guild_name=question.guild_name,
            now=datetime.now(UTC),
            brief=model.is_demonstration,
        )
        prompt, use = build(room_tokens=model.prompt_tokens), TokenUse()
        try:
            try:
                return prompt, await self._streamed(question, model, prompt, use, heading, stream)
            except ContextTooLongError:
                if use.reply_tokens:
                    raise
                prompt = build(room_tokens=prompt.tokens // 2)
                return prompt, await self._streamed(question, model, prompt, use, heading, stream)
        finally:
            await self._budgets.asked(question.asker.id, question.guild_id, model.model, use)

    async def _streamed(
        self,
        question: AnswerRequest,
        model: ChatModel,
        prompt: Prompt,
        use: TokenUse,
        heading: str,
        stream: StreamingSynthesis | None,
    ) -> str:
        """What the model says to ``prompt``, shown and spoken as it comes."""
        answer = ""
        async with aclosing(question.stop.until_cancelled(model.stream(prompt.messages, use))) as deltas:
            async for delta in deltas:
                answer = extended(answer, delta)
                if stream is not None:
                    stream.write(delta)
                await question.reply.show(heading + answer)
        return answer.strip()

    def _tells_cut(self, question: AnswerRequest) -> bool:
        """Whether the answer tells that the beginning is left out: now and then in a conversation that goes on and on,
        and always in any other."""
        if not self._context.flows(question):
            return True
        lately = question.channel_id in self._cut_told
        if not lately:
            self._cut_told[question.channel_id] = True
        return not lately

    async def _finish_stopped(self, question: AnswerRequest, shown: str) -> None:
        reply = question.reply
        row = None if question.job is None else retry_row(question.job, reply.locale)
        note = f"-# {translate(STOPPED, reply.locale)}"
        await reply.finish(shown, note=note, row=row)
        log.info("stopped by a person")

    def _exchange(
        self,
        question: AnswerRequest,
        model: ChatModel,
        text: str,
        attached: AttachmentContent,
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
            has_files=attached != AttachmentContent(),
        )

    async def _remember(self, question: AnswerRequest, exchange: Exchange) -> bool:
        """Store ``exchange`` under the first message of the reply; says whether there is one already."""
        if not question.reply.message_ids:
            return False
        first = question.reply.message_ids[0]
        if question.remembered:
            asked = exchange.prompt_message_id or first
            await self._exchanges.remember(replace(exchange, reply_message_id=first, prompt_message_id=asked))
        return True

    async def _parent(self, question: AnswerRequest) -> Exchange | None:
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

    async def _aloud(self, question: AnswerRequest) -> bool:
        """Whether the answer to ``question``, with or without a recording, is spoken."""
        chosen = await self._preferences.guild(question.guild_id)
        here = chosen.joined_channels.get(int(question.channel_id))
        speak = question.speak or here or chosen.speak or Speak(self._settings.speak)
        return speak is Speak.ALWAYS or (speak is Speak.VOICE and question.recording is not None)

    async def _voice_for(self, question: AnswerRequest) -> str | None:
        return await self._voices.of(question.asker.id, question.guild_id)

    async def _speak(self, question: AnswerRequest, text: str, spoken: Awaitable[Speech]) -> None:
        """Post ``text`` as a voice message; if that cannot be, say so below the text."""
        reply = question.reply
        try:
            speech = await question.stop.unless_cancelled(spoken)
        except (NothingToSayError, CancelledByUserError):
            return
        except StarlingError as error:
            log.warning("not spoken", error=type(error).__name__, why=str(error))
            await reply.add_note(f"-# {translate_error(error, reply.locale)}")
            return
        await self._budgets.spoke(question.asker.id, question.guild_id, speech.engine, text)
        try:
            await question.on_spoken(await reply.speak(speech))
        except hikari.ForbiddenError:
            await reply.add_note(f"-# {translate(NOT_SPOKEN, reply.locale)}")
        else:
            log.info("answered aloud", engine=speech.engine, voice=speech.voice, duration_s=round(speech.duration_s, 1))
