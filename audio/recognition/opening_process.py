"""The code of a process that opens recordings for a graphics card: files arrive on standard input, and opened
recordings leave on standard output, both as pickles.

Threads are too slow for this: each note holds the interpreter lock for 5 ms, so that no number of threads can open two
hundred notes a second. The files themselves are decoded in sealed processes, as everywhere.
"""

from __future__ import annotations

import pickle
import signal
import sys

from audio.decoding.decoder import Decoder
from audio.decoding.limits import DecodingLimits
from audio.errors import RecordingError
from audio.recognition.log_mel import LogMel
from audio.recognition.opening import OpenedRecording, opened_file


def serve(limits: DecodingLimits, bands: int) -> None:
    """Report that the process is ready, then answer files until standard input ends, which it also does when the parent
    is killed.

    An answer is the result of ``opened_file``, or the name and the parameters of the ``RecordingError`` that it raised.
    """
    # Ctrl-C and service managers signal all processes at once, but the parent needs this one to finish its work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    decoder, log_mel = Decoder(limits), LogMel(bands)
    decoder.start()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    answer: OpenedRecording | tuple[str, dict[str, object]] | bool | None = True
    try:
        while True:
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
            data: bytes = pickle.load(requests)  # noqa: S301 - from the parent
            try:
                answer = opened_file(decoder, data, log_mel)
            except RecordingError as error:
                answer = type(error).__name__, error.params
    except (EOFError, BrokenPipeError):
        decoder.close()
