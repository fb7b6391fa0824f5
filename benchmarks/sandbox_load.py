"""How many messages a second the sandbox accepts and delivers, and what that costs.

    python -m benchmarks.sandbox_load [--rates 250 1000] [--people 1000] [--seconds 10]

Every part runs in a separate process: the sandbox, the posters, a hikari bot and a bare WebSocket. Two ways in are
measured: ``rest``, where people post over HTTP as clients do, and ``python``, where the same messages are handed to the
sandbox within its process, which shows what HTTP costs. The delay is measured from just before the post to the
listener's handler. Ratios can be compared between machines; rates and times cannot.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import hikari

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.validation.mentions import EVERYTHING
from bot.sandbox.validation.message_form import MESSAGE_FLAGS, read_message_form

CHANNELS = 20
CONNECTIONS = 50
DRAIN_S = 15.0
INTENTS = hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.MESSAGE_CONTENT


@dataclass
class Tally:
    """What a listener received, of messages whose content is ``author number sent_at_ns``."""

    heard: int = 0
    """How many messages came."""
    reordered: int = 0
    """How many came after a newer one in their channel, or were not the next one of their author."""
    doubled: int = 0
    """How many came more than once."""
    delays_s: list[float] = field(default_factory=list)
    """From the post to the handler."""
    first_s: float = 0.0
    """When the first came, on the monotonic clock; ``last_s`` likewise for the last."""
    last_s: float = 0.0
    _ids: set[int] = field(default_factory=set, repr=False)
    _newest: dict[int, int] = field(default_factory=dict, repr=False)
    _numbers: dict[str, int] = field(default_factory=dict, repr=False)

    def note(self, channel_id: int, message_id: int, content: str) -> None:
        author, number, sent_at_ns = content.split(" ")
        self.last_s = time.monotonic()
        self.first_s = self.first_s or self.last_s
        self.heard += 1
        self.delays_s.append((time.time_ns() - int(sent_at_ns)) / 1e9)
        self.doubled += message_id in self._ids
        self._ids.add(message_id)
        late = message_id < self._newest.get(channel_id, 0) or int(number) != self._numbers.get(author, -1) + 1
        self.reordered += late
        self._newest[channel_id] = message_id
        self._numbers[author] = int(number)

    @property
    def rate(self) -> float:
        """Messages a second between the first and the last."""
        return (self.heard - 1) / (self.last_s - self.first_s) if self.heard > 1 else 0.0

    def percentile_ms(self, percent: int) -> float:
        return statistics.quantiles(self.delays_s, n=100)[percent - 1] * 1000


@dataclass(frozen=True)
class Author:
    """A person who posts, and the channel."""

    token: str
    channel_id: int


@dataclass
class Posted:
    """The result of posting: ``due`` posts in ``duration_s``, of which ``accepted`` got a response with status 200."""

    due: int
    accepted: int
    duration_s: float


# The listeners


async def listen_bare(gateway: str, token: str, tally: Tally, ready: asyncio.Event) -> None:
    """Listen with a WebSocket that only decompresses, parses and counts, until it is cancelled."""
    inflator = zlib.decompressobj()
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{gateway}?v=10&encoding=json&compress=zlib-stream", max_msg_size=0) as socket,
    ):
        properties = {"os": "benchmark", "browser": "benchmark", "device": "benchmark"}
        identify = {"token": token, "intents": int(INTENTS), "properties": properties}
        await socket.send_json({"op": 2, "d": identify})
        async for frame in socket:
            payload = json.loads(inflator.decompress(frame.data))
            if payload["t"] == "GUILD_CREATE":
                ready.set()
            elif payload["t"] == "MESSAGE_CREATE":
                data = payload["d"]
                tally.note(int(data["channel_id"]), int(data["id"]), data["content"])
    raise ConnectionError("The sandbox closed the connection: the listener was too slow.")


async def listen_hikari(rest_url: str, token: str, tally: Tally, ready: asyncio.Event) -> None:
    """Listen with a hikari bot that counts, until it is cancelled."""
    bot = hikari.GatewayBot(
        token, rest_url=rest_url, banner=None, logs=None, intents=INTENTS, suppress_optimization_warning=True
    )

    @bot.listen()
    async def hear(event: hikari.GuildMessageCreateEvent) -> None:
        tally.note(event.channel_id, event.message_id, event.content or "")

    await bot.start(check_for_updates=False)
    try:
        ready.set()
        await bot.join()
    finally:
        await bot.close()


# The posters


async def post_rest(host: str, port: int, authors: Sequence[Author], rate: float, duration_s: float) -> Posted:
    """Let the authors post in turn, ``rate`` times a second in all.

    Each connection is shared by several authors, who wait for each other's responses. Requests are written by hand: an
    HTTP library would take more processor time than what is being measured.
    """
    shares = [authors[i::CONNECTIONS] for i in range(min(CONNECTIONS, len(authors)))]
    streams = [await asyncio.open_connection(host, port) for _ in shares]
    began_s = time.monotonic()
    accepted = 0

    async def post(share: Sequence[Author], first: int) -> None:
        nonlocal accepted
        reader, writer = streams[first]
        interval_s = len(shares) / rate
        due_s = began_s + first / rate
        for n in range(int(rate * duration_s / len(shares))):
            await asyncio.sleep(due_s + n * interval_s - time.monotonic())
            i = n % len(share)
            author = share[i]
            text = f"{first + i * len(shares)} {n // len(share)} {time.time_ns()}"
            body = f'{{"content":"{text}"}}'
            lines = (
                f"POST /api/v10/channels/{author.channel_id}/messages HTTP/1.1",
                f"Host: {host}:{port}",
                f"Authorization: {author.token}",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
                "",
                body,
            )
            writer.write("\r\n".join(lines).encode())
            status, *headers = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            accepted += b" 200 " in status
            [length] = [h.partition(b":")[2] for h in headers if h.lower().startswith(b"content-length")]
            await reader.readexactly(int(length))

    await asyncio.gather(*(post(share, i) for i, share in enumerate(shares)))
    for _, writer in streams:
        writer.close()
    due = sum(int(rate * duration_s / len(shares)) for _ in shares)
    return Posted(due, accepted, time.monotonic() - began_s)


async def post_python(sandbox: Sandbox, authors: Sequence[Author], rate: float, duration_s: float) -> Posted:
    """The same from within the sandbox's process, through the same checks but without HTTP."""
    services = sandbox.services
    began_s = time.monotonic()
    due = int(rate * duration_s)
    for n in range(due):
        await asyncio.sleep(max(0.0, began_s + n / rate - time.monotonic()))
        i = n % len(authors)
        author = services.accounts.by_token(authors[i].token)
        assert author is not None
        body = {"content": f"{i} {n // len(authors)} {time.time_ns()}"}
        form = read_message_form(body, {}, EVERYTHING, MESSAGE_FLAGS)
        services.messages.send(author, services.state.channel(authors[i].channel_id), form)
    return Posted(due, due, time.monotonic() - began_s)


