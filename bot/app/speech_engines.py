"""The recognizer and the synthesizer that the settings ask for, without the bot around them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings
from bot.weights.catalogue import CATALOGUE
from bot.weights.weights import WeightsCache

if TYPE_CHECKING:
    from audio import Recognizer, Synthesizer


def weights_in(cache: WeightsCache) -> Callable[[str], str | Path]:
    """A function that turns the name of bundled weights into the path of the verified weights (blocks), and returns any
    other name unchanged."""
    return lambda name: cache.verified(name) if name in CATALOGUE else name


def build_recognizer(settings: Settings, cache: WeightsCache) -> Recognizer:
    """The recognizers that the settings ask for, not yet loaded, with the bundled weights verified."""
    # A process that only speaks does not wait for the import of recognition, and the other way round.
    from audio.recognition.fallback import FallbackRecognizer
    from audio.recognition.recognizers import RECOGNIZERS

    recognizers = RECOGNIZERS.build(settings.stt_engine, settings, weights_in(cache))
    return recognizers[0] if len(recognizers) == 1 else FallbackRecognizer(recognizers)


def build_synthesizer(settings: Settings, cache: WeightsCache) -> Synthesizer:
    """The synthesizer that the settings ask for, with its bundled voice verified."""
    from audio import Prosody, Synthesizer
    from audio.synthesis.engines import ENGINES

    return Synthesizer(
        ENGINES.build(settings.tts_engine, settings, weights_in(cache)),
        pause_after_failure_s=settings.tts_pause_s,
        prosody=Prosody(settings.tts_rate, settings.tts_pitch),
        cache_bytes=settings.tts_cache_mb << 20,
    )
