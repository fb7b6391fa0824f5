"""How much one member, server or endpoint can harm everybody else, and what is lost through kills and faults.

    python -m benchmarks.resilience [--only NAME ...] [--lost] [--soak SECONDS]

Starling runs in a separate process, in a sandbox in this one. During each attack of ``tests.attacks``, a member of
another server uses /hi again and again, and the longest wait is reported. Memory is how much more Starling and its
children take than before the attack. ``--soak`` instead sends a message a second through kills and faults, and reports
whether Starling's memory and descriptors stay flat. Times depend on the machine and its other load; the first row, of
an idle Starling, shows how much.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

from benchmarks.machine import machine
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.client.user_client import NothingCameError
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from tests import attacks
from tests.app.forked import kept
from tests.attacks import ELSEWHERE
from tests.conftest import ROOT
from tests.harness import BotHarness, Message, populated
from tests.scripted_chat import ScriptedChat

PATIENCE_S = 120.0
ACKNOWLEDGED_S = 3.0
"""Discord's limit. The sandbox waits longer here, so that the actual time can be measured."""
FLOOD, ASKED_IN_FLOOD = 115, 10
KILLS, KILL_EVERY_S, QUESTIONS_A_KILL = 5, 15.0, 12
STORM_S, STORM_FAULTS = 60.0, 71
SETTLING_S = 20.0
"""How long to wait after a start until everything is loaded and nothing is left to catch up on."""
SAMPLED_S = 0.1


