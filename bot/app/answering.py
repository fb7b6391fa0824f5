"""What answers: the models, what they are told, and the steps from a question to its answer."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import hikari

from bot.answering.attachments import AttachmentReader
from bot.answering.auto_transcripts import AutoTranscripts
from bot.answering.conversation_history import ConversationHistory
from bot.answering.generator import AnswerGenerator
from bot.answering.intake import MessageIntake
from bot.answering.missed_questions import MissedQuestions
from bot.answering.prompting import Prompting
from bot.answering.remembering import Memory
from bot.answering.service import AnswerService
from bot.answering.small_print import SmallPrint
from bot.answering.speaking import Speaking
from bot.answering.streaming import Streaming
from bot.answering.understanding import Understanding
from bot.app.speech import Speech
from bot.app.stores import Stores
from bot.conversation.chat import ChatModel
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.models import ChatModels
from bot.conversation.prompting import read_instruction
from bot.conversation.tokens import count_tokens
from bot.i18n.known_locales import KnownLocales
from bot.instructions.service import Instructions
from bot.preferences.choices import Speak
from bot.recall.checking import RecallCheck
from bot.recall.choosing import english_weights, index_maker
from bot.recall.recall import Recall
from bot.settings import OPENAI_URL, Settings
from bot.training.serving import Serving
from bot.usage.budgets import Budgets
from bot.usage.store import Clock
from bot.weights.weights import WeightsCache
from bot.work.jobs import JobRunner

DEMONSTRATION_TOKENS = 250
"""The demonstration model has nothing more to say after a paragraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Everything that has a part in an answer."""

    chat: ChatModel
    """The host's; ``models`` knows which one answers where."""
    serving: Serving
    models: ChatModels
    instructions: Instructions
    recall: Recall
    locales: KnownLocales
    budgets: Budgets
    generator: AnswerGenerator
    answers: AnswerService
    transcripts: AutoTranscripts
    intake: MessageIntake
    missed: MissedQuestions


async def build_chat(
    settings: Settings, cache: WeightsCache, stack: AsyncExitStack
) -> tuple[ChatModel, EmbeddedChat | None]:
    """The chat model that the settings ask for, and the embedded engine if it is that, started; ``stack`` stops it.

    Raises:
        StarlingError: weights are missing or broken, or the engine does not start.
    """
    if settings.embedded_chat:
        engine = EmbeddedChat(await asyncio.to_thread(cache.verified, "smollm2-135m"))
        await engine.start()
        stack.push_async_callback(engine.stop)
        max_tokens = min(settings.chat_max_tokens, DEMONSTRATION_TOKENS)
        chat = engine.model(timeout_s=settings.chat_timeout_s, max_reply_tokens=max_tokens)
        stack.push_async_callback(chat.close)
        return chat, engine
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    chat = ChatModel(
        settings.openai_base_url or OPENAI_URL,
        key,
        settings.chat_model or "",
        timeout_s=settings.chat_timeout_s,
        max_reply_tokens=settings.chat_max_tokens,
        context_tokens=settings.chat_context_tokens,
    )
    stack.push_async_callback(chat.close)
    return chat, None


def build_training_service(settings: Settings) -> ChatModel | None:
    """A model at the service that trains, to be named as those that were trained there; None where there is none."""
    if settings.training_api_key is None:
        return None
    return ChatModel(
        settings.training_base_url or OPENAI_URL,
        settings.training_api_key.get_secret_value(),
        settings.training_base_model,
        timeout_s=settings.chat_timeout_s,
        max_reply_tokens=settings.chat_max_tokens,
        context_tokens=settings.chat_context_tokens,
    )


async def build_answering(
    settings: Settings,
    cache: WeightsCache,
    stack: AsyncExitStack,
    stores: Stores,
    speech: Speech,
    bot: hikari.GatewayBot,
    runner: JobRunner,
    *,
    clock: Clock,
) -> Answering:
    """The chat model started, if it is ours to start; ``stack`` stops it. Jobs are run by ``runner``.

    Raises:
        StarlingError: weights are missing or broken, or the engine or the host's instruction cannot be read.
    """
    chat, engine = await build_chat(settings, cache, stack)
    await asyncio.to_thread(count_tokens, "")  # the first count loads the encoding
    serving = Serving(
        stores.models, engine, build_training_service(settings), folder=settings.trainings_folder,
        timeout_s=settings.chat_timeout_s, max_tokens=min(settings.chat_max_tokens, DEMONSTRATION_TOKENS),
    )  # fmt: skip
    stack.push_async_callback(serving.close)
    models, budgets = ChatModels(chat, stores.preferences, serving), Budgets(stores.usage, stores.preferences, settings)
    default = read_instruction(settings.instruction_file, brief=chat.is_demonstration)
    instructions = Instructions(bot, stores.instructions, stores.preferences, default)
    locales = KnownLocales(stores.preferences)
    recall = Recall(stores.corrections.approved, index_maker(settings.recall, english_weights(cache)))
    stack.push_async_callback(recall.close)
    attachments = AttachmentReader(speech.voice_notes)
    history = ConversationHistory(bot, stores.exchanges, stores.preferences, attachments)
    generator = AnswerGenerator(
        Understanding(
            bot, speech.voice_notes, attachments, models, locales, budgets, reads_all=settings.message_content_intent
        ),
        Prompting(history, instructions, recall, RecallCheck(budgets, is_on=settings.recall_check)),
        Streaming(budgets),
        Speaking(speech.synthesizer, speech.voices, stores.preferences, budgets, default=Speak(settings.speak)),
        Memory(stores.exchanges),
        SmallPrint(history, budgets),
    )
    answers = AnswerService(bot, generator, stores.jobs, runner, stores.exchanges, stores.feedback)
    transcripts = AutoTranscripts(bot.rest, speech.voice_notes, stores.preferences, budgets, stores.jobs, runner)
    intake = MessageIntake(bot, answers, transcripts, locales, stores.preferences)
    return Answering(
        chat=chat,
        serving=serving,
        models=models,
        instructions=instructions,
        recall=recall,
        locales=locales,
        budgets=budgets,
        generator=generator,
        answers=answers,
        transcripts=transcripts,
        intake=intake,
        missed=MissedQuestions(bot, intake, stores.jobs, stores.preferences, settings.data_folder, clock),
    )
