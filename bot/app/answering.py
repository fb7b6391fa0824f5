"""Everything that answers: the models, their instructions, and the steps from a question to its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.answering.asking import CommandAnswers
from bot.answering.attachments import AttachmentReader
from bot.answering.attempts import AnswerAttempts
from bot.answering.auto_transcripts import AutoTranscripts
from bot.answering.conversation_history import ConversationHistory
from bot.answering.expected_notes import ExpectedNotes
from bot.answering.generator import AnswerGenerator
from bot.answering.intake import MessageIntake
from bot.answering.long_notes import LongNotes
from bot.answering.note_translations import NoteTranslator
from bot.answering.outcomes import Outcomes
from bot.answering.prompting import Prompting
from bot.answering.recent_messages import RecentMessages
from bot.answering.recordings import RecordingReader
from bot.answering.remembering import Memory
from bot.answering.requests_to_models import ModelRequests
from bot.answering.resuming import JobResumer
from bot.answering.service import AnswerService
from bot.answering.small_print import SmallPrint
from bot.answering.speaking import Speaking
from bot.answering.spoken_conversations import SpokenConversations
from bot.answering.stoppable_tasks import StoppableTasks
from bot.answering.streaming import Streaming
from bot.answering.summarizing import Summarizer
from bot.answering.teachers import Teachers
from bot.answering.translating import Translator
from bot.answering.understanding import Understanding
from bot.app.chat import DEMONSTRATION_TOKENS, build_chat, build_further_endpoints, build_training_services
from bot.app.foundation import Foundation
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
from bot.recall.choosing import RecallMethod, english_weights, index_maker
from bot.recall.recall import Recall
from bot.training.serving import Serving
from bot.usage.budgets import Budgets


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatServices:
    """Which model answers, and with which instruction."""

    chat: ChatModel
    """The host's model; ``models`` knows which one answers where."""
    serving: Serving
    models: ChatModels
    instructions: Instructions


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRules:
    """Who may use Starling, how much, and in which language they read."""

    access: AccessRules
    budgets: Budgets
    locales: KnownLocales


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteServices:
    """What processes voice notes and other files."""

    attachments: AttachmentReader
    recordings: RecordingReader
    summarizer: Summarizer
    translator: Translator
    long_notes: LongNotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Everything that has a part in an answer."""

    chat: ChatServices
    rules: UseRules
    notes: NoteServices
    recall: Recall
    generator: AnswerGenerator
    memory: Memory
    recent: RecentMessages
    answers: AnswerService
    command_answers: CommandAnswers
    transcripts: AutoTranscripts
    resumer: JobResumer
    stoppable_tasks: StoppableTasks
    expected: ExpectedNotes
    intake: MessageIntake
    outcomes: Outcomes


async def build_answering(base: Foundation, stores: Stores, speech: SpeechServices) -> Answering:
    """Build everything that answers, and start the chat model if it is ours to start.

    Raises:
        StarlingError: weights are missing or broken, or the engine or the host's instruction cannot be read.
    """
    bot, runner, preferences = base.bot, base.runner, stores.preferences
    chat, rules = await _build_chat_services(base, stores), _build_rules(base, stores)
    notes = _build_note_services(base, speech, chat, rules)
    index = index_maker(RecallMethod(base.settings.recall), english_weights(base.weights))
    recall = Recall(stores.corrections.taught, index, stores.memories.taught)
    base.stack.push_async_callback(recall.close)
    outcomes, recent, expected = Outcomes(), RecentMessages(bot.rest), ExpectedNotes()
    stoppable_tasks = StoppableTasks()
    understanding = Understanding(
        bot, notes.recordings, notes.long_notes, SpokenConversations(bot.rest, recent), notes.attachments, chat.models,
        rules.locales, rules.budgets,
        reads_all=base.settings.message_content_intent,
    )  # fmt: skip
    default = SpeakMode(base.settings.speak)
    speaking = Speaking(speech.synthesizer, speech.voices, preferences, rules.budgets, outcomes, default=default)
    history = ConversationHistory(bot, recent, stores.exchanges, preferences, notes.attachments, stores.jobs.stopped)
    check = RecallCheck(rules.budgets, is_on=base.settings.recall_check)
    teachers, memory = (
        Teachers(bot, preferences),
        Memory(stores.exchanges, stores.corrections.approved_answers, stores.memories.answers),
    )
    generator = AnswerGenerator(
        understanding,
        Prompting(history, chat.instructions, recall, check, stores.feedback.misfits),
        Streaming(rules.budgets),
        speaking,
        memory,
        SmallPrint(history, rules.budgets, teachers, preferences, stores.corrections.waiting),
        teachers,
    )
    attempts = AnswerAttempts(bot, generator, stores.jobs, stores.exchanges, outcomes)
    answers = AnswerService(attempts, stores.jobs, runner, stores.exchanges, stores.feedback)
    note_translator = NoteTranslator(notes.translator, notes.recordings, preferences)
    transcripts = AutoTranscripts(
        bot, answers, notes.recordings, notes.long_notes, note_translator, preferences, stoppable_tasks, stores.jobs,
        runner,
    )  # fmt: skip
    intake = MessageIntake(bot, answers, transcripts, rules.locales, preferences, outcomes, expected, rules.access)
    return Answering(
        chat=chat,
        rules=rules,
        notes=notes,
        recall=recall,
        generator=generator,
        memory=memory,
        recent=recent,
        answers=answers,
        command_answers=CommandAnswers(generator, stoppable_tasks, memory),
        transcripts=transcripts,
        resumer=JobResumer(stores.jobs, runner, answers, transcripts),
        stoppable_tasks=stoppable_tasks,
        expected=expected,
        intake=intake,
        outcomes=outcomes,
    )


async def _build_chat_services(base: Foundation, stores: Stores) -> ChatServices:
    settings, stack = base.settings, base.stack
    chat, engine = await build_chat(settings, base.weights, stack)
    await asyncio.to_thread(count_tokens, "")  # the first count loads the encoding
    serving = Serving(
        stores.models, engine, build_training_services(settings), folder=settings.trainings_folder,
        timeout_s=settings.chat_timeout_s, max_tokens=min(settings.chat_max_tokens, DEMONSTRATION_TOKENS),
    )  # fmt: skip
    stack.push_async_callback(serving.close)
    further = build_further_endpoints(settings)
    models = ChatModels(chat, stores.preferences, serving, further, allowed=settings.chat_models)
    models.stand_behind(settings.chat_fallback)
    stack.push_async_callback(models.close)
    default = read_instruction(settings.instruction_file, brief=chat.is_demonstration)
    instructions = Instructions(base.bot, stores.instructions, stores.preferences, default)
    return ChatServices(chat=chat, serving=serving, models=models, instructions=instructions)


def _build_rules(base: Foundation, stores: Stores) -> UseRules:
    roles, cache = KnownRoles(), base.bot.cache
    return UseRules(
        access=AccessRules(stores.preferences, base.settings, roles),
        budgets=Budgets(
            stores.usage, stores.preferences, base.settings, roles,
            has_invited=lambda guild: cache.get_guild(guild) is not None,
        ),
        locales=KnownLocales(stores.preferences),
    )  # fmt: skip


def _build_note_services(base: Foundation, speech: SpeechServices, chat: ChatServices, rules: UseRules) -> NoteServices:
    requests = ModelRequests(chat.models, rules.budgets)
    summarizer = Summarizer(requests)
    recordings = RecordingReader(speech.voice_notes, rules.budgets)
    return NoteServices(
        attachments=AttachmentReader(recordings, base.sealed),
        recordings=recordings,
        summarizer=summarizer,
        translator=Translator(requests),
        long_notes=LongNotes(summarizer),
    )
