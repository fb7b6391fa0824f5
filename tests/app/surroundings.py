"""``python -m tests.app.surroundings WORD``: print what a process finds when it starts, as JSON, and exit with status
3."""

from __future__ import annotations

import asyncio
import atexit
import gc
import json
import locale
import logging
import os
import resource
import signal
import sys
import tempfile
import threading
from pathlib import Path

import structlog


def main() -> None:
    atexit.register(print, "the end")
    found = {
        "arguments": sys.argv,
        "environment": sorted(os.environ.items()),
        "folder": str(Path.cwd()),
        "path": sys.path,
        "stdin": sys.stdin.read(),
        "streams": [(each.encoding, each.errors, each.line_buffering) for each in (sys.stdin, sys.stdout, sys.stderr)],
        "descriptors": sorted(int(link.name) for link in Path("/proc/self/fd").iterdir())[:3],
        "signals": sorted((number, str(signal.getsignal(number))[:20]) for number in signal.valid_signals()),
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "limits": [resource.getrlimit(kind) for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)],
        "umask": os.umask(0o022),
        "temporary": tempfile.gettempdir(),
        "locale": locale.setlocale(locale.LC_ALL),
        "threads": [each.name for each in threading.enumerate()],
        "tasks": len(list(Path("/proc/self/task").iterdir())),
        "handlers": [str(handler) for handler in logging.root.handlers],
        "structlog": structlog.is_configured(),
        "loop": type(asyncio.get_event_loop_policy()).__name__,
        "collecting": (gc.isenabled(), gc.get_threshold()),
        "main": sys.modules["__main__"].__file__,
    }
    print(json.dumps(found))
    sys.exit(3)


if __name__ == "__main__":
    main()
