"""One child process that decodes, as seen from its parent."""

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

# Nothing that is imported is garbage, and to look for some meanwhile takes a tenth of the start.
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

# No secret of the parent's environment is any business of a decoder.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")

_LONGEST_END_BYTES = 10_000

WALL_S_PER_CPU_S = 3
WALL_START_S = 10
"""The clock on the wall bounds what does not use the processor; on a busy machine, it runs faster than that."""


@dataclasses.dataclass(frozen=True, slots=True)
class DecodedGroups:
    """What a child made of a file."""

    samples: bytearray
    """As ``Reading.groups`` gives them, joined."""
    truncated: bool
    renderings: int


class DecoderChild:
    """A process that decodes one file after the other; not to be used by two threads at once."""

    def __init__(self, rate_hz: int, limits: DecodingLimits) -> None:
        """Start it, which takes about 0.1 s; nobody waits for that but the first file. Raises ``OSError``."""
        self._limits = limits
        self._max_bytes = round(2 * (limits.max_duration_s + INEXACT_S) * rate_hz) * SAMPLE_BYTES
        """Twice what the limit lets through: changes of format in the middle of a file add a few samples each."""
        self._expired = False
        self.files = 0
        """How many it was given."""
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
        """The samples of ``Reading.groups`` for a file that ``admitted`` let through, and what is known at their end;
        only so many groups that they have ``enough_bytes``, unless that is 0.

        ``on_bytes``: called now and then with how many bytes of samples there are. When it raises ``CancelledError``,
        the child ends with what it decodes, and so does this call.

        Raises the ``RecordingError`` that the child found; or, when it did not survive the file and is of no more use,
        ``DecoderFailedError`` or ``DecodingTooSlowError``.
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
            # Of any kind: a child that was taken over may answer anything.
            self.end()
            code = self._process.returncode
            _LOG.warning("A decoder (%d) failed at %d bytes of %s: %s", code, len(data), container.name, error)
            if self._expired or (os.name == "posix" and code == -signal.SIGXCPU):
                raise DecodingTooSlowError(self._limits.max_decoding_s) from error
            raise DecoderFailedError(container.name) from error
        finally:
            timer.cancel()

    def end(self) -> None:
        """End the process, whatever it does; from any thread, any number of times."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            # What has not been sent cannot be sent any more.
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
    """The error of that class that another process has told of. Raises ``ValueError`` where there is none."""
    kind = getattr(audio.errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, RecordingError) and isinstance(params, dict)):
        raise ValueError(f"an error named {name}")
    # The classes take what their parameters are made of, but the parameters alone came through the pipe.
    error = kind.__new__(kind)
    StarlingError.__init__(error, **params)
    str(error)  # raises here, not where it is told to somebody, when parameters are missing
    return error
