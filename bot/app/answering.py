"""What answers: the models, what they are told, and the steps from a question to its answer."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import hikari

from bot.answering.attachments import AttachmentReader
from bot.answering.auto_transcripts import AutoTranscripts
from bot.answering.conversation_history import ConversationHistory
from bot.answering.expected_notes import ExpectedNotes
from bot.answering.generator import AnswerGenerator
from bot.answering.hearings import Hearings
from bot.answering.intake import MessageIntake
from bot.answering.long_notes import LongNotes
from bot.answering.missed_questions import MissedQuestions
from bot.answering.note_translations import NoteTranslator
from bot.answering.outcomes import Outcomes
from bot.answering.prompting import Prompting
from bot.answering.recent_messages import RecentMessages
from bot.answering.recordings import RecordingReader
from bot.answering.remembering import Memory
from bot.answering.requests_to_models import ModelRequests
from bot.answering.service import AnswerService
from bot.answering.small_print import SmallPrint
from bot.answering.speaking import Speaking
from bot.answering.spoken_conversations import SpokenConversations
from bot.answering.streaming import Streaming
from bot.answering.summarizing import Summarizer
from bot.answering.teachers import Teachers
from bot.answering.translating import Translator
from bot.answering.understanding import Understanding
from bot.app.chat import DEMONSTRATION_TOKENS, build_chat, build_further_endpoints, build_training_service
from bot.app.speech import SpeechServices
from bot.app.stores import Stores
from bot.conversation.chat import ChatModel
from bot.conversation.models import ChatModels
from bot.conversation.prompting import read_instruction
from bot.conversation.tokens import count_tokens
from bot.i18n.known_locales import KnownLocales
from bot.instructions.service import Instructions
from bot.preferences.access import AccessRules, KnownRoles
from bot.preferences.choices import SpeakMode
from bot.recall.checking import RecallCheck
from bot.recall.choosing import english_weights, index_maker
from bot.recall.recall import Recall
from bot.settings import Settings
from bot.training.serving import Serving
from bot.usage.budgets import Budgets
from bot.usage.store import Clock
from bot.weights.weights import WeightsCache
from bot.work.jobs import JobRunner
from bot.work.sealed import SealedProcesses


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
    recent: RecentMessages
    answers: AnswerService
    transcripts: AutoTranscripts
    hearings: Hearings
    expected: ExpectedNotes
    recordings: RecordingReader
    long_notes: LongNotes
    summarizer: Summarizer
    translator: Translator
    attachments: AttachmentReader
    intake: MessageIntake
    missed: MissedQuestions
    outcomes: Outcomes
    access: AccessRules


async def build_answering(
    settings: Settings,
    cache: WeightsCache,
    stack: AsyncExitStack,
    stores: Stores,
    speech: SpeechServices,
    sealed: SealedProcesses,
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
    further = build_further_endpoints(settings)
    models = ChatModels(chat, stores.preferences, serving, further, allowed=settings.chat_models)
    models.stand_behind(settings.chat_fallback)
    stack.push_async_callback(models.close)
    roles = KnownRoles()
    access = AccessRules(stores.preferences, settings, roles)
    budgets = Budgets(
        stores.usage,
        stores.preferences,
        settings,
        roles,
        has_invited=lambda guild: bot.cache.get_guild(guild) is not None,
    )
    default = read_instruction(settings.instruction_file, brief=chat.is_demonstration)
    instructions = Instructions(bot, stores.instructions, stores.preferences, default)
    locales = KnownLocales(stores.preferences)
    index = index_maker(settings.recall, english_weights(cache))
    recall = Recall(stores.corrections.approved, index, stores.memories.taught)
    stack.push_async_callback(recall.close)
    recordings = RecordingReader(speech.voice_notes, budgets)
    attachments = AttachmentReader(recordings, sealed)
    requests = ModelRequests(models, budgets)
    summarizer, translator = Summarizer(requests), Translator(requests)
    long_notes = LongNotes(summarizer)
    outcomes = Outcomes()
    recent = RecentMessages(bot.rest)
    history = ConversationHistory(bot, recent, stores.exchanges, stores.preferences, attachments)
    teachers = Teachers(bot, stores.preferences)
    generator = AnswerGenerator(
        Understanding(
            bot,
            recordings,
            long_notes,
            SpokenConversations(bot.rest, recent),
            attachments,
            models,
            locales,
            budgets,
            reads_all=settings.message_content_intent,
        ),
        Prompting(
            history, instructions, recall, RecallCheck(budgets, is_on=settings.recall_check), stores.feedback.misfits
        ),
        Streaming(budgets),
        Speaking(
            speech.synthesizer, speech.voices, stores.preferences, budgets, outcomes, default=SpeakMode(settings.speak)
        ),
        Memory(stores.exchanges),
        SmallPrint(history, budgets, teachers, stores.preferences, stores.corrections.waiting),
        teachers,
    )
    answers = AnswerService(bot, generator, stores.jobs, runner, stores.exchanges, stores.feedback, outcomes)
    hearings = Hearings()
    notes = NoteTranslator(translator, recordings, stores.preferences)
    transcripts = AutoTranscripts(
        bot, answers, recordings, long_notes, notes, stores.preferences, hearings, stores.jobs, runner
    )
    expected = ExpectedNotes()
    intake = MessageIntake(bot, answers, transcripts, locales, stores.preferences, outcomes, expected, access)
    return Answering(
        chat=chat,
        serving=serving,
        models=models,
        instructions=instructions,
        recall=recall,
        locales=locales,
        budgets=budgets,
        generator=generator,
        recent=recent,
        answers=answers,
        transcripts=transcripts,
        hearings=hearings,
        expected=expected,
        recordings=recordings,
        long_notes=long_notes,
        summarizer=summarizer,
        translator=translator,
        attachments=attachments,
        intake=intake,
        missed=MissedQuestions(bot, intake, stores.jobs, runner, stores.preferences, settings.data_folder, clock),
        outcomes=outcomes,
        access=access,
    )
