"""``python -m tests.app.fork_server FD``: Starling, imported once, and forked each time that tests start it.

Importing it takes seconds of CPU time, which a hundred starts need not each spend. Before the fork there are only
modules and the contents of their files (languages, translations, tokens, authorities): no thread, no speech model, no
setting, no event loop.

``FD`` is a listening socket. A client connects, sends an order with the descriptors for stdin, stdout and stderr, and
receives the process id, and finally the exit status. A process is killed when its client's connection closes, and all
of them when this server ends, which it does when its own stdin is closed.

``multiprocessing`` has a fork server as well, but its children import what the parent was started with, which is
pytest, have no stdin of their own, and exit without running the registered exit handlers.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import selectors
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

IMPORTED = (
    "bot.app.command_line.checking",
    "bot.app.command_line.keeping",
    "bot.app.command_line.serving",
    "bot.app.command_line.speech",
    "bot.app.doctor",
    "bot.app.logs",
    "bot.app.running",
    "bot.app.worker",
    "bot.training.local.trainer",
    "bot.training.openai.trainer",
    "audio.decoding",
    "audio.recognition.local_whisper",
    "audio.recognition.openai_recognizer",
    "audio.recognition.transcriber",
    "audio.synthesis.edge",
    "audio.synthesis.espeak",
    "audio.synthesis.festival",
    "audio.synthesis.openai_engine",
    "audio.synthesis.reading.read_out",
    "bot.app.backup",
    "bot.training.export.trainer",
    "aiosqlite",
    "anyio._backends._asyncio",
    "faster_whisper",
    "httpcore2",
    "numpy.fft",
    "openai.resources.chat.completions",
    "openai.resources.fine_tuning",
    "tests.scaling.quick",
    "truststore",
)
"""The modules that a start imports sooner or later, besides the extensions. Not onnxruntime, whose import starts a
thread."""

LONGEST_ORDER = 1 << 16
"""In bytes."""
PARENT_DEATH_SIGNAL = 1
"""``PR_SET_PDEATHSIG`` of prctl(2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``python -m module *arguments`` in ``folder``, with ``environment`` and nothing else in its environment."""

    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: str


def told(number: int) -> bytes:
    """A process id or an exit status (negative if a signal ended the process), encoded for sending."""
    return number.to_bytes(4, "big", signed=True)


def main() -> None:
    listening = socket.socket(fileno=int(sys.argv[1]))
    if listening not in select.select([listening, sys.stdin], [], [])[0]:
        return  # no process is wanted
    import_starling()
    if begin := ForkServer(listening).serve():
        begin()


def import_starling() -> None:
    """Import whatever a start of Starling imports, at once or later, and load the data for detecting languages; no
    thread starts."""
    from audio.language import detect_language
    from bot.conversation.tokens import count_tokens
    from bot.conversation.trusted_authorities import trusted_authorities
    from bot.i18n.translation import catalogues

    for name in IMPORTED:
        importlib.import_module(name)
    extensions = importlib.import_module("extensions")
    for each in pkgutil.walk_packages(extensions.__path__, "extensions."):
        importlib.import_module(each.name)
    with contextlib.suppress(ImportError):  # it belongs to an extra
        importlib.import_module("asyncpg")
    detect_language("What is it? Was ist das?")
    count_tokens("What is it?")
    trusted_authorities()
    catalogues()
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    gc.freeze()  # a child's garbage collection would otherwise copy all of these pages


class ForkServer:
    """Forks a process for each client that connects, and watches the processes."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._processes: dict[int, tuple[int, socket.socket]] = {}
        """Process ids and their clients' connections, by the pidfd that becomes readable when the process ends."""

    def serve(self) -> Callable[[], None] | None:
        """Fork until stdin is closed; in a child, return the function that it has to run."""
        with selectors.DefaultSelector() as self._waiting:
            self._waiting.register(sys.stdin, selectors.EVENT_READ)
            self._waiting.register(self._listening, selectors.EVENT_READ)
            while True:
                for key, _events in self._waiting.select():
                    if key.fileobj is sys.stdin:
                        return None
                    if key.fileobj is self._listening:
                        if begin := self._fork(self._listening.accept()[0]):
                            return begin
                    elif key.fd in self._processes:
                        self._ended(key.fd)
                    elif key.fd >= 0 and key.fileobj in self._waiting.get_map():
                        self._waiting.unregister(key.fileobj)  # its client is gone
                        os.kill(key.data, signal.SIGKILL)

    def _fork(self, connection: socket.socket) -> Callable[[], None] | None:
        data, streams, _flags, _address = socket.recv_fds(connection, LONGEST_ORDER, 3)
        if not data:
            connection.close()
            return None
        order, server = Order(**json.loads(data)), os.getpid()
        if not (process := os.fork()):
            self._leave(connection)
            return lambda: _become(order, streams, server)
        tasks = len(list(Path("/proc/self/task").iterdir()))
        assert tasks == 1, f"{tasks} threads: what is forked is not what is started"
        for stream in streams:
            os.close(stream)
        end = os.pidfd_open(process)
        self._processes[end] = process, connection
        self._waiting.register(end, selectors.EVENT_READ)
        self._waiting.register(connection, selectors.EVENT_READ, process)
        connection.send(told(process))
        return None

    def _leave(self, connection: socket.socket) -> None:
        for end, (_process, other) in self._processes.items():
            os.close(end)
            other.close()
        connection.close()
        self._listening.close()

    def _ended(self, end: int) -> None:
        process, connection = self._processes.pop(end)
        self._waiting.unregister(end)
        os.close(end)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        with contextlib.suppress(KeyError):
            self._waiting.unregister(connection)
        with connection, contextlib.suppress(BrokenPipeError):
            connection.send(told(status))


def _become(order: Order, streams: Sequence[int], server: int) -> None:
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != server:
        return
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    by_python = {name: os.environ[name] for name in ("LC_CTYPE",) if name in os.environ}
    os.environ.clear()
    os.environ.update({**by_python, **order.environment})  # Python sets this in the C locale
    os.chdir(order.folder)
    tempfile.tempdir = None  # it was chosen from the previous environment
    sys.argv[1:] = order.arguments
    status = 0
    try:
        runpy.run_module(order.module, run_name="__main__", alter_sys=True)
    except SystemExit as left:
        if not isinstance(left.code, int | None):
            raise
        status = left.code or 0
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # destroying every imported object takes longer than most commands


if __name__ == "__main__":
    main()
