"""Two gateways and two workers, started as by an operator, on one NATS and one PostgreSQL, in a sandbox."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

from nats.js import JetStreamContext

from bot.sandbox.client.discord_user import DiscordUser
from tests.app.forked import Start, Started, kept
from tests.databases import PostgresqlServer
from tests.harness import BotHarness, Message
from tests.scaling.nats import NatsServer

SHARDS = 2
GATEWAYS, WORKERS = ("gateway 0", "gateway 1"), ("worker 0", "worker 1")


@dataclass(frozen=True, slots=True)
class Asked:
    """A note, and the person who sent it."""

    person: DiscordUser
    message: Message


class Fleet:
    """The processes, by their names."""

    def __init__(
        self, harness: BotHarness, nats: NatsServer, database: PostgresqlServer, folder: Path, start: Start
    ) -> None:
        self.harness, self.nats, self.database, self._folder = harness, nats, database, folder
        self._start = start
        self.jetstream: JetStreamContext
        """A view of the streams from outside, set once they exist."""
        sandbox = harness.sandbox
        common = kept() | {
            "DISCORD_API_URL": sandbox.rest_url, "TTS_ENGINE": "offline", "WORK_URL": nats.url, "LOG_LEVEL": "info",
            "STOP_TIMEOUT_S": "5", "RECALL": "words",
        }  # fmt: skip
        gateway = common | {
            "DISCORD_TOKEN": sandbox.bot_token, "OPENAI_BASE_URL": harness.chat.base_url, "CHAT_MODEL": "scripted",
            "DATABASE_URL": database.url, "DATA_FOLDER": str(folder / "gateways"), "GATEWAYS": "2",
            "SHARDS": str(SHARDS),
        }  # fmt: skip
        worker = common | {"WHISPER_QUALITY": "fast", "DATA_FOLDER": str(folder / "workers")}
        self._commands = dict.fromkeys(WORKERS, ("worker", worker)) | {
            name: ("run", gateway | {"GATEWAY": name[-1]}) for name in GATEWAYS
        }
        self._processes: dict[str, Started] = {}

    def begin(self, name: str) -> None:
        """Start a process; ``ready`` waits until it is ready."""
        command, environment = self._commands[name]
        with self._log(name).open("wb") as log:
            self._processes[name] = self._start(
                "bot", command, environment=environment, stdout=log.fileno(), stderr=log.fileno()
            )

    async def ready(self, *names: str) -> None:
        """Return once these processes have said that they are ready."""
        for name in names:
            async with asyncio.timeout(90):
                while b" is ready: " not in self._log(name).read_bytes():
                    text = self._log(name).read_text(encoding="utf-8")
                    assert self._processes[name].poll() is None, f"{name} has ended: {text[-3000:]}"
                    await asyncio.sleep(0.05)

    def kill(self, *names: str) -> None:
        """Kill processes as kill -9 does."""
        for name in names:
            if (process := self._processes.pop(name, None)) is not None:
                process.kill()
                process.wait()

    def signal(self, number: signal.Signals, *names: str) -> None:
        for name in names:
            self._processes[name].send_signal(number)

    def logs(self) -> str:
        """The output of all processes since their last start."""
        return "".join(self._log(name).read_text(encoding="utf-8") for name in self._commands)

    def close(self) -> None:
        self.kill(*self._commands)

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def channel(self, shard: int) -> str:
        """A channel of a guild on ``shard`` that Ada and Boris can see."""
        for channel in self.harness.directory["channels"]:
            guild = channel.get("guild_id")
            if channel["name"] == "general" and guild and (int(guild) >> 22) % SHARDS == shard:
                return str(channel["id"])
        raise LookupError(f"no guild belongs to shard {shard}")


@dataclass(frozen=True, slots=True)
class Replies:
    """The final replies to a note."""

    texts: list[str]
    voices: int


async def replies_to(asked: Asked) -> Replies:
    """The replies so far."""
    everything = await asked.person.messages(asked.message["channel_id"])
    texts = [one for one in everything if _replied_to(one) == asked.message["id"] and not one["attachments"]]
    ids = {one["id"] for one in texts} | {asked.message["id"]}
    voices = [one for one in everything if one["attachments"] and _replied_to(one) in ids]
    return Replies([one["content"] for one in texts], len(voices))


async def answered(asked: Asked, last_word: str, timeout_s: float) -> Replies:
    """The replies to a note, once it is answered both in writing, up to ``last_word``, and aloud; or the replies so far
    after ``timeout_s``."""
    replies = Replies([], 0)
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                replies = await replies_to(asked)
                if replies.voices and any(last_word in text for text in replies.texts):
                    return replies
                await asyncio.sleep(0.2)
    except TimeoutError:
        return replies


def _replied_to(message: Message) -> str | None:
    found = (message.get("message_reference") or {}).get("message_id")
    return None if found is None else str(found)
