"""A real NATS server of our own, which can be killed and brought back."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = shutil.which("nats-server", path="/usr/sbin:/usr/local/bin:/usr/bin")
PLAIN = "max_payload: 8MB\n"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class NatsServer:
    """One server, whose streams are in ``folder``."""

    def __init__(self, folder: Path, configuration: str = PLAIN, *, has_jetstream: bool = True) -> None:
        """``configuration``: what stands in its file beside the address and the streams."""
        self.port = free_port()
        self._log = folder / "nats.log"
        self._file = folder / "nats.conf"
        streams = f'jetstream {{ store_dir: "{folder / "streams"}" }}\n' if has_jetstream else ""
        self._file.write_text(f'listen: "127.0.0.1:{self.port}"\n{streams}{configuration}', encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, or bring it back with what it had stored."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([str(PROGRAM), "-c", self._file], stdout=log, stderr=log)
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                assert self._process.poll() is None and time.monotonic() < until, self._log.read_text()
                time.sleep(0.02)

    def kill(self) -> None:
        """As by kill -9."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A running server without users."""
    if PROGRAM is None:
        pytest.skip("no NATS server is installed (Debian: apt-get install nats-server)")
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.kill()
