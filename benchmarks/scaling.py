"""How much faster several workers are than one, and how much latency a worker adds compared with a single process.

    python -m benchmarks.scaling [--workers 1 2 4 8] [--notes N] [--only tasks | notes]

First, tasks of 0.4 s that take no processor time, as if a core on another machine did them: throughput with three
clients per worker, and with one client for every two workers the latency beyond the task itself, compared with a queue
in this process. Each worker is a process that does one task at a time. Then voice notes, one after another, in a direct
message to the real bot on PostgreSQL, which does speech itself or leaves it to a worker process: the time from the note
to the complete written answer and to the spoken one, and the requests to Discord and SQL statements per note.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from benchmarks.machine import machine
from benchmarks.requests import is_exempt, requests_for
from benchmarks.scaling_chaos import server_version
from benchmarks.scaling_tasks import tasks
from bot.sandbox.server import Sandbox
from tests.app.forked import execute
from tests.app.process import command_by
from tests.databases import postgresql_server
from tests.harness import BotHarness, populated, running, voice
from tests.scaling import nats
from tests.scripted_chat import ScriptedChat

ANSWER = "The heron waits in the shallow water. Then it flies away."


@dataclass
class NoteCost:
    """The measurements of each note."""

    written_s: list[float] = field(default_factory=list)
    aloud_s: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    transactions: list[int] = field(default_factory=list)


async def notes(harness: BotHarness, count: int) -> NoteCost:
    cost, made = NoteCost(), {"statements": 0, "transactions": 0}

    def statement(*_given: object) -> None:
        made["statements"] += 1

    def transaction(*_given: object) -> None:
        made["transactions"] += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "begin", transaction)
    harness.chat.answer = ANSWER
    place = await harness.dm(harness.member)
    for number in range(count + 1):
        harness.sandbox.requests.clear()
        made["statements"] = made["transactions"] = 0
        began_s = time.monotonic()
        sent = await harness.member.send(place, voice=voice("jfk.ogg"))
        answer = await harness.answer_to(sent, lambda text: "away." in text)
        written_s = time.monotonic() - began_s
        await harness.voice_reply_to(answer)
        aloud_s = time.monotonic() - began_s
        await asyncio.sleep(0.7)
        if number:  # the first note includes loading
            cost.written_s.append(written_s)
            cost.aloud_s.append(aloud_s)
            requests = requests_for(harness.sandbox)
            cost.requests.append(sum(times for route, times in requests.items() if not is_exempt(route)))
            cost.statements.append(made["statements"])
            cost.transactions.append(made["transactions"])
    event.remove(Engine, "before_cursor_execute", statement)
    event.remove(Engine, "begin", transaction)
    return cost


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


async def bots(count: int) -> None:
    print(
        "| who hears and speaks | written p50 s | longest | aloud p50 s | longest "
        "| requests | statements | transactions |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for who in ("the bot itself", "a worker", "the bot itself, again"):
        with postgresql_server() as database, tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            settings: dict[str, object] = {"database_url": database.url, "recall": "words"}
            async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
                settings |= {"openai_base_url": chat.base_url, "chat_model": "scripted"}
                if who != "a worker":
                    async with running(folder / who, sandbox, **settings):
                        cost = await notes(harness, count)
                else:
                    streams = folder / "nats"
                    streams.mkdir()
                    with nats.running(nats.NatsServer(streams)) as server:
                        given = {"DISCORD_API_URL": sandbox.rest_url, "TTS_ENGINE": "offline", "LOG_LEVEL": "warning"}
                        async with command_by(
                            execute, "worker", WORK_URL=server.url, DATA_FOLDER=str(folder / "worker"), **given
                        ) as worker:
                            assert worker.stdout is not None
                            await worker.stdout.readline()
                            async with running(folder / who, sandbox, work_url=server.url, **settings):
                                cost = await notes(harness, count)
            print(
                f"| {who} | {middle(cost.written_s):.2f} | {max(cost.written_s):.2f} | {middle(cost.aloud_s):.2f} "
                f"| {max(cost.aloud_s):.2f} | {middle(list(map(float, cost.requests))):.0f} "
                f"| {middle(list(map(float, cost.statements))):.0f} "
                f"| {middle(list(map(float, cost.transactions))):.0f} |",
                flush=True,
            )


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--notes", type=int, default=12)
    parser.add_argument("--only", choices=["tasks", "notes"])
    chosen = parser.parse_args()
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{machine()}; {server_version()}; load {load}\n")
    if chosen.only != "notes":
        await tasks(chosen.workers)
        print()
    if chosen.only != "tasks":
        await bots(chosen.notes)


if __name__ == "__main__":
    asyncio.run(main())
