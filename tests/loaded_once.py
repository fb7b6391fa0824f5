"""What all bots in one test process load: the real models and certificates, once, as one bot does it."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audio.recognition.device import DeviceChoice
from audio.recognition.whisper_loading import load_model
from audio.synthesis.piper import load_voice
from bot.weights.weights import WeightsCache

if TYPE_CHECKING:
    import tokenizers
    from ctranslate2.models import Whisper


@pytest.fixture(scope="session", autouse=True)
def models_are_loaded_once() -> Iterator[None]:
    """Hashing and loading take two seconds of a processor for each bot, and most tests start one of their own.

    What fails is tried again. Weights that a test damages lie in a folder of its own, and are verified each time.
    """
    # Not by the process that hands out the tests, for which the others wait.
    from hikari.impl import config

    verified, bundled = WeightsCache.verified, WeightsCache()
    once = functools.cache(functools.partial(verified, bundled))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            WeightsCache,
            "verified",
            lambda cache, name: once(name) if cache.folder == bundled.folder else verified(cache, name),
        )
        patch.setattr("audio.recognition.whisper.load_model", _for_any_number_of_workers)
        patch.setattr(config, "_ssl_factory", functools.cache(config._ssl_factory))
        patch.setattr("audio.synthesis.piper.load_voice", functools.cache(load_voice))
        yield


def _for_any_number_of_workers(
    model: str | Path, *, device: DeviceChoice, compute_type: str, threads: int, workers: int
) -> tuple[Whisper, tokenizers.Tokenizer]:
    """One model answers fewer threads at once as it answers many."""
    most = max(workers, os.cpu_count() or 1)
    return _loaded(model, device=device, compute_type=compute_type, threads=threads, workers=most)


_loaded = functools.cache(load_model)