async def authors_in(sandbox: Sandbox, people: int) -> list[Author]:
    """``people`` newcomers, spread over ``CHANNELS`` new channels."""
    async with await DiscordUser.named(sandbox.url, "ada") as ada:
        path = f"/guilds/{ada.sandbox['guild_id']}/channels"
        made = [await ada.request_object("POST", path, {"name": f"load-{n}"}) for n in range(CHANNELS)]
    ids = [int(channel["id"]) for channel in made]
    return [Author(sandbox.add_person(f"person {n}"), ids[n % CHANNELS]) for n in range(people)]


# Processes. The first message of each says that it is ready.


def _serve(pipe: Connection, people: int) -> None:
    async def serve() -> None:
        async with Sandbox(options=Options()) as sandbox:
            authors = await authors_in(sandbox, people)
            pipe.send((sandbox.rest_url, sandbox.services.gateway.url, sandbox.bot_token, authors))
            while True:
                asked, *arguments = await asyncio.to_thread(pipe.recv)
                if asked == "usage":
                    pipe.send((time.process_time(), _memory_mb(), len(sandbox.failures)))
                elif asked == "post":
                    pipe.send(await post_python(sandbox, authors, *arguments))
                else:
                    return

    asyncio.run(serve())


def _listen(pipe: Connection, kind: str, rest_url: str, gateway: str, token: str) -> None:
    async def listen() -> None:
        tally, ready = Tally(), asyncio.Event()
        listening: Awaitable[None]
        if kind == "hikari":
            listening = listen_hikari(rest_url, token, tally, ready)
        else:
            listening = listen_bare(gateway, token, tally, ready)
        task = asyncio.ensure_future(listening)
        await asyncio.wait_for(ready.wait(), 20)
        began_s = time.process_time()
        pipe.send("ready")
        expected = await asyncio.to_thread(pipe.recv)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while tally.heard < expected and not task.done():
                    await asyncio.sleep(0.02)
        pipe.send((tally, time.process_time() - began_s))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(listen())


