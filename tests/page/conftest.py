"""A sandbox with the example bot, and its page in a real browser, for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest_asyncio

from bot.sandbox import DiscordUser, Sandbox
from tests.page.visit import Visit, visiting
from tests.sandbox.example_bot import build, running

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as started:
        yield started
        assert not started.failures


@pytest_asyncio.fixture(loop_scope="session")
async def bot(sandbox: Sandbox) -> AsyncIterator[None]:
    async with running(build(sandbox)):
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Visit]:
    """The page as Chloe, a member, sees it on a desktop."""
    async with visiting(browser, sandbox, "chloe") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def ada(sandbox: Sandbox) -> AsyncIterator[DiscordUser]:
    """The administrator, with a client of her own."""
    async with await DiscordUser.named(sandbox.url, "ada") as person:
        yield person