class BotProcess:
    """Starling as a process that can be started, killed and started again, on one data folder."""

    def __init__(self, folder: Path, sandbox: Sandbox, chat: ScriptedChat) -> None:
        self._environment = kept() | {
            "DISCORD_TOKEN": sandbox.bot_token, "DISCORD_API_URL": sandbox.rest_url, "DATA_FOLDER": str(folder),
            "OPENAI_BASE_URL": chat.base_url, "CHAT_MODEL": "scripted", "TTS_ENGINE": "offline", "LOG_LEVEL": "warning",
            "CHAT_CONTEXT_TOKENS": "100000", "CHAT_TIMEOUT_S": "10", "CHAT_ANSWER_S": "30", "RECALL": "words",
            "MESSAGE_CONTENT_INTENT": "true",
        }  # fmt: skip
        self._log = folder / "log.txt"
        self._log.touch()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start Starling and wait until it reports that it is ready."""
        starts = self._starts
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", stdout=log, stderr=log, cwd=ROOT, env=self._environment
            )
        async with asyncio.timeout(PATIENCE_S):
            while self._starts == starts:
                assert self._process.returncode is None, self._log.read_text(encoding="utf-8")[-2000:]
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Kill Starling, as ``kill -9`` or a power cut does."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    @property
    def _starts(self) -> int:
        return self._log.read_bytes().count(b"Starling is ready")

    @property
    def memory_bytes(self) -> int:
        """The memory of Starling and its children; shared memory is counted for each of them."""
        assert self._process is not None
        found = 0
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._process.pid)
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    found += each.memory_info().rss
        return found

    @property
    def descriptors(self) -> int:
        assert self._process is not None
        return psutil.Process(self._process.pid).num_fds()


@dataclass
class Watch:
    """How long another member waited during an attack, and how much memory Starling took."""

    waits_s: list[float] = field(default_factory=list)
    most_bytes: int = 0
    before_bytes: int = 0

    @property
    def row(self) -> str:
        late = sum(wait_s > ACKNOWLEDGED_S for wait_s in self.waits_s)
        above = max(0, self.most_bytes - self.before_bytes) >> 20
        return (
            f"{max(self.waits_s):.2f} | {statistics.median(self.waits_s):.2f} | {late} of {len(self.waits_s)} | {above}"
        )


@dataclass
class Place:
    """The bot in its sandbox, and the people there."""

    bot: BotProcess
    harness: BotHarness

    @property
    def other(self) -> DiscordUser:
        """A person on a server other than the one that the attacks come from."""
        return self.harness.russian

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[Watch]:
        """Record another member's waits and Starling's memory during the block."""
        watch = Watch(before_bytes=self.bot.memory_bytes)

        async def ask() -> None:
            while True:
                began_s = time.monotonic()
                outcome = await self.other.slash("hi", channel=ELSEWHERE, timeout_s=PATIENCE_S)
                watch.waits_s.append(time.monotonic() - began_s if outcome.succeeded else PATIENCE_S)
                await asyncio.sleep(0.2)

        async def weigh() -> None:
            while True:
                watch.most_bytes = max(watch.most_bytes, self.bot.memory_bytes)
                await asyncio.sleep(SAMPLED_S)

        watching = [asyncio.create_task(ask()), asyncio.create_task(weigh())]
        await asyncio.sleep(1)
        try:
            yield watch
        finally:
            await asyncio.sleep(1)
            for task in watching:
                task.cancel()
            done = await asyncio.gather(*watching, return_exceptions=True)
            for error in done:
                if isinstance(error, Exception):
                    raise error


class Opened:
    """A ``Place`` that exists during the block."""

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Place:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        chat = await self._stack.enter_async_context(ScriptedChat())
        sandbox = await self._stack.enter_async_context(Sandbox(options=Options(ack_timeout_s=PATIENCE_S)))
        harness = await self._stack.enter_async_context(populated(sandbox, chat))
        chat.script = attacks.misbehave
        bot = BotProcess(folder, sandbox, chat)
        await bot.start()
        self._stack.push_async_callback(bot.kill)
        await asyncio.sleep(SETTLING_S)
        return Place(bot, harness)

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()


# One member against the rest


async def _idle(_harness: BotHarness) -> None:
    await asyncio.sleep(10)


def attack_list() -> dict[str, Callable[[BotHarness], Awaitable[object]]]:
    """Every attack by its name."""
    picture = attacks.large_picture()
    return {
        "nothing": _idle,
        "four text files": attacks.text_files,
        "a transcript's correction": attacks.transcript,
        "a search for keys in 240 KB": attacks.secrets_search,
        "odd datasets of 4 and 8 MB": attacks.odd_uploads,
        "16 pictures of 48 megapixels": functools.partial(attacks.pictures, data=picture),
        "4 pictures of 12 megapixels": functools.partial(
            attacks.pictures, data=attacks.large_picture((4000, 3000)), messages=1
        ),
        "500 autocompletions": attacks.autocompletes,
        "60 presses of Read aloud": attacks.presses,
        "an answer of 20 MB": functools.partial(attacks.stare, way="a huge answer"),
        "a line of 100 MB": functools.partial(attacks.stare, way="a line without end"),
        "64 MB in 64 KB of gzip": functools.partial(attacks.stare, way="a bomb"),
        "a thought without end": functools.partial(attacks.stare, way="a thought without end"),
        "an answer of 6,000 list items": functools.partial(attacks.stare, way="list items"),
        f"a flood of {FLOOD} questions": flood,
    }


async def flood(harness: BotHarness) -> None:
    """One member keeps asking, while another asks now and then on another server; prints how many questions of the
    latter were refused."""
    harness.chat.word_delay_s = 0.5
    try:
        asked = [
            asyncio.create_task(harness.member.send("general", f"{harness.mention} question {number}"))
            for number in range(FLOOD)
        ]
        refused = 0
        for number in range(ASKED_IN_FLOOD):
            question = await harness.russian.send(ELSEWHERE, f"{harness.mention} another's {number}")
            answer = await harness.complete_answer_to(question, reader=harness.russian)
            refused += "Paris" not in answer["content"]
        await asyncio.gather(*asked)
        print(f"\nOf {ASKED_IN_FLOOD} questions of another server in that flood were refused: {refused}.")
    finally:
        harness.chat.word_delay_s = 0.0


async def attacked(only: Sequence[str]) -> list[str]:
    """The first table: what each attack does to others."""
    rows = [
        "| while | longest wait of another server's /hi, s | median, s | later than 3 s | memory above before, MB |"
    ]
    rows.append("| --- | ---: | ---: | ---: | ---: |")
    async with Opened() as place:
        for name, attack in attack_list().items():
            if only and not any(part in name for part in only):
                continue
            began_s = time.monotonic()
            try:
                async with place.watched() as watch, asyncio.timeout(2 * PATIENCE_S):
                    await attack(place.harness)
            except (TimeoutError, NothingCameError) as error:
                print(f"{name}: {str(error)[:200]}", flush=True)
            rows.append(f"| {name} | {watch.row} |")
            print(rows[-1], f"({time.monotonic() - began_s:.0f} s)", flush=True)
            await asyncio.sleep(3)
    return rows


# What is lost, and what is answered twice


@dataclass
class Asked:
    """Questions, each with different words, and the answers to them."""

    harness: BotHarness
    messages: list[Message] = field(default_factory=list)

    async def ask(self) -> None:
        """Ask one more question, by one of three people in one of four places."""
        harness, number = self.harness, len(self.messages)
        person, place = (
            (harness.member, "general"), (harness.russian, ELSEWHERE), (harness.administrator, "voice-notes"),
            (harness.member, await harness.dm(harness.member)),
        )[number % 4]  # fmt: skip
        self.messages.append(await person.send(place, f"{harness.mention} question {number}."))

    def counts(self) -> tuple[int, int, int]:
        """How many were answered once, more than once, and never."""
        answers = self._answers()
        of_each = [answers.get(message["id"], 0) for message in self.messages]
        return of_each.count(1), sum(count > 1 for count in of_each), of_each.count(0)

    def _known(self) -> list[Message]:
        people = (self.harness.member, self.harness.russian, self.harness.administrator)
        known = {id_: message for person in people for id_, message in person.known_messages.items()}
        return [message for message in known.values() if message["author"]["id"] == self.harness.bot_id]

    def _answers(self) -> dict[str, int]:
        """How many answers there are, by the id of the question."""
        answers: dict[str, int] = {}
        for message in self._known():
            about = _replied_to(message)
            if about and "question" in message["content"]:
                answers[about] = answers.get(about, 0) + 1
        return answers

    async def settle(self, timeout_s: float = PATIENCE_S) -> tuple[int, int, int]:
        """Wait until every question is answered, at most ``timeout_s``, and five seconds more; returns ``counts``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.counts()[2]:
                    await asyncio.sleep(0.5)
        await asyncio.sleep(5)
        return self.counts()

    def row(self, name: str, counts: tuple[int, int, int]) -> str:
        """A line of the table, which is printed as well; first prints each unanswered question with the bot's other
        replies to it."""
        answers = self._answers()
        for number, message in enumerate(self.messages):
            if not answers.get(message["id"]):
                said = [each["content"] for each in self._known() if _replied_to(each) == message["id"]]
                print(f"never: {number}, in {message['channel_id']} at {message['timestamp']}: {said}", flush=True)
        line = f"| {name} | {len(self.messages)} | {counts[0]} | {counts[1]} | {counts[2]} |"
        print(line, flush=True)
        return line


