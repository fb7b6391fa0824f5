"""Speech recognition and synthesis: in this process, or by workers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import hikari
import psutil
import structlog

from audio import Prosody, SpeechSynthesizer
from audio.recognition.device import Device, chosen_device
from bot.answering.voice_notes import VoiceNoteTranscriber
from bot.app.shared_parts import require_shared_parts
from bot.app.speech_engines import build_recognizer, build_synthesizer
from bot.app.stores import Stores
from bot.preferences.voices import ChosenVoices
from bot.settings import Settings
from bot.speech.attachment_links import AttachmentLinks
from bot.speech.attachment_transcriber import AttachmentTranscriber, LocalTranscriber
from bot.speech.remote_synthesizer import RemoteSynthesizer
from bot.speech.remote_transcriber import RemoteTranscriber
from bot.weights.weights import WeightsCache
from bot.work.bus.work_bus import WorkBus

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechServices:
    """Speech recognition and synthesis, ready to use."""

    synthesizer: SpeechSynthesizer
    voices: ChosenVoices
    voice_notes: VoiceNoteTranscriber
    bus: WorkBus | None = None
    """The bus to the workers; None if this process transcribes and speaks itself."""


async def build_speech(
    settings: Settings, cache: WeightsCache, stack: AsyncExitStack, stores: Stores, rest: hikari.api.RESTClient
) -> SpeechServices:
    """Build both, ready to use; ``stack`` closes them.

    Raises:
        StarlingError: weights are missing or broken, no engine can be loaded, or the workers cannot be reached.
    """
    bus: WorkBus | None = None
    if settings.work_url is None:
        transcriber, synthesizer = await _loaded(settings, cache, stack)
    else:
        bus = await stack.enter_async_context(work_bus(settings, settings.work_url))
        links = AttachmentLinks(rest)
        transcriber = RemoteTranscriber(bus, links, limit_bytes=settings.max_audio_bytes)
        synthesizer = RemoteSynthesizer(bus, Prosody(settings.tts_rate, settings.tts_pitch))
        log.info("workers transcribe and speak, so no speech model is loaded here", memory_mib=_memory_mib())
    return SpeechServices(
        synthesizer=synthesizer,
        voices=ChosenVoices(stores.preferences, synthesizer),
        voice_notes=VoiceNoteTranscriber(transcriber, stores.preferences),
        bus=bus,
    )


def work_bus(settings: Settings, url: str) -> WorkBus:
    """The bus that sends tasks to workers through the NATS server at ``url``, not yet connected."""
    return WorkBus(url, gateway=settings.gateway, per_source=settings.work_per_source, queue=settings.work_queue)


def require_work_parts(settings: Settings) -> None:
    """If workers are used, check that everything they and this process share can be reached by all of them.

    Raises: as ``require_shared_parts``.
    """
    if settings.work_url is not None:
        require_shared_parts(settings, "WORK_URL")


async def _loaded(
    settings: Settings, cache: WeightsCache, stack: AsyncExitStack
) -> tuple[AttachmentTranscriber, SpeechSynthesizer]:
    recognizer = await asyncio.to_thread(build_recognizer, settings, cache)
    stack.push_async_callback(recognizer.close)
    synthesizer = await asyncio.to_thread(build_synthesizer, settings, cache)
    stack.push_async_callback(synthesizer.close)
    await asyncio.gather(recognizer.load(), synthesizer.load())
    log.info(
        "models are loaded",
        whisper=settings.whisper_model,
        device=chosen_device(Device(settings.whisper_device), settings.whisper_device_index).label,
        memory_mib=_memory_mib(),
    )
    return LocalTranscriber(recognizer, limit_bytes=settings.max_audio_bytes), synthesizer


def _memory_mib() -> int:
    return int(psutil.Process().memory_info().rss) >> 20
