"""Someone at the sandbox's page."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

DESKTOP = (1280, 800)
PATIENCE_MS = 15_000


@dataclass
class Visit:
    """The page in a tab of its own."""

    page: Page
    sandbox: Sandbox

    @property
    def messages(self) -> Locator:
        return self.page.locator("#log article")

    @property
    def offered(self) -> Locator:
        """What the list above the message box offers."""
        return self.page.locator("#popup [role=option]")

    @property
    def last(self) -> Locator:
        return self.messages.last

    async def enter(self, channel: str) -> None:
        """Open a channel of the first server."""
        await self.page.locator("#rail").get_by_role("button", name="Sandbox").first.click()
        await self.page.locator("#channels").get_by_role("button", name=channel).click()
        await self.page.locator("#title", has_text=channel).wait_for()

    async def write(self, text: str) -> None:
        await self.page.locator("#write").fill(text)
        await self.page.locator("#write").press("Enter")

    async def command(self, name: str) -> None:
        """Choose a command as one types it."""
        await self.page.locator("#write").press_sequentially(f"/{name}")
        await self.offered.filter(has_text=name).first.wait_for()
        await self.page.keyboard.press("Enter")

    async def see(self, text: str) -> Locator:
        """A message with ``text``, waited for."""
        found = self.messages.filter(has_text=text).last
        await found.wait_for(timeout=PATIENCE_MS)
        return found

    async def as_bot(self, channel: str, body: dict[str, Any], method: str = "POST", more: str = "") -> dict[str, Any]:
        """A REST request of the bot's, below the messages of ``channel``."""
        known = next(c for c in self.sandbox.description["channels"] if c["name"] == channel)
        url = f"{self.sandbox.rest_url}/channels/{known['id']}/messages{more}"
        headers = {"Authorization": f"Bot {self.sandbox.bot_token}"}
        async with (
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.request(method, url, json=body, headers=headers) as response,
        ):
            answer: dict[str, Any] = await response.json()
            return answer


@contextlib.asynccontextmanager
async def visiting(
    browser: Browser, sandbox: Sandbox, person: str, size: tuple[int, int] = DESKTOP, **context: Any
) -> AsyncIterator[Visit]:
    """The page in a fresh browser profile, as ``person``. An error on the page fails the test."""
    user = next(u for u in sandbox.description["users"] if u["name"] == person)
    profile = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, permissions=["microphone"], locale="en-US", **context
    )
    profile.set_default_timeout(PATIENCE_MS)
    # Only where nothing was chosen yet, so that a switch of person outlives a reload.
    await profile.add_init_script(f"localStorage.person ??= {user['id']!r}")
    page = await profile.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    try:
        await page.goto(sandbox.url)
        await page.locator("#channels [aria-current]").wait_for(state="attached")
        yield Visit(page, sandbox)
        # A request that was refused is told on the page; the browser notes it as well.
        assert [error for error in errors if "Failed to load resource" not in error] == []
    finally:
        await profile.close()
