"""What every test may use: the embedded models, verified, the recordings beside the project, and a browser."""

from __future__ import annotations

import functools
import gc
import inspect
import os
import shutil
import wave
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio
import structlog

from audio import decode
from bot.weights.weights import WeightsCache
from tests.spoken import compares_transcripts

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytest_plugins = [
    "tests.app.forked",
    "tests.conformance.plugin",
    "tests.databases",
    "tests.harnesses",
    "tests.loaded_once",
    "tests.scaling.nats",
]

ROOT = Path(__file__).parent.parent
RECORDINGS = ROOT / "tests" / "recordings"
CORPUS = ROOT.parent / "shared" / "corpus"

WITH_A_BOT = ("tests/app/", "tests/extensions/", "tests/page/")
"""Tests there share one event loop: that of the bot, or that from which the browser is driven."""

LISTENING = frozenset({"transcriber", "fast"})
"""Fixtures that transcribe with the real model."""


LONGEST = ("tests/scaling/test_fleet.py::", "tests/training/local/test_learning.py::")
"""The files whose tests take minutes, the longest first."""


def pytest_configure() -> None:
    """Errors are logged without colours and variables, as by the bot itself: with them one takes a second or two."""
    *others, _coloured = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, plain])


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Marks come before pytest chooses by them, the order after all else that changes it."""
    compares = functools.cache(compares_transcripts)
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        if inspect.iscoroutinefunction(item.function) and item.nodeid.startswith(WITH_A_BOT):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if compares(item.function.__code__) or not LISTENING.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.speech_model)
    yield
    items[:] = _longest_first(items, processes=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no search for garbage need look through it again and again, nor
    as often as in a process with less in it: that took a twentieth of the time of all tests."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _longest_first(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """``items``, so ordered that the ``LONGEST`` files are begun first, one by each of the ``processes``, which begin
    with equal shares of the whole: a long test that is begun last keeps one busy while the others have no more."""
    long = [[item for item in items if item.nodeid.startswith(name)] for name in LONGEST]
    rest = [item for item in items if not item.nodeid.startswith(LONGEST)]
    share = len(rest) // processes
    ordered: list[pytest.Item] = []
    for process in range(processes):
        ordered += [item for group in long[process::processes] for item in group]
        ordered += rest[process * share : (process + 1) * share if process + 1 < processes else None]
    return ordered


def _weights(name: str) -> Path:
    return WeightsCache().fetch(name)


@pytest.fixture(scope="session")
def whisper_base() -> Path:
    """The folder of the multilingual base model."""
    return _weights("whisper-base")


@pytest.fixture(scope="session")
def piper_joe() -> Path:
    """The .onnx file of the offline English voice; its .onnx.json lies beside it."""
    return _weights("piper-joe")


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The .gguf file of the demonstration chat model."""
    return _weights("smollm2-135m")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of recorded voice notes with their transcripts, where a checkout has one beside it."""
    if not CORPUS.is_dir():
        pytest.skip(f"no recordings in {CORPUS}")
    return CORPUS


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A headless Chromium whose microphone hears saoirse.ogg, each time from its beginning."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium on this machine; on Debian or Ubuntu: apt-get install chromium")
    from playwright.async_api import async_playwright

    spoken = tmp_path_factory.mktemp("microphone") / "saoirse.wav"
    recording = decode((RECORDINGS / "saoirse.ogg").read_bytes())
    with wave.open(str(spoken), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        file.writeframes((recording.samples * 32767).astype(np.int16).tobytes())
    arguments = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        # Chromium refuses to sandbox itself for root, which containers run as.
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        await started.close()
