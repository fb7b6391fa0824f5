"""A forked process behaves like an executed one, and ends with the process that ordered it."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from tests.app.forked import Start, execute, fork, kept
from tests.audio.decoding.test_decoder import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")


def surroundings(start: Start) -> dict[str, object]:
    with tempfile.TemporaryFile() as out:
        given = kept() | {"COLOUR": "green"}
        process = start("tests.app.surroundings", "word", environment=given, stdout=out.fileno(), stderr=2)
        assert process.wait(60) == 3
        out.seek(0)
        found, end = out.read().decode().splitlines()
    assert end == "the end"
    told: dict[str, object] = json.loads(found)
    return told


def test_a_fork_finds_what_a_start_finds() -> None:
    assert surroundings(fork) == surroundings(execute)


def test_a_fork_is_killed_and_ends_with_whoever_wanted_it() -> None:
    sleeps = ("timeit", "-n1", "-r1", "import time; time.sleep(600)")
    killed, left = (fork(*sleeps, environment=kept(), stdout=2, stderr=2) for _process in range(2))
    assert killed.poll() is None
    killed.send_signal(signal.SIGTERM)
    assert killed.wait(20) == -signal.SIGTERM
    there = Path(f"/proc/{left.pid}")
    assert there.exists()
    del left
    until(lambda: not there.exists())
