"""A worker in its own process, which does what a task's body says."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from bot.work.bus.work_request import Progress, WorkKind
from bot.work.bus.work_server import WorkServer
from tests.scaling.quick import QUICK


class Worker:
    """Records each task that it starts, so that repetitions can be counted."""

    def __init__(self, begun: Path) -> None:
        self._begun = begun

    async def do(self, body: bytes, progress: Progress) -> bytes:
        task: dict[str, Any] = json.loads(body)
        with self._begun.open("a", encoding="utf-8") as file:
            file.write(f"{task['name']} {os.getpid()}\n")
        for step in range(task.get("steps", 0)):
            progress(str(step).encode())
        await asyncio.sleep(task.get("lasts_s", 0.0))
        if task.get("kills"):
            os.kill(os.getpid(), signal.SIGKILL)
        return f"done {task['name']}".encode()


async def main(url: str, begun: str, at_once: str) -> None:
    """``begun``: the file in which each started task is recorded."""
    worker = Worker(Path(begun))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = WorkServer(url, dict.fromkeys(WorkKind, worker.do), at_once=int(at_once), drain_s=5.0, timing=QUICK)
    await server.serve(stop)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
