"""What runs in a process that opens recordings for a graphics card: files come in by standard input, what is ready to
be heard goes out by standard output, both as pickles.

Threads could do it, but each note has the interpreter for itself for 5 ms there, so that no number of threads opens two
hundred of them in a second. The files themselves are decoded in sealed processes, as everywhere.
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
    """Say that it is ready, and answer files until standard input ends, as it also does when the parent is killed.

    An answer is what ``opened_file`` gives, or the name and the parameters of the ``RecordingError`` that it raises.
    """
    # Ctrl-C and service managers signal everything at once, but the parent needs these to finish its work.
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
            data: bytes = pickle.load(requests)  # noqa: S301 - the parent's
            try:
                answer = opened_file(decoder, data, log_mel)
            except RecordingError as error:
                answer = type(error).__name__, error.params
    except (EOFError, BrokenPipeError):
        decoder.close()
