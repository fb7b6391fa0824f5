"""What so many notes a day take: machines, cores, connections, rows, bytes, requests; and what binds first.

    python -m benchmarks.simulation [--notes-a-day 1000000] [--guilds 20000] [--voice-share 1] [--peak 3] ...

Nothing runs but arithmetic: constants that were measured, each with its source below, and one day, second by second,
in which notes come as Poisson has it around a curve with one peak, and wait for Discord's limit as ``bot/ui/pace.py``
has them wait. What waits because too few cores were rented is not looked at: cores are counted for the peak.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bot.ui.pace import FOR_SIGNS
from bot.work.bus.streams import DONE_KEPT_S

DAY_S = 86_400

# docs/speech.md, "How long people wait": two cores of an Intel Xeon with AMX hear 25.9 s of notes a second.
HEARING_CORE_S = 2 / 25.9
# docs/speech.md, "How it reads files": a note of 10 s is opened by a process of its own.
OPENING_CORE_S = 0.018
# docs/speech.md, "How it speaks": Piper, a text of 15 s, for a second of speech.
SPEAKING_CORE_S = 0.114
# A gateway's processor time for a question that is answered in 60 words and four requests, and for a message that is
# not for it: 60 of the one at 5 a second, 1,500 of the other, the sandbox and the chat endpoint in another process,
# 2026-11-27, the same machine. The time for speech is not in it.
ANSWERING_CORE_S, OVERHEARING_CORE_S = 0.072, 0.0004
# The growth of a bot on 2,000 servers of five channels above one on two, the same day.
GUILD_BYTES = 7_200
# docs/resilience.md, "Requests to Discord", where enough is left: a text, a note answered in writing, one aloud.
REQUESTS = (2, 3, 4)
# The same where next to nothing is left (python -m benchmarks.requests --only limit): the whole answer in one message,
# and the voice message.
MIN_REQUESTS = (1, 1, 2)
# tests/app/test_statements.py: the most that a voice note may ask of the database.
STATEMENTS, TRANSACTIONS = 20, 6
# PostgreSQL 15 with fsync, two shared cores: pgbench, 16 clients, a row inserted, looked up and changed a transaction.
TRANSACTIONS_A_SERVER = 2_500
# Rows of the tables jobs and exchanges (25 words asked, 60 answered) with their indexes, 50,000 of each, PostgreSQL 15.
JOB_BYTES, EXCHANGE_BYTES = 480, 700
# nats-server 2.9.10, tasks and results of 40 KB, two clients and workers on two cores.
TASKS_A_SERVER = 2_000
# Voice messages as Discord's clients record them (4 kB a second, Discord's documentation) and as Piper's come out here.
NOTE_BYTES_S, SPEECH_BYTES_S = 4_000, 4_260
# The pool of one gateway (bot/storage/database.py): twenty, twenty more when all are in use, and one for its locks.
CONNECTIONS = 41
# Discord recommends a shard for about so many guilds; one identifies in five seconds where it allows one at once.
GUILDS_A_SHARD, IDENTIFYING_S = 1_000, 5


@dataclass(frozen=True)
class Load:
    """What is asked of Starling; the defaults are a million voice notes that are answered aloud."""

    notes_a_day: int = 1_000_000
    guilds: int = 20_000
    voice_share: float = 1.0
    """Of the notes: recordings; the others are texts."""
    aloud_share: float = 1.0
    """Of the recordings: answered aloud."""
    direct_share: float = 0.2
    """Of the notes: in direct messages, all of which Discord tells to shard 0."""
    note_s: float = 12.0
    answer_s: float = 10.0
    """How long a spoken answer is."""
    chat_s: float = 5.0
    """How long the chat model writes an answer."""
    messages_a_guild: int = 1_000
    """Messages a day in a guild that are not for Starling."""
    peak: float = 3.0
    """The busiest minute against the mean of the day."""
    utilisation: float = 0.7
    """How much of a core may be in use at the peak, so that nobody waits long for one."""
    cores_a_machine: int = 16
    requests_per_s: float = 50.0
    """Discord's limit."""
    latency_s: float = 0.1
    """Until Discord answers: a place within its limit is taken for a second longer than that."""
    retention_days: int = 30

    @property
    def peak_notes_s(self) -> float:
        return self.notes_a_day * self.peak / DAY_S

    @property
    def recordings_s(self) -> float:
        """At the peak."""
        return self.peak_notes_s * self.voice_share

    @property
    def spoken_s(self) -> float:
        """Answers that are spoken a second, at the peak."""
        return self.recordings_s * self.aloud_share

    @property
    def requests_taken_s(self) -> float:
        """What of Discord's limit can be used."""
        return self.requests_per_s / (1 + self.latency_s)

    def requests_a_note(self, each: Sequence[float]) -> float:
        """The mean, where a text, a note answered in writing and one aloud cost ``each``."""
        text, written, aloud = each
        spoken = written + (aloud - written) * self.aloud_share
        return text + (spoken - text) * self.voice_share