def _replied_to(message: Message) -> str | None:
    replied: str | None = (message.get("message_reference") or {}).get("message_id")
    return replied


def disturb(sandbox: Sandbox, chance: random.Random) -> None:
    """Cause one fault of a random kind."""
    kind = chance.choice(
        ["error", "error", "drop", "drop", "rate_limit", "slow", "reconnect", "resume", "lose", "close"]
    )
    if kind == "reconnect":
        sandbox.reconnect()
    elif kind in ("resume", "lose"):
        sandbox.invalidate_sessions(resumable=kind == "resume")
    elif kind == "close":
        sandbox.close_gateway(chance.choice([None, 4000, 4009]))
    else:
        method, after = chance.choice(["POST", "PATCH", None]), chance.random() < 0.5
        details = {"after": after} if kind in ("error", "drop") else {}
        sandbox.fault(kind, method=method, only_bot=True, **details)


async def lost() -> list[str]:
    """The second table: what kills and faults lose."""
    rows = ["| through | questions | answered once | twice or more | never |", "| --- | ---: | ---: | ---: | ---: |"]
    async with Opened() as place:
        place.harness.chat.answer = None
        harness, bot = place.harness, place.bot
        known = Asked(harness)
        for _ in range(4):
            await known.ask()  # it catches up only in places that it knows
        await known.settle()
        asked = Asked(harness)
        for _kill in range(KILLS):
            for _ in range(QUESTIONS_A_KILL - 4):
                await asked.ask()
                await asyncio.sleep(0.5)
            await bot.kill()
            starting = asyncio.create_task(bot.start())
            for _ in range(4):
                await asked.ask()
                await asyncio.sleep(1)
            await starting
            await asyncio.sleep(KILL_EVERY_S - QUESTIONS_A_KILL)
        rows.append(asked.row(f"{KILLS} kill -9", await asked.settle()))
        asked = Asked(harness)
        for _ in range(3):
            harness.sandbox.invalidate_sessions(resumable=False)
            for _ in range(4):
                await asked.ask()
            await asyncio.sleep(5)
        rows.append(asked.row("3 lost sessions", await asked.settle()))
        asked, chance = Asked(harness), random.Random(19)
        began_s, faults = time.monotonic(), 0
        while (passed_s := time.monotonic() - began_s) < STORM_S:
            await asked.ask()
            while faults < STORM_FAULTS * passed_s / STORM_S:
                disturb(harness.sandbox, chance)
                faults += 1
            await asyncio.sleep(0.6)
        harness.sandbox.faults.clear()
        rows.append(asked.row(f"{faults} faults in {STORM_S:.0f} s", await asked.settle()))
    return rows


