"""For a GPU, recordings are opened in separate processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

from audio import DamagedFileError, Decoder, DecodingLimits
from audio.recognition.log_mel import LogMel
from audio.recognition.openers import Openers
from audio.recognition.opening import OpenedRecording, opened_file
from tests.audio.made_recordings import WAV, file_of, silence


@pytest.fixture
def openers() -> Iterator[Openers]:
    openers = Openers(1, DecodingLimits(), 80)
    yield openers
    openers.close()


def opened_once_free(openers: Openers, data: bytes) -> OpenedRecording:
    until_s = time.monotonic() + 60
    while (opened := openers.opened(data)) is None and time.monotonic() < until_s:
        # No process is free until the first one has started.
        time.sleep(0.02)
    assert opened is not None
    return opened


def test_a_note_is_opened_as_in_this_process_and_a_process_that_ends_is_replaced(openers: Openers, jfk: bytes) -> None:
    assert openers.opened(jfk) is None
    decoder = Decoder()
    try:
        here = opened_file(decoder, jfk, LogMel(80))
    finally:
        decoder.close()
    assert here is not None and here.chunks

    there = opened_once_free(openers, jfk)
    assert there.chunks == here.chunks
    assert np.array_equal(there.recording.samples, here.recording.samples)
    assert all(np.allclose(one, other, atol=1e-4) for one, other in zip(there.spectra, here.spectra, strict=True))

    with pytest.raises(DamagedFileError):
        openers.opened(jfk[:100])
    # Long recordings are opened part by part, elsewhere.
    assert openers.opened(file_of(silence(61).samples, WAV)) is None

    (pid,) = openers.pids
    os.kill(pid, signal.SIGKILL)
    assert openers.opened(jfk) is None
    assert opened_once_free(openers, jfk).chunks == here.chunks


def test_processes_end_with_whoever_closes_them_in_the_midst_of_their_start(jfk: bytes) -> None:
    openers = Openers(2, DecodingLimits(), 80)
    openers.close()
    openers.close()
    assert openers.opened(jfk) is None
