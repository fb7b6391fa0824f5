"""The parent's side of one child process that decodes."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path

import audio.errors
from audio.decoding.containers import Container
from audio.decoding.conversion import SAMPLE_BYTES
from audio.decoding.demuxing import INEXACT_S
from audio.decoding.limits import DecodingLimits
from audio.decoding.pipes import widened
from audio.decoding.process import HEADER, REQUEST
from audio.errors import DecoderFailedError, DecodingTooSlowError, RecordingError
from bot.errors import StarlingError

_LOG = logging.getLogger(__name__)

# Imports leave no garbage, and collecting during them takes a tenth of the start-up time.
_START = """
import gc
gc.disable()
import json, sys
path, rate_hz, limits = json.loads(sys.argv[1])
sys.path[:] = path
from audio.decoding.process import serve
from audio.decoding.limits import DecodingLimits
gc.freeze()
gc.enable()
serve(rate_hz, DecodingLimits(**limits))
"""

# A decoder must not see the secrets in the parent's environment.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")

_LONGEST_END_BYTES = 10_000

WALL_S_PER_CPU_S = 3
WALL_START_S = 10
"""The wall-clock limit also bounds work that uses no processor time. It is longer than the limit on processor time,
because on a busy machine the wall clock runs faster."""


@dataclasses.dataclass(frozen=True, slots=True)
class DecodedGroups:
    """The result of decoding a file in a child."""

    samples: bytearray
    """The groups of ``Reading.groups``, joined."""
    truncated: bool
    renderings: int


class DecoderChild:
    """A process that decodes one file after the other. Only one thread at a time may use it, but any may end it."""

    def __init__(self, rate_hz: int, limits: DecodingLimits) -> None:
        """Start the process, which takes about 0.1 s, for which only its first file waits. Raises ``OSError``."""
        self._limits = limits
        self._max_bytes = round(2 * (limits.max_duration_s + INEXACT_S) * rate_hz) * SAMPLE_BYTES
        """Twice what the limit allows: each change of format in the middle of a file adds a few samples."""
        self._expired = False
        self.files = 0
        """How many files it was given."""
        path = [str(Path(folder or ".").absolute()) for folder in sys.path]
        settings = (path, rate_hz, dataclasses.asdict(limits))
        self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
            [sys.executable, "-I", "-S", "-c", _START, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        assert self._process.stdout
        widened(self._process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def groups(
        self,
        data: bytes,
        container: Container,
        rendering: int,
        enough_bytes: int = 0,
        on_bytes: Callable[[int], None] | None = None,
    ) -> DecodedGroups:
        """The samples of ``Reading.groups`` for a file that passed ``admitted``, and what is known at their end; only
        the first groups that together have ``enough_bytes``, unless that is 0.

        ``on_bytes``: called now and then with how many bytes of samples there are so far. If it raises
        ``CancelledError``, the child is ended, and this call raises the same.

        Raises the ``RecordingError`` that the child reports; or, if the child did not survive the file and cannot be
        used any more, ``DecoderFailedError`` or ``DecodingTooSlowError``.
        """
        self.files += 1
        timer = threading.Timer(WALL_START_S + WALL_S_PER_CPU_S * self._limits.max_decoding_s, self._expire)
        timer.daemon = True
        timer.start()
        try:
            self._send(data, rendering, enough_bytes)
            return self._receive(on_bytes)
        except RecordingError:
            raise
        except CancelledError:
            self.end()
            raise
        except Exception as error:
            # Any error can occur: a child that was taken over may answer anything.
            self.end()
            code = self._process.returncode
            _LOG.warning("A decoder (%d) failed at %d bytes of %s: %s", code, len(data), container.name, error)
            if self._expired or (os.name == "posix" and code == -signal.SIGXCPU):
                raise DecodingTooSlowError(self._limits.max_decoding_s) from error
            raise DecoderFailedError(container.name) from error
        finally:
            timer.cancel()

    def end(self) -> None:
        """Kill the process, whatever it is doing. May be called from any thread, any number of times."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            # Unsent data cannot be sent any more.
            with suppress(OSError):
                pipe.close()
        self._process.wait()

    def _expire(self) -> None:
        self._expired = True
        self._process.kill()

    def _send(self, data: bytes, rendering: int, enough_bytes: int) -> None:
        assert self._process.stdin
        self._process.stdin.write(REQUEST.pack(len(data), rendering, enough_bytes))
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _receive(self, on_bytes: Callable[[int], None] | None) -> DecodedGroups:
        assert self._process.stdout
        answer = self._process.stdout
        groups = bytearray()
        while length := HEADER.unpack(_exactly(answer.read(HEADER.size), HEADER.size))[0]:
            if len(groups) + length > self._max_bytes or length % SAMPLE_BYTES:
                raise ValueError(f"a group of {length} bytes after {len(groups)}")
            groups += _exactly(answer.read(length), length)
            if on_bytes is not None:
                on_bytes(len(groups))
        end = json.loads(answer.readline(_LONGEST_END_BYTES))
        if "defect" in end:
            raise ValueError(end["defect"])
        if "error" in end:
            raise recording_error(end["error"], end["params"])
        return DecodedGroups(groups, bool(end["truncated"]), int(end["renderings"]))


def _exactly(part: bytes, length: int) -> bytes:
    if len(part) < length:
        raise EOFError("the child ended")
    return part


def recording_error(name: str, params: dict[str, object]) -> RecordingError:
    """The error that another process reports by the ``name`` of its class. Raises ``ValueError`` if there is no such
    class."""
    kind = getattr(audio.errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, RecordingError) and isinstance(params, dict)):
        raise ValueError(f"an error named {name}")
    # The constructors take other arguments, from which they compute ``params``; only ``params`` came through the pipe.
    error = kind.__new__(kind)
    StarlingError.__init__(error, **params)
    str(error)  # if parameters are missing, raises here and not when the error is shown to somebody
    return error
