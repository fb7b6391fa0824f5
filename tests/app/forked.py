"""Starling processes, forked from one server that has already imported Starling and that all pytest processes share.

From its first line on, such a process equals ``python -m bot ...``: it has its own session, environment and streams,
and exits in the usual way. What happens before that line needs an executed process: a whole run as in the README
(test_life.py), what operators type into a shell (test_operating.py), the imports of each command
(test_command_line.py), and what is shown on a terminal (test_logs.py); benchmarks execute too. /proc/PID/environ shows
the environment of the last executed program, which is the server.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import pytest

from tests.app.fork_server import Order

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "HOME", "LANG", "CT2_FORCE_CPU_ISA", "CT2_USE_MKL")
"""The variables that are kept: those that locate programs and models, and the kernel that the speech model uses."""


class ForkServerError(AssertionError):
    """Raised when there is no fork server, or no longer."""


class Started(Protocol):
    """A started process; the part of ``subprocess.Popen`` that the tests use."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit status, negative if a signal ended the process; None while it runs."""

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


def kept() -> dict[str, str]:
    """The environment of a process without any settings."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


class Start(Protocol):
    """Starts ``python -m module *arguments`` in the project's folder, with an empty stdin and nothing else in its
    environment; the process writes to the given descriptors."""

    def __call__(
        self, module: str, *arguments: str, environment: Mapping[str, str], stdout: int, stderr: int
    ) -> Started: ...


def execute(module: str, *arguments: str, environment: Mapping[str, str], stdout: int, stderr: int) -> Started:
    """Start it as an operator does."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=ROOT, env=environment,
    )  # fmt: skip


def fork(module: str, *arguments: str, environment: Mapping[str, str], stdout: int, stderr: int) -> Started:
    """Start it at once, apart from the first call, which waits until Starling is imported. Executes instead on systems
    other than Linux, where libraries start threads as soon as they are loaded."""
    if sys.platform != "linux":
        return execute(module, *arguments, environment=environment, stdout=stdout, stderr=stderr)
    order = Order(module=module, arguments=arguments, environment=dict(environment), folder=str(ROOT))
    with (
        Path(os.devnull).open("rb") as stdin,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection,
    ):
        try:
            connection.connect(_address())
            socket.send_fds(connection, [json.dumps(asdict(order)).encode()], [stdin.fileno(), stdout, stderr])
            return Forked(connection)
        except ConnectionError as error:
            raise ForkServerError(_last_words()) from error


class Forked:
    """A process that the server forked at our request, and that is therefore not our child."""

    def __init__(self, connection: socket.socket) -> None:
        """``connection``: the one that ordered the process, which ends when it is closed."""
        self._reading = threading.Lock()
        self._returncode: int | None = None
        self._connection = os.dup(connection.fileno())
        weakref.finalize(self, os.close, self._connection)
        self.pid = self._told()

    def _told(self) -> int:
        if not (told := os.read(self._connection, 4)):
            raise ForkServerError(_last_words())
        return int.from_bytes(told, "big", signed=True)

    def poll(self) -> int | None:
        with self._reading:
            if self._returncode is None and select.select([self._connection], [], [], 0)[0]:
                self._returncode = self._told()
        return self._returncode

    def wait(self, timeout: float | None = None) -> int:
        select.select([self._connection], [], [], timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


_addresses: list[str] = []


@pytest.hookimpl(optionalhook=True)
def pytest_before_fork() -> None:
    """Start the server before the test processes fork, so that they share it; it imports nothing until the first
    order."""
    _address()


def _address() -> str:
    """The path of the server's socket; starts the server if necessary."""
    if not _addresses:
        folder = Path(tempfile.mkdtemp(prefix="starling-forks-"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening, (folder / "log").open("wb") as log:
            listening.bind(str(folder / "socket"))
            listening.listen(64)
            server = subprocess.Popen(
                [sys.executable, "-m", "tests.app.fork_server", str(listening.fileno())],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, cwd=ROOT, env=kept(),
                pass_fds=[listening.fileno()], start_new_session=True,
            )  # fmt: skip
        atexit.register(_end, server, folder)
        _addresses.append(str(folder / "socket"))
    return _addresses[0]


def _last_words() -> str:
    return "the fork server has ended\n" + (Path(_address()).parent / "log").read_text(encoding="utf-8")


def _end(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.communicate()
    shutil.rmtree(folder)