def _post(pipe: Connection, rest_url: str, authors: Sequence[Author], rate: float, duration_s: float) -> None:
    host, _, port = rest_url.split("/")[2].partition(":")
    pipe.send("ready")
    pipe.recv()
    pipe.send(asyncio.run(post_rest(host, int(port), authors, rate, duration_s)))


def _memory_mb() -> float:
    """The peak memory of this process."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / (1 << 20)


class Child:
    """A process and the pipe to it."""

    def __init__(self, target: Callable[..., None], *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
        self.process.start()
        theirs.close()

    def hear(self) -> Any:
        if not self.pipe.poll(120):
            raise TimeoutError("A part of the benchmark has not answered for 120 s.")
        return self.pipe.recv()

    def ask(self, *question: object) -> Any:
        self.pipe.send(question)
        return self.hear()


def measure(way: str, rate: float, people: int, duration_s: float) -> dict[str, str]:
    """Measure one row of the table."""
    sandbox = Child(_serve, people)
    rest_url, gateway, token, authors = sandbox.hear()
    listeners = {kind: Child(_listen, kind, rest_url, gateway, token) for kind in ("bare", "hikari")}
    for listener in listeners.values():
        listener.hear()
    poster = Child(_post, rest_url, authors, rate, duration_s) if way == "rest" else None
    if poster is not None:
        poster.hear()
    cpu_before_s, memory_before_mb, _ = sandbox.ask("usage")
    posted: Posted = poster.ask("go") if poster is not None else sandbox.ask("post", rate, duration_s)
    tallies: dict[str, Tally] = {}
    listened_s: dict[str, float] = {}
    for listener in listeners.values():
        listener.pipe.send(posted.accepted)
    for kind, listener in listeners.items():
        tallies[kind], listened_s[kind] = listener.hear()
    cpu_s, memory_mb, failures = sandbox.ask("usage")
    sandbox.pipe.send(("stop",))
    for child in (sandbox, *listeners.values(), *([poster] if poster else [])):
        child.process.join(10)
    used_s = cpu_s - cpu_before_s
    row = {
        "way in": way,
        "offered /s": f"{rate:.0f}",
        "accepted /s": f"{posted.accepted / posted.duration_s:.0f}",
        "refused": str(posted.due - posted.accepted + failures),
    }
    for kind, tally in tallies.items():
        lost = posted.accepted - tally.heard + tally.doubled
        row |= {
            f"{kind}: /s": f"{tally.rate:.0f}",
            f"{kind}: lost, doubled, reordered": f"{lost}, {tally.doubled}, {tally.reordered}",
            f"{kind}: p50/p95 ms": f"{tally.percentile_ms(50):.1f} / {tally.percentile_ms(95):.1f}",
        }
    return row | {
        "sandbox CPU s per 1,000": f"{used_s / posted.accepted * 1000:.2f}",
        "hikari's": f"{listened_s['hikari'] / posted.accepted * 1000:.2f}",
        "sandbox of one core": f"{used_s / posted.duration_s:.0%}",
        "growth MB": f"{memory_mb - memory_before_mb:.0f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=float, nargs="+", default=[250, 500, 1000], help="messages a second")
    parser.add_argument("--ways", nargs="+", choices=("rest", "python"), default=["rest", "python"])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load} before; {platform.system()} {platform.release()}, ", end="")
    print(f"{platform.machine()}, Python {platform.python_version()}; {arguments.people} people, {CHANNELS} channels\n")
    header = False
    for way in arguments.ways:
        for rate in arguments.rates:
            row = measure(way, rate, arguments.people, arguments.seconds)
            if not header:
                print("|" + "|".join(f" {name} " for name in row) + "|\n|" + "---|" * len(row))
                header = True
            print("|" + "|".join(f" {value} " for value in row.values()) + "|", flush=True)


if __name__ == "__main__":
    main()
