"""What is lost or answered twice when gateways, workers and NATS are killed: the table of docs/scaling.md.

    python -m benchmarks.scaling_chaos [--notes N] [--minute | --bots]

Two workers that do up to four tasks at once, one gateway, and a NATS server with its streams on disk, each in a
separate process, are killed with ``kill -9`` and restarted while 35 notes a second come in. Transcribing a note takes
0.3 s and no processor time; a file stands in for the database and Discord, recording what is promised and posted.
``--minute``: a random part is killed every two seconds for a minute. ``--bots``: the same every six seconds with real
bots and workers in the sandbox, two of each, NATS and PostgreSQL; one voice note every three seconds is answered in
writing and aloud.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import machine
from bot.sandbox.server import Sandbox
from tests.app.forked import execute
from tests.databases import postgresql_server
from tests.harness import populated, voice
from tests.scaling.chaos import Counts, Machines
from tests.scaling.fleet import GATEWAYS, WORKERS, Asked, Fleet, answered, replies_to
from tests.scaling.nats import PROGRAM, NatsServer, running
from tests.scripted_chat import ScriptedChat

RATE, LASTS_S = 35.0, 0.3
BOT_NOTE_EACH_S, BOT_KILL_EACH_S, SETTLES_S = 3.0, 6.0, 120.0
PARTS = ("worker", "server", "gateway")
ROWS: tuple[tuple[str, Collection[str], float], ...] = (
    ("nothing", (), 0.0),
    ("a worker", ("worker",), 1.0),
    ("NATS, for 1 s", ("server",), 1.0),
    ("NATS, for 3 s", ("server",), 3.0),
    ("the gateway, for 1 s", ("gateway",), 1.0),
    ("all three, for 1 s", PARTS, 1.0),
)


async def killed_once(folder: Path, notes: int, what: Collection[str], away_s: float) -> Counts:
    """Kill ``what`` once, when a third of the notes is answered."""
    with running(NatsServer(folder)) as server:
        machines = Machines(server, folder, notes=notes, each_s=1 / RATE, lasts_s=LASTS_S, start=execute)
        try:
            await machines.answered(notes // 3, 60)
            await machines.kill(what, away_s=away_s)
            return await machines.end(120)
        finally:
            machines.close()


async def killed_at_random(folder: Path, notes: int, lasts_s: float) -> tuple[Counts, int]:
    """Kill a random part, or all of them, every two seconds; returns also the number of kills."""
    with running(NatsServer(folder)) as server:
        machines = Machines(server, folder, notes=notes, each_s=lasts_s / notes, lasts_s=LASTS_S, start=execute)
        try:
            await machines.answered(1, 60)
            until, kills, dice = time.monotonic() + lasts_s, 0, random.Random(19)
            while time.monotonic() < until:
                await asyncio.sleep(1.5)
                await machines.kill(dice.choice([*[(part,) for part in PARTS], PARTS]), away_s=0.5)
                kills += 1
            return await machines.end(120), kills
        finally:
            machines.close()


def server_version() -> str:
    return subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=True).stdout.strip()


@dataclass(frozen=True, slots=True)
class BotCounts:
    """The outcomes of the notes that were sent to real bots."""

    sent: int
    once: int
    told: int
    """Notes that were not answered, for example after three interruptions; the person was told why, with a button to
    have the note answered."""
    twice: int
    never: int


async def bots_killed_at_random(lasts_s: float) -> tuple[BotCounts, int]:
    """Kill random parts of a fleet of real bots; returns the outcomes of the notes and the number of kills."""
    with (
        tempfile.TemporaryDirectory() as name,
        running(NatsServer(Path(name))) as server,
        postgresql_server() as database,
    ):
        async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
            chat.answer, chat.word_delay_s = "one two three four five six seven eight nine ten", 0.1
            fleet = Fleet(harness, server, database, Path(name), execute)
            everything = (*GATEWAYS, *WORKERS, "NATS", "PostgreSQL")
            try:
                for process in (*GATEWAYS, *WORKERS):
                    fleet.begin(process)
                await fleet.ready(*GATEWAYS, *WORKERS)
                people = (harness.administrator, harness.russian, harness.member)
                asked: list[Asked] = []

                async def send() -> None:
                    for number in range(int(lasts_s / BOT_NOTE_EACH_S)):
                        person = people[number % len(people)]
                        note = await person.send(await harness.dm(person), voice=voice("jfk.ogg"))
                        asked.append(Asked(person, note))
                        await asyncio.sleep(BOT_NOTE_EACH_S)

                sending, kills, dice = asyncio.create_task(send()), 0, random.Random(19)
                while not sending.done():
                    await asyncio.sleep(BOT_KILL_EACH_S)
                    await kill_in(fleet, dice.choice(everything))
                    kills += 1
                await sending
                until = time.monotonic() + SETTLES_S
                for one in asked:
                    await answered(one, "ten", max(0.5, until - time.monotonic()))
                return await counted(asked), kills
            finally:
                fleet.close()


async def kill_in(fleet: Fleet, what: str) -> None:
    """Kill ``what`` with ``kill -9`` and start it again."""
    if what == "NATS":
        fleet.nats.kill()
        await asyncio.to_thread(fleet.nats.start)
    elif what == "PostgreSQL":
        await asyncio.to_thread(fleet.database.crash)
        await asyncio.to_thread(fleet.database.start)
    else:
        fleet.kill(what)
        fleet.begin(what)


async def counted(asked: Sequence[Asked]) -> BotCounts:
    """Count the outcomes. A note is answered once if it has one complete written answer and one voice message."""
    counts: Counter[str] = Counter()
    for one in asked:
        found = await replies_to(one)
        if len(found.texts) > 1 or found.voices > 1:
            counts["twice"] += 1
        elif found.voices == 1 and found.texts and found.texts[0].endswith("ten"):
            counts["once"] += 1
        elif found.texts and found.texts[0].splitlines()[-1].startswith("-# "):
            counts["told"] += 1
        else:
            counts["never"] += 1
        if counts["once"] < counts.total():
            print(found, file=sys.stderr)
    return BotCounts(len(asked), counts["once"], counts["told"], counts["twice"], counts["never"])


def row(name: str, counts: Counts) -> str:
    return (
        f"| {name} | {counts.sent} | {counts.once} | {counts.twice} | {counts.never} | {counts.done_twice} "
        f"| {counts.p50_s * 1000:.0f} | {counts.p99_s * 1000:.0f} | {counts.slowest_s:.1f} |"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--notes", type=int, default=400)
    parser.add_argument("--minute", action="store_true")
    parser.add_argument("--bots", action="store_true")
    chosen = parser.parse_args()
    print(f"{machine()}; {server_version()}\n")
    if not chosen.bots:
        print("| killed | sent | answered once | twice | never | worked on twice | p50 ms | p99 ms | longest s |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, what, away_s in ROWS if not chosen.minute and not chosen.bots else ():
        with tempfile.TemporaryDirectory() as folder:
            print(row(name, await killed_once(Path(folder), chosen.notes, what, away_s)), flush=True)
    if chosen.minute:
        with tempfile.TemporaryDirectory() as folder:
            counts, kills = await killed_at_random(Path(folder), chosen.notes, 60.0)
            print(row(f"{kills} times something at random, in a minute", counts), flush=True)
    if chosen.bots:
        found, kills = await bots_killed_at_random(60.0)
        print("| killed | sent | answered once | told, with a button | twice | never |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        print(
            f"| {kills} times something at random, in a minute, real bots | {found.sent} | {found.once} | {found.told} "
            f"| {found.twice} | {found.never} |"
        )


if __name__ == "__main__":
    asyncio.run(main())