@dataclass(frozen=True)
class Need:
    """One line of the table."""

    what: str
    needed: float
    """At the peak, or in all."""
    unit: str
    one_gives: float | None = None
    """How much of it a machine, a process or a server gives; None: it is only to be known."""
    of_which: str = ""
    """What that is one of."""
    grows: bool = True
    """Whether there may be more of those."""

    @property
    def many(self) -> int | None:
        return None if self.one_gives is None else math.ceil(self.needed / self.one_gives)

    @property
    def share(self) -> float:
        """Of what one gives, for what there is but one of."""
        return 0.0 if self.one_gives is None else self.needed / self.one_gives


def needs(load: Load) -> list[Need]:
    """What ``load`` takes at its peak."""
    notes_s, busy, machine = load.peak_notes_s, load.utilisation, load.cores_a_machine
    hearing = load.recordings_s * (load.note_s * HEARING_CORE_S + OPENING_CORE_S) / busy
    speaking = load.spoken_s * load.answer_s * SPEAKING_CORE_S / busy
    overheard_s = load.guilds * load.messages_a_guild * load.peak / DAY_S
    loops = notes_s * ANSWERING_CORE_S + overheard_s * OVERHEARING_CORE_S
    gateways = math.ceil(loops / busy)
    shards = max(math.ceil(load.guilds / GUILDS_A_SHARD), gateways)
    tasks_s = load.recordings_s + load.spoken_s
    result_bytes_s = load.spoken_s * load.answer_s * SPEECH_BYTES_S
    workers = math.ceil((hearing + speaking) / machine)
    rows = load.notes_a_day * load.retention_days
    return [
        Need(
            "Discord: requests", notes_s * load.requests_a_note(MIN_REQUESTS), "/s", load.requests_taken_s,
            "bot", grows=False,
        ),
        Need("Discord: shards", shards, "", 1, "shard"),
        Need("Discord: until all shards are connected", shards * IDENTIFYING_S, "s"),
        Need("gateways: processor", loops, "cores", busy, "process"),
        Need(
            "gateway of shard 0: direct messages", notes_s * load.direct_share * ANSWERING_CORE_S, "cores", busy,
            "process", grows=False,
        ),
        Need("gateways: memory for what is known of guilds", load.guilds * GUILD_BYTES / 1e6, "MB in all"),
        Need("workers: hearing", hearing, "cores", machine, "machine"),
        Need("workers: speaking", speaking, "cores", machine, "machine"),
        Need("workers: from Discord", load.recordings_s * load.note_s * NOTE_BYTES_S / 1e6, "MB/s"),
        Need("gateways: voices to Discord", result_bytes_s / 1e6, "MB/s"),
        Need("NATS: tasks", tasks_s, "/s", TASKS_A_SERVER, "server", grows=False),
        Need("NATS: results kept", result_bytes_s * DONE_KEPT_S / 1e9, "GB"),
        Need("NATS: connections", gateways + workers, ""),
        Need("PostgreSQL: statements", notes_s * STATEMENTS, "/s"),
        Need(
            "PostgreSQL: transactions", notes_s * TRANSACTIONS, "/s", TRANSACTIONS_A_SERVER, "server", grows=False
        ),
        Need("PostgreSQL: connections", gateways * CONNECTIONS, ""),
        Need(f"PostgreSQL: rows of {load.retention_days} days", 2 * rows / 1e6, "million"),
        Need("PostgreSQL: their bytes", rows * (JOB_BYTES + EXCHANGE_BYTES) / 1e9, "GB"),
        Need("chat endpoint: answers at once", notes_s * load.chat_s, ""),
    ]  # fmt: skip


def most_notes_a_day(load: Load, need: Need) -> float:
    """How many notes a day what there is but one of would bear, all else the same."""
    return load.notes_a_day / need.share


