"""What runs in a sealed process: one function over bytes that a stranger chose, and nothing else.

It imports what the function needs, then gives up opening any file or socket, writing any file and starting any process,
and limits its memory and its processor time. Its first argument tells it what to do; it reads a line of JSON (the
function's arguments) and the bytes from standard input, and writes a line of JSON and bytes to standard output.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

LONGEST_TEXT = 500
"""How many characters of an error's message are passed on."""
NICENESS = 5
"""Work on what strangers send gives way to other work on the processor."""


def serve() -> None:
    """Do the work that this process was started for, and exit."""
    # Ctrl-C and service managers signal all processes at once, but the parent ends this one when it must.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # What a library prints must not get into the answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    made = b""
    try:
        task = json.loads(sys.argv[1])
        module_name, _, name = task["function"].rpartition(".")
        module = importlib.import_module(module_name)
        # Whatever a library loads at its first use must be loaded while files can still be opened.
        getattr(module, "load", lambda: None)()
        function = getattr(module, name)
        gc.freeze()
        gc.enable()
        seal(task["memory_bytes"], task["processor_s"])
        arguments = json.loads(sys.stdin.buffer.readline())
        made = bytes(function(sys.stdin.buffer.read(), **arguments))
        end: dict[str, object] = {}
    except Exception as error:
        end = {"error": type(error).__name__, "text": str(error)[:LONGEST_TEXT]}
    with suppress(BrokenPipeError):
        answers.write(json.dumps(end).encode() + b"\n")
        answers.write(made)
        answers.flush()
    # A regular exit would first free what may be gigabytes.
    os._exit(0)


def seal(memory_bytes: int, processor_s: float) -> None:
    """Give up everything but computing; ``memory_bytes`` and ``processor_s`` count from now. Windows has no such
    limits: there only the timeout of the parent remains."""
    try:
        import resource
    except ImportError:
        return
    os.nice(NICENESS)
    pages = 0
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limits = _process_limits()
    limits.bound_processor_time(processor_s, for_good=True)
    limits.confine(pages * resource.getpagesize() + memory_bytes)


def _process_limits() -> Any:
    """``audio.process_limits`` without its package, whose import would take five times as long as this process takes
    to start."""
    package = importlib.util.find_spec("audio")
    assert package is not None and package.origin is not None, "it lies beside this package"
    path = Path(package.origin).with_name("process_limits.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None, "a file of Python has a loader"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
