"""What hears and what speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

from audio import Prosody, Recognizer, Synthesizer
from audio.recognition.device import chosen_device
from audio.recognition.fallback import FallbackRecognizer
from audio.recognition.recognizers import RECOGNIZERS
from audio.synthesis.engines import ENGINES
from bot.answering.voice_notes import VoiceNoteTranscriber
from bot.app.stores import Stores
from bot.preferences.voices import ChosenVoices
from bot.settings import Settings
from bot.weights.weights import CATALOGUE, WeightsCache

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechServices:
    """SpeechServices in and out, loaded."""

    synthesizer: Synthesizer
    voices: ChosenVoices
    voice_notes: VoiceNoteTranscriber


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


async def build_speech(
    settings: Settings, cache: WeightsCache, stack: AsyncExitStack, stores: Stores
) -> SpeechServices:
    """Both loaded; ``stack`` closes them.

    Raises:
        StarlingError: weights are missing or broken, or no engine can be loaded.
    """
    recognizer = await asyncio.to_thread(build_recognizer, settings, cache)
    stack.push_async_callback(recognizer.close)
    synthesizer = await asyncio.to_thread(build_synthesizer, settings, cache)
    stack.push_async_callback(synthesizer.close)
    await asyncio.gather(recognizer.load(), synthesizer.load())
    log.info(
        "models are loaded",
        whisper=settings.whisper_model,
        device=chosen_device(settings.whisper_device, settings.whisper_device_index).label,
        memory_mib=psutil.Process().memory_info().rss >> 20,
    )
    return SpeechServices(
        synthesizer=synthesizer,
        voices=ChosenVoices(stores.preferences, synthesizer),
        voice_notes=VoiceNoteTranscriber(recognizer, stores.preferences, limit_bytes=settings.max_audio_bytes),
    )
