"""What every test may use: the embedded models, verified, and the recordings beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.weights import WeightsCache

ROOT = Path(__file__).parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"


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
