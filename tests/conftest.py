"""What every test may use: the embedded models, verified, the recordings beside the project, and a recorder of all that
passes between sandboxes and bots.
"""

from __future__ import annotations

import inspect
import os
import shutil
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio

from audio import decode
from bot.sandbox import Sandbox
from bot.weights.weights import WeightsCache
from tests.conformance.gateway import GatewayDescription
from tests.conformance.openapi import SPEC, Description
from tests.conformance.recorder import Recorder

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytest_plugins = ["tests.databases", "tests.harnesses"]

ROOT = Path(__file__).parent.parent
RECORDINGS = ROOT / "tests" / "recordings"
CORPUS = ROOT.parent / "shared" / "corpus"

VERDICT = ROOT / "tests" / "conformance" / "test_verdict.py"
_RECORDER = pytest.StashKey[Recorder]()
_IS_WHOLE = pytest.StashKey[bool]()
_HAS_VERDICT = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Let the recorder see every sandbox of this run."""
    recorder = Recorder(Description() if SPEC.is_file() else None, GatewayDescription())
    config.stash[_RECORDER] = Sandbox.observer = recorder
    config.stash[_IS_WHOLE] = True


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        item.config.stash[_IS_WHOLE] = False


WITH_A_BOT = tuple(ROOT / "tests" / folder for folder in ("app", "extensions", "page"))
"""Tests there share one event loop: that of the bot, or that from which the browser is driven."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The verdict comes when everything else has been seen."""
    for item in items:
        is_async = isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function)
        if is_async and any(folder in item.path.parents for folder in WITH_A_BOT):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    items.sort(key=lambda item: item.path == VERDICT)
    config.stash[_HAS_VERDICT] = bool(items) and items[-1].path == VERDICT
    if not {item.path for item in items}.issuperset((ROOT / "tests").rglob("test_*.py")):
        config.stash[_IS_WHOLE] = False


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    recorder = config.stash[_RECORDER]
    if seen := recorder.seen.total():
        what = "requests and frames" if recorder.rest else "frames (Discord's description of requests is not here)"
        terminalreporter.line(f"{seen} {what} were held against Discord's descriptions in {recorder.cost_s:.1f} s")


@pytest.fixture(scope="session", autouse=True)
def seen_to_the_end(pytestconfig: pytest.Config) -> Iterator[None]:
    """The verdict on what passes after the verdict, while the last fixtures end; or on all, where there was none."""
    yield
    late = pytestconfig.stash[_RECORDER].violations(VERDICT.name if pytestconfig.stash[_HAS_VERDICT] else "")
    assert not late, "Not as Discord describes it:\n" + "\n".join(map(str, late))


@pytest.fixture
def recorder(pytestconfig: pytest.Config) -> Recorder:
    """What has seen every request and frame until now."""
    return pytestconfig.stash[_RECORDER]


@pytest.fixture
def whole_suite(pytestconfig: pytest.Config) -> None:
    """Only for runs of every test."""
    if not pytestconfig.stash[_IS_WHOLE]:
        pytest.skip("only a part of the tests runs")


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
    """A headless Chromium whose microphone hears jfk.ogg, each time from its beginning."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium on this machine; on Debian or Ubuntu: apt-get install chromium")
    from playwright.async_api import async_playwright

    spoken = tmp_path_factory.mktemp("microphone") / "jfk.wav"
    recording = decode((RECORDINGS / "jfk.ogg").read_bytes())
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
