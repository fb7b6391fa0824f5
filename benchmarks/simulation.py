"""What a number of notes a day needs: machines, cores, connections, rows, bytes, requests; and the first bottleneck.

    python -m benchmarks.simulation [--notes-a-day 1000000] [--guilds 20000] [--voice-share 1] [--peak 3] ...

This is arithmetic only: measured constants, each with its source below, and one simulated day, second by second. Notes
arrive as a Poisson process whose rate is a curve with one peak, and wait for Discord's limit as ``bot/ui/pace.py``
makes them wait. Waiting for a free core is not simulated: the number of cores is sized for the peak.
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

# docs/speech.md, "How long people wait": two cores of an Intel Xeon with AMX transcribe 25.9 s of notes a second.
HEARING_CORE_S = 2 / 25.9
# docs/speech.md, "How it reads files": opening a note of 10 s in a separate process.
OPENING_CORE_S = 0.018
# docs/speech.md, "How it speaks": Piper with a text of 15 s, per second of speech.
SPEAKING_CORE_S = 0.114
# A gateway's processor time for a question that is answered in 60 words and four requests, and for a message that is
# not for the bot: measured with 60 questions at 5 a second and with 1,500 messages, the sandbox and the chat endpoint
# in another process, 2026-11-27, the same machine. Speech is not included.
ANSWERING_CORE_S, OVERHEARING_CORE_S = 0.072, 0.0004
# How much more memory a bot on 2,000 servers of five channels takes than one on two servers, per server; the same day.
GUILD_BYTES = 7_200
# docs/resilience.md, "Requests to Discord", when enough of the limit is left: a text, a note answered in writing, a
# note answered aloud.
REQUESTS = (2, 3, 4)
# The same when next to nothing of the limit is left (python -m benchmarks.requests --only limit): one message with the
# whole answer, and the voice message.
MIN_REQUESTS = (1, 1, 2)
# tests/app/test_statements.py: the most database statements and transactions that a voice note may take.
STATEMENTS, TRANSACTIONS = 20, 6
# PostgreSQL 15 with fsync, two shared cores: pgbench, 16 clients, one insert, lookup and update per transaction.
TRANSACTIONS_A_SERVER = 2_500
# A row of the tables jobs and exchanges (question of 25 words, answer of 60) with its share of the indexes, from 50,000
# rows of each, PostgreSQL 15.
JOB_BYTES, EXCHANGE_BYTES = 480, 700
# nats-server 2.9.10, tasks and results of 40 KB, two clients and workers on two cores.
TASKS_A_SERVER = 2_000
# Voice messages as Discord's clients record them (4 kB a second, Discord's documentation) and as made here with Piper.
NOTE_BYTES_S, SPEECH_BYTES_S = 4_000, 4_260
# The connections of one gateway: a pool of twenty, twenty more when those are in use (bot/storage/database.py), and one
# for its locks.
CONNECTIONS = 41
# Discord recommends one shard per 1,000 guilds or so; at a ``max_concurrency`` of 1, one shard identifies every 5 s.
GUILDS_A_SHARD, IDENTIFYING_S = 1_000, 5


@dataclass(frozen=True)
class Load:
    """The load on Starling; the defaults are a million voice notes a day, all answered aloud."""

    notes_a_day: int = 1_000_000
    guilds: int = 20_000
    voice_share: float = 1.0
    """The share of the notes that are recordings; the others are texts."""
    aloud_share: float = 1.0
    """The share of the recordings that are answered aloud."""
    direct_share: float = 0.2
    """The share of the notes that come in direct messages, all of which Discord sends to shard 0."""
    note_s: float = 12.0
    answer_s: float = 10.0
    """The duration of a spoken answer."""
    chat_s: float = 5.0
    """How long the chat model takes to write an answer."""
    messages_a_guild: int = 1_000
    """Messages per guild and day that are not for Starling."""
    peak: float = 3.0
    """The load at the peak of the day, as a multiple of the day's mean."""
    utilisation: float = 0.7
    """The share of a core that may be in use at the peak, so that nobody waits long for one."""
    cores_a_machine: int = 16
    requests_per_s: float = 50.0
    """Discord's limit for the bot."""
    latency_s: float = 0.1
    """The time until Discord answers. A request uses up a place within the limit for one second longer than this."""
    retention_days: int = 30

    @property
    def peak_notes_s(self) -> float:
        return self.notes_a_day * self.peak / DAY_S

    @property
    def recordings_s(self) -> float:
        """Recordings a second, at the peak."""
        return self.peak_notes_s * self.voice_share

    @property
    def spoken_s(self) -> float:
        """Spoken answers a second, at the peak."""
        return self.recordings_s * self.aloud_share

    @property
    def requests_taken_s(self) -> float:
        """How many requests a second can be made within Discord's limit."""
        return self.requests_per_s / (1 + self.latency_s)

    def requests_a_note(self, each: Sequence[float]) -> float:
        """The mean requests per note; ``each``: the requests for a text, for a recording answered in writing, and for
        one answered aloud."""
        text, written, aloud = each
        spoken = written + (aloud - written) * self.aloud_share
        return text + (spoken - text) * self.voice_share


@dataclass(frozen=True)
class Need:
    """One line of the table."""

    what: str
    needed: float
    """The amount needed at the peak, or in all."""
    unit: str
    one_gives: float | None = None
    """The amount that one machine, process or server provides; None if the line is for information only."""
    of_which: str = ""
    """What provides it: a machine, a process, a server."""
    grows: bool = True
    """Whether there can be more than one of these."""

    @property
    def many(self) -> int | None:
        return None if self.one_gives is None else math.ceil(self.needed / self.one_gives)

    @property
    def share(self) -> float:
        """The amount needed, as a share of what one provides."""
        return 0.0 if self.one_gives is None else self.needed / self.one_gives


def needs(load: Load) -> list[Need]:
    """What ``load`` needs at its peak."""
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
    """The most notes a day for a ``need`` that only one thing can provide, all else being equal."""
    return load.notes_a_day / need.share


def rates(load: Load) -> NDArray[np.float64]:
    """The expected number of notes in each second of the day: a curve with one peak of ``peak`` times the mean, lowest
    at the beginning of the day."""
    low, high = 0.0, 50.0
    for _ in range(60):
        steepness = (low + high) / 2
        low, high = (steepness, high) if math.exp(steepness) / np.i0(steepness) < load.peak else (low, steepness)
    curve = np.exp(-low * np.cos(2 * np.pi * np.arange(DAY_S) / DAY_S))
    expected: NDArray[np.float64] = load.notes_a_day * curve / curve.sum()
    return expected


@dataclass(frozen=True)
class Waits:
    """How long complete answers waited for Discord's limit, in seconds, over all notes of a day."""

    median_s: float
    p99_s: float
    longest_s: float
    late_share: float
    """The share of the notes that waited for more than ten seconds."""
    whole_share: float
    """The share of the requests for typing indicators and for edits of growing answers that there was room for."""


def wait_for_discord(load: Load, seed: int = 1) -> Waits:
    """Simulate the day, second by second. What must be sent goes first, in order. The room that is left beside it,
    except for the share that is kept free, goes to signs of progress."""
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
    """What the load needs, and what becomes the bottleneck first, as Markdown."""
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
    """How long people wait for Discord's limit, by notes a day and by the limit, as Markdown."""
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
    """``value`` rounded down to two digits: the constants are no more precise than that."""
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
