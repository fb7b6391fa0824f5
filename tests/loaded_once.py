"""What all bots in one test process load: the real models and certificates, once, as one bot does it."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import hikari.impl.config
import pytest

from audio.recognition.whisper_loading import load_model
from audio.synthesis.piper import load_voice
from bot.weights.weights import WeightsCache


@pytest.fixture(scope="session", autouse=True)
def models_are_loaded_once() -> Iterator[None]:
    """Hashing and loading take two seconds of a processor for each bot, and most tests start one of their own.

    What fails is tried again. Weights that a test damages lie in a folder of its own, and are verified each time.
    """
    verified, bundled = WeightsCache.verified, WeightsCache()
    once = functools.cache(functools.partial(verified, bundled))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            WeightsCache,
            "verified",
            lambda cache, name: once(name) if cache.folder == bundled.folder else verified(cache, name),
        )
        patch.setattr("audio.recognition.whisper.load_model", functools.cache(load_model))
        patch.setattr("hikari.impl.config._ssl_factory", functools.cache(hikari.impl.config._ssl_factory))
        patch.setattr("audio.synthesis.piper.load_voice", functools.cache(load_voice))
        yield