# Long runs


async def soaked(seconds: float) -> list[str]:
    """The table of a long run: a message a second, a fault every five seconds, and a kill after a sixth, a third and
    half of the time."""
    chance = random.Random(23)
    samples: list[tuple[float, int, int]] = []
    async with Opened() as place:
        place.harness.chat.answer = None
        asked, bot = Asked(place.harness), place.bot
        began_s, kills, faults = time.monotonic(), 0, 0
        restarting: asyncio.Task[None] | None = None
        while (passed_s := time.monotonic() - began_s) < seconds:
            await asked.ask()
            if kills < 3 and passed_s > seconds * (kills + 1) / 6:
                kills += 1
                await bot.kill()
                restarting = asyncio.create_task(bot.start())
            elif restarting is None or restarting.done():
                if faults < passed_s / 5:
                    disturb(place.harness.sandbox, chance)
                    faults += 1
                samples.append((passed_s, bot.memory_bytes, bot.descriptors))
            await asyncio.sleep(max(0.0, began_s + len(asked.messages) - time.monotonic()))
        if restarting is not None:
            await restarting
        place.harness.sandbox.faults.clear()
        counts = await asked.settle()
    flat = [sample for sample in samples if sample[0] > 0.6 * seconds]
    minutes = [passed_s / 60 for passed_s, _memory, _descriptors in flat]
    slope = statistics.linear_regression(minutes, [memory / 2**20 for _, memory, _ in flat]).slope
    descriptors = [count for _, _, count in flat]
    rows = ["| through | questions | answered once | twice or more | never |", "| --- | ---: | ---: | ---: | ---: |"]
    rows.append(asked.row(f"{seconds:.0f} s, {kills} kill -9, {faults} faults", counts))
    rows.append("")
    rows.append(
        f"In the last {minutes[-1] - minutes[0]:.0f} minutes memory changed by {slope:+.1f} MB a minute "
        f"(at the end {flat[-1][1] >> 20} MB), with {min(descriptors)} to {max(descriptors)} descriptors open."
    )
    return rows


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=(), help="attacks whose names hold one of these")
    parser.add_argument("--lost", action="store_true", help="only what kills and faults lose")
    parser.add_argument("--soak", type=float, help="seconds, instead of everything else")
    arguments = parser.parse_args()
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}", flush=True)
    if arguments.soak:
        report = await soaked(arguments.soak)
    elif arguments.lost:
        report = await lost()
    else:
        report = await attacked(arguments.only)
        if not arguments.only:
            report += ["", *await lost()]
    print("\n".join(["", *report]))


if __name__ == "__main__":
    asyncio.run(main())