def rates(load: Load) -> NDArray[np.float64]:
    """Notes a second that are to be expected in each second of the day: a curve with one peak, which is ``peak`` times
    the mean, and lowest at its beginning."""
    low, high = 0.0, 50.0
    for _ in range(60):
        steepness = (low + high) / 2
        low, high = (steepness, high) if math.exp(steepness) / np.i0(steepness) < load.peak else (low, steepness)
    curve = np.exp(-low * np.cos(2 * np.pi * np.arange(DAY_S) / DAY_S))
    expected: NDArray[np.float64] = load.notes_a_day * curve / curve.sum()
    return expected


@dataclass(frozen=True)
class Waits:
    """How long last words waited for Discord's limit, over all notes of a day, in seconds."""

    median_s: float
    p99_s: float
    longest_s: float
    late_share: float
    """Notes that waited for more than ten seconds."""
    whole_share: float
    """Of the requests that show an answer as it grows, and that somebody is typing: those that there was room for."""


def wait_for_discord(load: Load, seed: int = 1) -> Waits:
    """The day, second by second: what must be sent comes first, in its order; what there is room for beside it, up to
    the share that is kept free, shows that something is going on."""
    notes = np.random.default_rng(seed).poisson(rates(load))
    least = load.requests_a_note(MIN_REQUESTS)
    more = load.requests_a_note(REQUESTS) - least
    taken_s = load.requests_taken_s
    waiting = shown = 0.0
    waits_s: list[float] = []
    for come in notes.tolist():
        waiting += come * least
        waits_s.append(max(0.0, waiting / taken_s - 1))
        room = max(0.0, (1 - FOR_SIGNS) * taken_s - waiting)
        shown += min(room, come * more)
        waiting = max(0.0, waiting - taken_s)
    each = np.repeat(waits_s, notes)
    wanted = notes.sum() * more
    return Waits(
        float(np.median(each)), float(np.percentile(each, 99)), float(each.max()), float((each > 10).mean()),
        float(shown / wanted) if wanted else 1.0,
    )  # fmt: skip


def takes(load: Load) -> str:
    """What it takes, and what binds first, as Markdown."""
    lines = [
        f"{load.notes_a_day:,} notes a day in {load.guilds:,} guilds: {load.notes_a_day / DAY_S:.1f} a second, "
        f"{load.peak_notes_s:.1f} at the peak; {load.voice_share:.0%} of them recordings of {load.note_s:g} s, "
        f"{load.aloud_share:.0%} of those answered aloud, for {load.answer_s:g} s.",
        "",
        f"| at the peak, cores no more than {load.utilisation:.0%} in use | needed | one gives | so many |",
        "| --- | ---: | ---: | ---: |",
    ]
    found = needs(load)
    for need in found:
        gives = "" if need.one_gives is None else f"{_number(need.one_gives)} a {need.of_which}"
        enough = need.grows or need.share <= 1
        many = "" if need.many is None else str(need.many) if enough else "**not enough**"
        lines.append(f"| {need.what} | {_number(need.needed)} {need.unit} | {gives} | {many} |")
    lines += ["", "| what there is but one of | bears so many notes a day |", "| --- | ---: |"]
    single = sorted((need for need in found if not need.grows and need.needed), key=lambda need: -need.share)
    for need in single:
        lines.append(f"| {need.what} | {_rounded(most_notes_a_day(load, need)):,} |")
    return "\n".join(lines)


def days(load: Load) -> str:
    """How long people wait for Discord's limit, by how many they are and what it is, as Markdown."""
    lines = [
        "| notes a day | Discord takes a second | median wait s | p99 s | longest s | later than 10 s | signs shown |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for share, times in ((0.25, 1), (0.5, 1), (1, 1), (1, 1.5), (1, 2), (1, 4)):
        notes, per_s = int(load.notes_a_day * share), load.requests_per_s * times
        waits = wait_for_discord(replace(load, notes_a_day=notes, requests_per_s=per_s))
        times_s = " | ".join(f"{waited_s:,.1f}" for waited_s in (waits.median_s, waits.p99_s, waits.longest_s))
        lines.append(f"| {notes:,} | {per_s:g} | {times_s} | {waits.late_share:.1%} | {waits.whole_share:.0%} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _rounded(value: float) -> int:
    """To two digits: more than that the constants do not tell."""
    step = 10 ** max(0, int(math.log10(value)) - 1)
    return int(value // step * step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for one in fields(Load):
        default = getattr(Load(), one.name)
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=type(default), default=default)
    load = Load(**vars(parser.parse_args()))
    print(takes(load), days(load), sep="\n\n")


if __name__ == "__main__":
    main()
