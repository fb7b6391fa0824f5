"""What all bots in one test process share: the real models and certificates, loaded once, as a single bot loads
them."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from hikari.impl import config

from audio.decoding.child import DecoderChild
from audio.decoding.decoder import Decoder
from audio.decoding.limits import DecodingLimits
from audio.recognition.device import DeviceChoice
from audio.recognition.whisper_loading import load_model
from audio.synthesis.piper import load_voice
from bot.weights.weights import WeightsCache
from tests.app.fork_server import import_starling

if TYPE_CHECKING:
    import tokenizers
    from ctranslate2.models import Whisper


@pytest.hookimpl(optionalhook=True)
def pytest_before_fork() -> None:
    """Import what nearly all bots need before the processes fork, so that they need not each import it."""
    import_starling()


@pytest.fixture(scope="session", autouse=True)
def models_are_loaded_once() -> Iterator[None]:
    """Hashing and loading take two seconds of CPU time per bot, and most tests start their own.

    After a failure, loading is tried again. Weights that a test damages are in its own folder, and are verified each
    time.
    """
    verified, bundled = WeightsCache.verified, WeightsCache()
    once = functools.cache(functools.partial(verified, bundled))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            WeightsCache,
            "verified",
            lambda cache, name: once(name) if cache.folder == bundled.folder else verified(cache, name),
        )
        patch.setattr("audio.recognition.whisper.load_model", _for_any_number_of_workers)
        patch.setattr("audio.recognition.transcriber.Decoder", _DecoderWithKeptChildren)
        patch.setattr(config, "_ssl_factory", functools.cache(config._ssl_factory))
        patch.setattr("audio.synthesis.piper.load_voice", functools.cache(load_voice))
        yield


def _for_any_number_of_workers(
    model: str | Path, *, device: DeviceChoice, compute_type: str, threads: int, workers: int
) -> tuple[Whisper, tokenizers.Tokenizer]:
    """A model loaded for many threads also serves fewer."""
    most = max(workers, os.cpu_count() or 1)
    return _loaded(model, device=device, compute_type=compute_type, threads=threads, workers=most)


_loaded = functools.cache(load_model)


class _DecoderWithKeptChildren(Decoder):
    """A decoder whose child processes outlive it and serve the next one: starting one takes 0.15 s of CPU time."""

    _kept: ClassVar[list[tuple[DecodingLimits, DecoderChild]]] = []

    def _new_child(self) -> DecoderChild:
        for place, (limits, child) in enumerate(self._kept):
            if limits == self._limits and child.alive:
                del self._kept[place]
                return child
        return super()._new_child()

    def close(self) -> None:
        with self._lock:
            self._kept.extend((self._limits, child) for child in self._idle)
            self._idle.clear()
        super().close()
