"""What hears and what speaks."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import psutil
import structlog

from audio import Speaker
from audio.recognition.device import Device, chosen_device
from bot.answering.voice_notes import VoiceNoteTranscriber
from bot.app.speech_engines import build_recognizer, build_synthesizer
from bot.app.stores import Stores
from bot.preferences.voices import ChosenVoices
from bot.settings import Settings
from bot.speech.listener import LocalListener
from bot.weights.weights import WeightsCache

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechServices:
    """Speech in and out, ready."""

    speaker: Speaker
    voices: ChosenVoices
    voice_notes: VoiceNoteTranscriber


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
        device=chosen_device(Device(settings.whisper_device), settings.whisper_device_index).label,
        memory_mib=psutil.Process().memory_info().rss >> 20,
    )
    return SpeechServices(
        speaker=synthesizer,
        voices=ChosenVoices(stores.preferences, synthesizer),
        voice_notes=VoiceNoteTranscriber(
            LocalListener(recognizer, limit_bytes=settings.max_audio_bytes), stores.preferences
        ),
    )
