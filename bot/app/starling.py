"""The composition root: the one place where services are made and joined."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hikari
import lightbulb
import psutil
import structlog

import extensions
from audio import Prosody, Recognizer, Synthesizer
from audio.recognition.device import chosen_device
from audio.recognition.fallback import FallbackRecognizer
from audio.recognition.recognizers import RECOGNIZERS
from audio.synthesis.engines import ENGINES
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
from bot.answering.voice_notes import VoiceNoteTranscriber
from bot.app.connection import serve
from bot.app.health import keep_alive_file
from bot.app.loading import load
from bot.app.personal_data import build_personal_data
from bot.app.services import Services
from bot.conversation.chat import ChatModel
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.exchanges import ExchangeStore
from bot.conversation.models import ChatModels
from bot.conversation.prompting import read_instruction
from bot.conversation.tokens import count_tokens
from bot.corrections.consents import ConsentStore
from bot.corrections.feedback import FeedbackStore
from bot.corrections.service import Corrections
from bot.corrections.store import CorrectionStore
from bot.datasets.service import Datasets
from bot.datasets.store import DatasetStore
from bot.i18n.known_locales import KnownLocales
from bot.i18n.translation import localizations
from bot.instructions.service import Instructions
from bot.instructions.store import InstructionStore
from bot.preferences.choices import Speak
from bot.preferences.preferences import Preferences
from bot.preferences.voices import ChosenVoices
from bot.privacy.retention import run_retention
from bot.recall.choosing import index_maker, retriever_maker
from bot.recall.recall import Recall
from bot.settings import OPENAI_URL, Settings
from bot.storage.database import Database
from bot.storage.files import FileStore
from bot.training.evaluating.comparisons import ComparisonStore
from bot.training.evaluating.judging import Judge
from bot.training.evaluating.scoring import Scorer
from bot.training.local.inference_priority import InferencePriority
from bot.training.model_store import ModelStore
from bot.training.promoting import Promoting
from bot.training.registry import TRAINERS
from bot.training.serving import Serving
from bot.training.store import TrainingStore
from bot.training.trainings import Trainings
from bot.ui.command_reply import respond
from bot.ui.component_router import Buttons
from bot.ui.error_report import report_error
from bot.ui.modal_router import Forms
from bot.usage.budgets import Budgets
from bot.usage.store import Clock, UsageStore
from bot.weights.weights import CATALOGUE, WeightsCache
from bot.work.invocations import Invocations, RestartingError
from bot.work.job_store import JobStore
from bot.work.jobs import JobRunner

log = structlog.get_logger()


DEMONSTRATION_TOKENS = 250
"""The demonstration model has nothing more to say after a paragraph."""

COMMANDS_AT_ONCE = 2
"""Commands that one user may have running."""


def intents_of(settings: Settings) -> hikari.Intents:
    """Guilds for their names and languages, and messages where people talk to the bot."""
    intents = hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.DM_MESSAGES
    return intents | hikari.Intents.MESSAGE_CONTENT if settings.message_content_intent else intents


def weights_in(cache: WeightsCache) -> Callable[[str], str | Path]:
    """Gives verified bundled weights (blocks) by their names, and any other name as it is."""
    return lambda name: cache.verified(name) if name in CATALOGUE else name


def build_recognizer(settings: Settings, cache: WeightsCache) -> Recognizer:
    """The recognizers that the settings ask for, not yet loaded, the bundled weights verified."""
    recognizers = RECOGNIZERS.build(settings.stt_engine, settings, weights_in(cache))
    return recognizers[0] if len(recognizers) == 1 else FallbackRecognizer(recognizers)


def build_synthesizer(settings: Settings, cache: WeightsCache) -> Synthesizer:
    """The synthesizer that the settings ask for, its bundled voice verified."""
    return Synthesizer(
        ENGINES.build(settings.tts_engine, settings, weights_in(cache)),
        pause_after_failure_s=settings.tts_pause_s,
        prosody=Prosody(settings.tts_rate, settings.tts_pitch),
        cache_bytes=settings.tts_cache_mb << 20,
    )


@contextlib.asynccontextmanager
async def chat_of(settings: Settings, cache: WeightsCache) -> AsyncIterator[tuple[ChatModel, EmbeddedChat | None]]:
    """The chat model that the settings ask for, and the embedded engine if it is that, which runs for as long as the
    block."""
    engine: EmbeddedChat | None = None
    async with contextlib.AsyncExitStack() as stack:
        if settings.embedded_chat:
            gguf = await asyncio.to_thread(cache.verified, "smollm2-135m")
            engine = EmbeddedChat(gguf)
            await engine.start()
            stack.push_async_callback(engine.stop)
            max_tokens = min(settings.chat_max_tokens, DEMONSTRATION_TOKENS)
            chat = engine.model(timeout_s=settings.chat_timeout_s, max_reply_tokens=max_tokens)
        else:
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
        yield chat, engine


def service_of(settings: Settings) -> ChatModel | None:
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


class Starling:
    """One bot with all its services."""

    def __init__(
        self,
        settings: Settings,
        token: str,
        api_url: str | None,
        *,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        """``api_url``: another server that speaks Discord's REST API, with the version in the path; or None.
        ``clock`` says which day it is for budgets."""
        self._settings = settings
        self._clock = clock
        self._bot = hikari.GatewayBot(
            token,
            rest_url=api_url,
            intents=intents_of(settings),
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
        )
        inference_priority = InferencePriority(settings.inference_priority)
        self._invocations = Invocations(at_once=COMMANDS_AT_ONCE, during=inference_priority.held)
        self._runner = JobRunner(
            at_once=settings.answers_at_once, waiting=settings.answers_waiting, during=inference_priority.held
        )

    async def run(self, stop: asyncio.Event, ready: Callable[[hikari.OwnUser], None]) -> None:
        """Serve until ``stop`` is set; ``ready`` is called once Discord has said who we are.

        Raises:
            StarlingError: it cannot start, or the connection is closed for good.
        """
        settings, cache = self._settings, WeightsCache(self._settings.models_folder)
        async with contextlib.AsyncExitStack() as stack:
            database = await Database.open(settings.database)
            stack.push_async_callback(database.close)
            recognizer = await asyncio.to_thread(build_recognizer, settings, cache)
            stack.push_async_callback(recognizer.close)
            synthesizer = await asyncio.to_thread(build_synthesizer, settings, cache)
            stack.push_async_callback(synthesizer.close)
            chat, engine = await stack.enter_async_context(chat_of(settings, cache))
            # The first count loads the encoding.
            await asyncio.gather(recognizer.load(), synthesizer.load(), asyncio.to_thread(count_tokens, ""))
            log.info(
                "models are loaded",
                whisper=settings.whisper_model,
                device=chosen_device(settings.whisper_device, settings.whisper_device_index).label,
                memory_mib=psutil.Process().memory_info().rss >> 20,
            )
            default = read_instruction(settings.instruction_file, brief=chat.is_demonstration)
            exchanges, jobs = ExchangeStore(database), JobStore(database)
            preferences = Preferences(database)
            instruction_store = InstructionStore(database)
            instructions = Instructions(self._bot, instruction_store, preferences, default)
            locales, voices = KnownLocales(preferences), ChosenVoices(preferences, synthesizer)
            usage = UsageStore(database, clock=self._clock)
            budgets = Budgets(usage, preferences, settings)
            voice_notes = VoiceNoteTranscriber(recognizer, preferences, limit_bytes=settings.max_audio_bytes)
            files = FileStore(settings.data_folder, quota_bytes=settings.guild_files_bytes)
            trained = ModelStore(database)
            serving = Serving(
                trained, engine, service_of(settings), folder=settings.trainings_folder,
                timeout_s=settings.chat_timeout_s, max_tokens=min(settings.chat_max_tokens, DEMONSTRATION_TOKENS),
            )  # fmt: skip
            stack.push_async_callback(serving.close)
            models = ChatModels(chat, preferences, serving)
            dataset_store = DatasetStore(database)
            correction_store = CorrectionStore(database, dataset_store)
            recall = Recall(correction_store.approved, index_maker(settings.recall))
            stack.push_async_callback(recall.close)
            corrections = Corrections(correction_store, dataset_store, preferences, on_changed=recall.forget)
            attachments = AttachmentReader(voice_notes)
            history = ConversationHistory(self._bot, exchanges, preferences, attachments)
            reads_all = settings.message_content_intent
            generator = AnswerGenerator(
                Understanding(self._bot, voice_notes, attachments, models, locales, budgets, reads_all=reads_all),
                Prompting(history, instructions, recall),
                Streaming(budgets),
                Speaking(synthesizer, voices, preferences, budgets, default=Speak(settings.speak)),
                Memory(exchanges),
                SmallPrint(history, budgets),
            )
            feedback = FeedbackStore(database)
            consents = ConsentStore(database)
            comparisons = ComparisonStore(database)
            judge = Judge(chat.named(settings.judge_model)) if settings.judge_model else None
            scorer = Scorer(retriever_maker(settings.recall), judge)
            datasets = Datasets(dataset_store, files)
            training_store = TrainingStore(database)
            trainings = Trainings(
                training_store,
                trained,
                datasets,
                files,
                TRAINERS.build(settings, cache),
                settings.trainings_folder,
                max_per_day=settings.trainings_a_day,
            )
            stack.push_async_callback(trainings.stop)
            data = build_personal_data(
                jobs=jobs, exchanges=exchanges, trainings=trainings, datasets=dataset_store, corrections=corrections,
                consents=consents, feedback=feedback, comparisons=comparisons, instructions=instruction_store,
                usage=usage, preferences=preferences,
            )  # fmt: skip
            promoting = Promoting(trained, training_store, datasets, serving, models, scorer, default)
            answers = AnswerService(self._bot, generator, jobs, self._runner, exchanges, feedback)
            transcripts = AutoTranscripts(self._bot.rest, voice_notes, preferences, budgets, jobs, self._runner)
            intake = MessageIntake(self._bot, answers, transcripts, locales, preferences)
            missed = MissedQuestions(self._bot, intake, jobs, preferences, settings.data_folder, self._clock)
            client = lightbulb.client_from_app(
                self._bot,
                localization_provider=localizations,
                hooks=[self._invocations.hook, *locales.hooks],
            )
            services = Services(
                client,
                settings, voice_notes, synthesizer, exchanges, locales, preferences, voices, files, usage, budgets,
                models, dataset_store, datasets, training_store, trained, trainings, promoting, generator, answers,
                instructions, intake, missed, consents, feedback, data, corrections, comparisons, scorer,
            )  # fmt: skip
            buttons = Buttons.from_gateway_bot(self._bot, alluka=services.container, event_managed=False)
            forms = Forms.from_gateway_bot(self._bot, alluka=services.container, event_managed=False)

            async def load_extensions() -> None:
                loaded = await load(client, extensions)
                services.make(loaded.services)
                services.require_for(loaded)
                buttons.serve(loaded.buttons, self._invocations)
                forms.serve(loaded.forms, self._invocations)

            async def started() -> None:
                me = self._bot.get_me()
                assert me is not None, "Discord says who we are before the first shard counts as started"
                self._runner.start()
                await answers.resume()
                await transcripts.resume()
                await serving.prepare()
                await trainings.resume()
                background.append(asyncio.create_task(missed.begin()))
                ready(me)

            background: list[asyncio.Task[None]] = [
                asyncio.create_task(keep_alive_file(self._bot, settings.data_folder)),
                asyncio.create_task(
                    run_retention(data.holders, preferences.retention_days, timedelta(days=settings.retention_days))
                ),
            ]
            buttons.open()
            forms.open()
            try:
                await serve(self._bot, client, stop, load=load_extensions, started=started, stopping=self._stop)
            finally:
                buttons.close()
                forms.close()
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)

    async def _stop(self) -> None:
        """Let what runs come to its end, for as long as the settings say; then tell those who wait."""
        timeout_s = self._settings.stop_timeout_s
        _, late = await asyncio.gather(self._runner.stop(timeout_s), self._invocations.drain(timeout_s))
        for context in late:
            locale = str(context.interaction.locale)
            report = report_error(RestartingError(), locale, interaction=int(context.interaction.id))
            with contextlib.suppress(hikari.HTTPError):
                await respond(context, report.text, ephemeral=True)
