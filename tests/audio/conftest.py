"""Recordings and the one loaded model that the tests of speech share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio import Recording, Transcriber, decode

RECORDINGS = Path(__file__).parent.parent / "recordings"


@pytest.fixture(scope="session")
def jfk() -> bytes:
    """Eleven seconds of English, an Ogg Opus file."""
    return (RECORDINGS / "jfk.ogg").read_bytes()


@pytest.fixture(scope="session")
def jfk_sound(jfk: bytes) -> Recording:
    return decode(jfk)


@pytest.fixture(scope="session")
def americans() -> bytes:
    """The first three seconds of jfk.ogg."""
    return (RECORDINGS / "americans.ogg").read_bytes()


@pytest.fixture(scope="session")
def americans_sound(americans: bytes) -> Recording:
    return decode(americans)


@pytest.fixture(scope="session")
def russian_note() -> bytes:
    """Three seconds of Russian, an Ogg Opus file."""
    return (RECORDINGS / "pisets-ru.ogg").read_bytes()


@pytest.fixture(scope="session")
def transcriber(whisper_base: Path) -> Iterator[Transcriber]:
    """The multilingual base model, loaded with the first recording."""
    transcriber = Transcriber(whisper_base)
    yield transcriber
    asyncio.run(transcriber.close())
