"""A discord.js bot in the sandbox, if Node.js is installed and its registry can be reached."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from bot.sandbox import DiscordUser, Sandbox
from bot.sandbox.model.seed import APPLICATION_ID
from tests.conftest import ROOT
from tests.sandbox.waiting import until

VERSION = "14.28.1"


class DiscordJsBot:
    """The process, and its output so far: events with their details, in ``heard``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.heard: list[list[Any]] = []

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.heard.append(json.loads(line))

    def of(self, event: str) -> list[Any]:
        return [what[1] if len(what) == 2 else what[1:] for what in self.heard if what[0] == event]

    async def until_heard(self, wanted: Callable[[], object], timeout_s: float = 10.0) -> None:
        await until(lambda: wanted() or self.of("error"), timeout_s)
        assert not self.of("error")


@pytest.fixture(scope="session")
def discord_js() -> Path:
    """A folder with discord.js in its node_modules; it is kept in the build folder."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    folder = ROOT / "build" / f"discord.js-{VERSION}-whole"
    folder.parent.mkdir(exist_ok=True)
    # Other test processes may need it too, and an interrupted installation must not count.
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as begun:
                command = [npm, "install", "--prefix", begun, "--no-audit", "--no-fund", f"discord.js@{VERSION}"]
                try:
                    subprocess.run(command, check=True, capture_output=True, timeout=60)
                except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                    pytest.skip(f"discord.js cannot be installed: {error}")
                Path(begun).rename(folder)
    return folder


@pytest.fixture
async def bot(sandbox: Sandbox, discord_js: Path) -> AsyncIterator[DiscordJsBot]:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(Path(__file__).with_name("discord_js_bot.mjs")),
        env=os.environ
        | {
            "DISCORD_JS": str(discord_js),
            "SANDBOX_API": sandbox.rest_url.removesuffix("/v10"),
            "SANDBOX_TOKEN": sandbox.bot_token,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    bot = DiscordJsBot(process)
    reading = asyncio.create_task(bot.read())
    try:
        await bot.until_heard(lambda: bot.of("ready"), timeout_s=20)
        yield bot
        assert not bot.of("error")
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
        await reading


async def test_its_commands_are_answered_and_its_button_list_and_form_work(bot: DiscordJsBot, ada: DiscordUser) -> None:
    assert bot.of("ready") == [7]
    outcome = await ada.slash("think")
    assert (await outcome.response())["content"] == "thought"
    assert (await outcome.response_where(lambda m: m["content"] == "and more"))["flags"] & 64
    chart = await (await ada.slash("chart")).response()
    assert await ada.download(chart["attachments"][0]) == b"chart"
    assert [choice["name"] for choice in await ada.autocomplete("eat", {"fruit": "ap"}, "fruit")] == [
        "apple",
        "apricot",
    ]
    assert (await (await ada.slash("eat", {"fruit": "apple"})).response())["content"] == "ate apple"
    measured = await (await ada.slash("measure", {"file": ("n.ogg", b"OggS" * 9, "audio/ogg")})).response()
    assert measured["content"] == "n.ogg audio/ogg 36"
    wise = await ada.send(text="wise")
    assert (await (await ada.message_command("Quote this", wise)).response())["content"] == "> wise (ada)"

    panel = await (await ada.slash("panel")).response()
    chosen = await (await ada.click(panel, "colours", ["red", "blue"])).response()
    assert chosen["content"] == "chose red and blue"
    assert (await ada.click(panel, "Count")).succeeded
    assert (await ada.wait_for_edit(panel))["content"] == "counted once"
    answered = await ada.submit(await ada.slash("ask"), {"Answer": "at length"})
    assert (await answered.response())["content"] == "answered at length"


async def test_it_talks(bot: DiscordJsBot, ada: DiscordUser) -> None:
    await ada.send(text=f"<@{APPLICATION_ID}>")
    assert (await ada.wait_for_message())["content"] == "you called?"
    said = await ada.send(text="work")
    await bot.until_heard(lambda: bot.of("worked"))
    assert bot.of("worked") == [["final", "work"]]
    await ada.edit(said, "works")
    await ada.react(said, "👍")
    await ada.delete(said)
    await bot.until_heard(lambda: "works" in bot.of("delete"))
    assert ["work", "works"] in bot.of("edit")
    assert ["👍", "ada"] in bot.of("reaction")
    assert any(event.name == "THREAD_CREATE" and event.data["name"] == "about it" for event in ada.events)


async def test_it_waits_when_it_is_told_to(sandbox: Sandbox, bot: DiscordJsBot, ada: DiscordUser) -> None:
    sandbox.options.requests_per_bucket, sandbox.options.bucket_window_s = 2, 0.5
    await ada.send(text="chatter")
    await ada.wait_for_message(lambda m: m["content"] == "chatter 3")
    assert bot.of("rate limited")


async def test_it_resumes_and_misses_nothing(sandbox: Sandbox, bot: DiscordJsBot, ada: DiscordUser) -> None:
    await ada.send(text="before")
    await bot.until_heard(lambda: bot.of("message"))
    sandbox.close_gateway()
    await ada.send(text="during")
    await bot.until_heard(lambda: ["resumed"] in bot.heard, timeout_s=20)
    await ada.send(text="after")
    await bot.until_heard(lambda: "after" in bot.of("message"))
    assert bot.of("message") == ["before", "during", "after"]
    sandbox.invalidate_sessions()
    await bot.until_heard(lambda: bot.heard.count(["identified"]) == 2, timeout_s=20)
    assert sandbox.services.gateway.identifies == 2
