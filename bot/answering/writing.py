"""Writing one answer: hear, think, show, speak, remember."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import hikari
import structlog
from cachetools import TTLCache

from audio import Dictation, NothingToSayError, Speaker, Speech, Transcript, detect_language
from bot.answering.budgets import Budgets
from bot.answering.context import Context
from bot.answering.joined import JoinedChannels
from bot.answering.question import CannotReadError, NothingToAnswerError, words
from bot.conversation.chat import ChatModel, TokenUse
from bot.conversation.errors import ContextTooLongError
from bot.conversation.prompting import Prompt, build_prompt
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.hearing import Hearing, voice_note_in
from bot.presenting import voice_message
from bot.presenting.chosen_voices import ChosenVoices
from bot.presenting.growing_reply import GrowingReply
from bot.presenting.known_locales import KnownLocales
from bot.presenting.languages import tell, translate
from bot.presenting.read_aloud import button_row
from bot.presenting.transcript_text import NO_SPEECH, quote
from bot.settings import Settings
from bot.storage.exchanges import Exchange, ExchangeStore

log = structlog.get_logger()

DEMONSTRATION = _("I answer with a small demonstration model and am often wrong. My host can connect a better one.")
CUT = _("We have talked longer than I can keep in mind: I left out the beginning.")
QUESTION_CUT = _("Your message is longer than I can take in: I read only its beginning.")
CUT_TOLD_S = 6 * 3600.0
"""How long it is not told again that a conversation that goes on and on is cut."""
NOT_SPOKEN = _("I may neither send voice messages nor attach files here, so I cannot answer aloud.")


@dataclass(frozen=True, slots=True)
class Question:
    """A message that is being answered."""

    message: hikari.Message
    reply: GrowingReply
    guild_name: str | None


class Writer:
    """Writes answers with the services that it is given."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        hearing: Hearing,
        chat: ChatModel,
        speaker: Speaker,
        exchanges: ExchangeStore,
        locales: KnownLocales,
        joined: JoinedChannels,
        voices: ChosenVoices,
        budgets: Budgets,
        settings: Settings,
        instruction: str,
    ) -> None:
        self._bot = bot
        self._hearing = hearing
        self._chat = chat
        self._speaker = speaker
        self._exchanges = exchanges
        self._locales = locales
        self._joined = joined
        self._context = Context(bot, exchanges, joined)
        self._voices = voices
        self._budgets = budgets
        self._settings = settings
        self._instruction = instruction
        self._cut_told: TTLCache[int, bool] = TTLCache(10_000, CUT_TOLD_S)
        """Channels where it was told lately that the beginning is left out."""

    async def write(self, question: Question) -> None:
        """Answer ``question``: the transcript first, then the reply as it comes, then the spoken reply.

        Raises:
            StarlingError: nothing to answer, or a part of the way failed; what was shown so far stays.
            ReplyGoneError: the answer was deleted while it was written.
            hikari.HTTPError: Discord refuses.
        """
        attachment = voice_note_in(question.message)
        if question.reply.message_ids and (said := await self._exchanges.by_reply(question.reply.message_ids[0])):
            # The text was complete when the attempt before this one was interrupted: what is left is to speak it.
            if self._aloud(question.message, attachment):
                voice = await self._voice_for(question.message)
                await self._speak(
                    question, said.reply, self._speaker.speak(said.reply, hint=said.language, voice=voice)
                )
            return
        asker, guild = question.message.author.id, question.message.guild_id
        await self._budgets.require(asker, guild, "tokens", *(("audio",) if attachment else ()))
        transcript: Transcript | None = None
        heading = ""
        me = self._bot.get_me()
        assert me is not None, "questions come after Discord has said who we are"
        text = words(question.message, me.id)
        if attachment is not None:
            transcript = await self._hearing.hear(attachment, guild=guild, sender=asker)
            await self._budgets.heard(asker, guild, transcript.duration_s)
            if not transcript.has_speech:
                await question.reply.finish(translate(NO_SPEECH, question.reply.locale))
                return
            heading = quote(transcript, question.reply.locale) + "\n"
            await question.reply.show(heading)
            text = f"{text}\n{transcript.text}".strip()
        if not text:
            raise self._why_nothing(question.message, me.id)
        language = (transcript.language if transcript else None) or detect_language(text, hint=question.reply.locale)
        question.reply.locale = await self._locales.guess(asker, language, question.reply.locale)
        if not self._aloud(question.message, attachment):
            await self._think(question, text, heading, language, row=button_row(question.reply.locale))
            return
        voice = await self._voice_for(question.message)
        # Leaving the block, for whatever reason, stops what is still being spoken.
        async with self._speaker.dictation(hint=language, voice=voice) as dictation:
            answer = await self._think(question, text, heading, language, dictation=dictation)
            await self._speak(question, answer, dictation.finish())

    def _why_nothing(self, message: hikari.Message, me: hikari.Snowflake) -> StarlingError:
        hidden = message.type is hikari.MessageType.REPLY and not self._settings.message_content_intent
        mentioned = message.user_mentions_ids and me in message.user_mentions_ids
        if hidden and message.guild_id is not None and not mentioned:
            return CannotReadError()
        return NothingToAnswerError()

    async def _think(
        self,
        question: Question,
        text: str,
        heading: str,
        language: str,
        *,
        row: hikari.api.MessageActionRowBuilder | None = None,
        dictation: Dictation | None = None,
    ) -> str:
        """Show the model's reply as it comes, with ``row`` below it, dictate it, and remember it; returns it."""
        message = question.message
        parent = await self._parent(message)
        history = await self._context.before(message, parent, brief=self._chat.is_demonstration)
        build = partial(
            build_prompt,
            self._instruction,
            history,
            text,
            speaker_name=message.author.global_name or message.author.username,
            guild_name=question.guild_name,
            now=datetime.now(UTC),
            brief=self._chat.is_demonstration,
        )
        prompt, answer = await self._answer(question, build, heading, dictation)
        notes = [DEMONSTRATION] if self._chat.is_demonstration else []
        if prompt.question_cut:
            notes.append(QUESTION_CUT)
        if prompt.history_cut and self._tells_cut(message):
            notes.append(CUT)
        locale = question.reply.locale
        told = [translate(one, locale) for one in notes]
        told += await self._budgets.running_out(message.author.id, message.guild_id, locale, "tokens", "audio")
        note = "\n".join(f"-# {one}" for one in told)
        exchange = Exchange(
            reply_message_id=0,
            channel_id=message.channel_id,
            guild_id=message.guild_id,
            user_id=message.author.id,
            prompt_message_id=message.id,
            prompt=text,
            reply=answer,
            language=language,
            parent_reply_id=parent.reply_message_id if parent else None,
            model=self._chat.model,
            created_at=datetime.now(UTC),
        )
        # Remembered before its last word is shown, where it can be: who replies at once is known already.
        known = await self._remember(question, exchange)
        await question.reply.finish(heading + answer, note=note, whole=answer, row=row)
        if not known:
            await self._remember(question, exchange)
        log.info("answered in text", characters=len(answer), language=language)
        return answer

    async def _answer(
        self, question: Question, build: Callable[..., Prompt], heading: str, dictation: Dictation | None
    ) -> tuple[Prompt, str]:
        """The prompt that ``build`` makes and the answer to it, which is shown and dictated as it comes.

        A prompt that is too long for the endpoint, which may count in another way, is cut to half and tried once more.
        """
        prompt, answer, use = build(room_tokens=self._chat.prompt_tokens), "", TokenUse()
        try:
            for last in (False, True):
                try:
                    async with aclosing(self._chat.stream(prompt.turns, use)) as deltas:
                        async for delta in deltas:
                            answer += delta
                            if dictation is not None:
                                dictation.write(delta)
                            await question.reply.show(heading + answer)
                    break
                except ContextTooLongError:
                    if answer or last:
                        raise
                    prompt = build(room_tokens=prompt.tokens // 2)
        finally:
            await self._budgets.asked(question.message.author.id, question.message.guild_id, self._chat.model, use)
        return prompt, answer.strip()

    def _tells_cut(self, message: hikari.Message) -> bool:
        """Whether the answer to ``message`` tells that the beginning is left out: now and then in a conversation that
        goes on and on, and always in any other."""
        if not self._context.flows(message):
            return True
        lately = message.channel_id in self._cut_told
        if not lately:
            self._cut_told[message.channel_id] = True
        return not lately

    async def _remember(self, question: Question, exchange: Exchange) -> bool:
        """Store ``exchange`` under the first message of the reply; says whether there is one already."""
        if not question.reply.message_ids:
            return False
        await self._exchanges.remember(replace(exchange, reply_message_id=question.reply.message_ids[0]))
        return True

    async def _parent(self, message: hikari.Message) -> Exchange | None:
        """The exchange that ``message`` goes on with: it replies to an answer, or to a part of one.

        Further parts of an answer, and its voice message, are replies to its first message.
        """
        answered = message.referenced_message
        if answered is None:
            return None
        candidates = [answered.id]
        if answered.message_reference and answered.message_reference.id:
            candidates.append(answered.message_reference.id)
        for candidate in candidates:
            if found := await self._exchanges.by_reply(candidate):
                return found
        return None

    def _aloud(self, message: hikari.Message, heard: hikari.Attachment | None) -> bool:
        """Whether the answer to ``message``, with or without a recording, is spoken."""
        speak = self._joined.speak(message.channel_id) or self._settings.speak
        return speak == "always" or (speak == "voice" and heard is not None)

    async def _voice_for(self, message: hikari.Message) -> str | None:
        return await self._voices.of(message.author.id, message.guild_id)

    async def _speak(self, question: Question, text: str, spoken: Awaitable[Speech]) -> None:
        """Post ``text`` as a voice message; if that cannot be, say so below the text."""
        reply = question.reply
        try:
            speech = await spoken
        except NothingToSayError:
            return
        except StarlingError as error:
            log.warning("not spoken", error=type(error).__name__, why=str(error))
            await reply.add_note(f"-# {tell(error, reply.locale)}")
            return
        await self._budgets.spoke(question.message.author.id, question.message.guild_id, speech.engine, text)
        try:
            await voice_message.post(self._bot.rest, question.message.channel_id, speech, reply_to=reply.message_ids[0])
        except hikari.ForbiddenError:
            await reply.add_note(f"-# {translate(NOT_SPOKEN, reply.locale)}")
        else:
            log.info("answered aloud", engine=speech.engine, voice=speech.voice, duration_s=round(speech.duration_s, 1))
