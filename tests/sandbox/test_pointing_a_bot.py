"""Pointing a bot of another library at ``starling sandbox``, exactly as the README says."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.sandbox import DiscordUser
from tests.app.process import StarlingProcess, command

ROOT = Path(__file__).parent.parent.parent
A_BOT = """
client = discord.Client(intents=discord.Intents.default())

@client.event
async def on_message(message):
    if client.user in message.mentions:
        await message.reply("at your service")

client.run("{token}", log_handler=None)
"""


@asynccontextmanager
async def running(code: str) -> AsyncIterator[None]:
    """A Python process that runs ``code``, terminated at the end of the block."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 10)


async def printed(process: StarlingProcess, pattern: str) -> str:
    """The first group of the next line that ``pattern`` matches."""
    said = ""
    async with asyncio.timeout(30):
        while line := (await process.stdout.readline()).decode():
            if found := re.search(pattern, line):
                return found[1]
            said += line
    raise AssertionError(f"It ended without a line like {pattern}: {said}")


async def test_a_bot_of_discord_py_is_pointed_at_starling_sandbox(unused_tcp_port: int) -> None:
    [lines] = re.findall(r"```python\n(import discord.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    async with command("sandbox", SANDBOX_PORT=str(unused_tcp_port)) as sandbox:
        url = await printed(sandbox, r"The sandbox is ready: (\S+)")
        rest_url = await printed(sandbox, r"REST +(\S+)")
        gateway = await printed(sandbox, r"gateway +(\S+)")
        token = await printed(sandbox, r"token +(\S+)")
        application_id = await printed(sandbox, r"application id +(\d+)")
        lines = lines.replace("http://127.0.0.1:8190/api/v10", rest_url).replace("ws://127.0.0.1:8190/gateway", gateway)
        async with running(lines + A_BOT.format(token=token)), await DiscordUser.named(url, "ada") as ada:
            await connected(url)
            await ada.send(text=f"<@{application_id}>?")
            assert (await ada.wait_for_message())["content"] == "at your service"


async def connected(url: str) -> None:
    """Return once a bot has identified itself."""
    async with asyncio.timeout(20), aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"{url}/sandbox/sessions") as response:
                if any(session["bot"] for session in await response.json()):
                    return
            await asyncio.sleep(0.05)
