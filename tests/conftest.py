"""What every test may use: the embedded models, verified, the recordings beside the project, and a browser."""

from __future__ import annotations

import functools
import gc
import inspect
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio
import structlog

from audio import decode
from bot.weights.weights import WeightsCache
from tests import chromium
from tests.spoken import compares_transcripts

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytest_plugins = [
    "tests.app.forked",
    "tests.conformance.plugin",
    "tests.databases",
    "tests.harnesses",
    "tests.loaded_once",
    "tests.processes",
    "tests.scaling.nats",
]

ROOT = Path(__file__).parent.parent
RECORDINGS = ROOT / "tests" / "recordings"
CORPUS = ROOT.parent / "shared" / "corpus"

WITH_A_BOT = ("tests/app/", "tests/extensions/", "tests/page/")
"""Tests in these folders share one event loop: the bot's, or the one that drives the browser."""

LISTENING = frozenset({"transcriber", "fast"})
"""Fixtures that transcribe with the real model."""


def pytest_configure() -> None:
    """Log errors without colours and local variables, as the bot itself does: with them, each takes a second or two."""
    *others, _coloured = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, plain])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the marks before pytest selects tests by them."""
    compares = functools.cache(compares_transcripts)
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        if inspect.iscoroutinefunction(item.function) and item.nodeid.startswith(WITH_A_BOT):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if compares(item.function.__code__) or not LISTENING.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.speech_model)


def pytest_collection_finish() -> None:
    """Exempt what was imported and collected from garbage collection, since it stays to the end, and collect less often
    than in a smaller process: otherwise this takes a twentieth of the time of all tests."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


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
    """The folder of recorded voice notes with their transcripts, if it lies beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip(f"no recordings in {CORPUS}")
    return CORPUS


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A headless Chromium whose microphone hears saoirse.ogg, each time from its beginning."""
    if (program := chromium.program()) is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium-headless-shell")
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
        *chromium.arguments(),
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        await started.close()
