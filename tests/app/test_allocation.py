"""Memory that threads allocate and free can be reused by other threads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

ARENAS = """
import ctypes, sys, threading
from bot.app.allocation import allocate_in_one_arena
if sys.argv[1] == "one":
    allocate_in_one_arena()
all_run = threading.Barrier(4)
def take():
    all_run.wait(30)
    bytes(1_000_000)
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has arenas")
@pytest.mark.parametrize(("how", "arenas"), [("one", 1), ("as usual", 5)])
def test_all_threads_share_one_arena(how: str, arenas: int) -> None:
    command = [sys.executable, "-c", ARENAS, how]
    told = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    assert told.stdout.count("<heap nr=") == arenas
