"""A real NATS server for tests, which can be killed and restarted."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = shutil.which("nats-server", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/bin"]))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class NatsServer:
    """A server whose streams are in ``folder``."""

    def __init__(
        self,
        folder: Path,
        configuration: str = "max_payload: 8MB",
        *,
        has_jetstream: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """``configuration``: the text of its configuration file. Its addresses are set here, and so is the folder of
        the streams if the file names none."""
        if PROGRAM is None:
            pytest.skip("no NATS server is installed (Debian: apt-get install nats-server)")
        self.port = free_port()
        self._log = folder / "nats.log"
        file = folder / "nats.conf"
        file.write_text(configuration, encoding="utf-8")
        self._command = [PROGRAM, "-c", str(file), "-a", "127.0.0.1", "-p", str(self.port), "-m", str(free_port())]
        if has_jetstream and "jetstream" not in configuration:
            self._command += ["-js", "-sd", str(folder / "streams")]
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://{self.address}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, or restart it with its stored data."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                assert self._process.poll() is None and time.monotonic() < until, self._log.read_text()
                time.sleep(0.02)

    def kill(self) -> None:
        """Kill it as kill -9 does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def running(server: NatsServer) -> Iterator[NatsServer]:
    """Start the server, and kill it at the end of the block."""
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A running server without users."""
    with running(NatsServer(tmp_path)) as server:
        yield server
