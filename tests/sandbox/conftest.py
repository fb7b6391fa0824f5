"""A sandbox, its people and a bot for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import hikari
import pytest

from bot.sandbox import DiscordUser, Sandbox
from tests.sandbox.bare_bot import BareBot
from tests.sandbox.example_bot import build, running


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A running sandbox, which must have had no failures of its own when the test ends."""
    async with Sandbox() as started:
        yield started
        assert not started.failures


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[hikari.GatewayBot]:
    async with running(build(sandbox)) as started:
        yield started


@pytest.fixture
async def discord(sandbox: Sandbox) -> AsyncIterator[BareBot]:
    async with aiohttp.ClientSession() as http:
        yield BareBot(http, sandbox)


@pytest.fixture
async def ada(sandbox: Sandbox) -> AsyncIterator[DiscordUser]:
    """The administrator, who speaks English."""
    async with await DiscordUser.named(sandbox.url, "ada") as person:
        yield person


@pytest.fixture
async def boris(sandbox: Sandbox) -> AsyncIterator[DiscordUser]:
    """A member, who speaks Russian."""
    async with await DiscordUser.named(sandbox.url, "boris") as person:
        yield person
