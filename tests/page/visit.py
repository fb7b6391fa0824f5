"""A person's visit to the sandbox's page."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from playwright.async_api import Browser, Locator, Page

from bot.sandbox import Sandbox

DESKTOP = (1280, 800)
PATIENCE_MS = 15_000


@dataclass
class Visit:
    """The page in its own tab."""

    page: Page
    sandbox: Sandbox

    @property
    def messages(self) -> Locator:
        return self.page.locator("#log article")

    @property
    def offered(self) -> Locator:
        """The options in the list above the message box."""
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
        """Choose a command by typing its name."""
        await self.page.locator("#write").press_sequentially(f"/{name}")
        await self.offered.filter(has_text=name).first.wait_for()
        await self.page.keyboard.press("Enter")

    async def see(self, text: str) -> Locator:
        """Wait for a message with ``text``, and return it."""
        found = self.messages.filter(has_text=text).last
        await found.wait_for(timeout=PATIENCE_MS)
        return found

    async def as_bot(self, channel: str, body: dict[str, Any], method: str = "POST", more: str = "") -> dict[str, Any]:
        """Make a REST request as the bot, to a path below the messages of ``channel``."""
        known = next(c for c in self.sandbox.description["channels"] if c["name"] == channel)
        url = f"{self.sandbox.rest_url}/channels/{known['id']}/messages{more}"
        headers = {"Authorization": f"Bot {self.sandbox.bot_token}"}
        async with (
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.request(method, url, json=body, headers=headers) as response,
        ):
            answer: dict[str, Any] = await response.json()
            return answer


_tabs: WeakKeyDictionary[Browser, list[Page]] = WeakKeyDictionary()
"""For each browser, its idle tabs, kept because opening a window takes longer than most tests' work in it."""


_ARRIVING = """
    if (location.hash.startsWith("#as=")) {
        localStorage.clear();
        localStorage.person = location.hash.slice(4);
        history.replaceState(null, "", location.pathname);
    }
"""
"""Runs before the page's own code: sets the person that the visit starts as. A later switch of person survives a
reload."""


async def _opened(browser: Browser, size: tuple[int, int], **context: Any) -> Page:
    """A tab in a fresh browser profile."""
    profile = await browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-US", **context)
    profile.set_default_timeout(PATIENCE_MS)
    await profile.add_init_script(_ARRIVING)
    return await profile.new_page()


@contextlib.asynccontextmanager
async def visiting(
    browser: Browser, sandbox: Sandbox, person: str, size: tuple[int, int] = DESKTOP, **context: Any
) -> AsyncIterator[Visit]:
    """The page as seen by ``person`` on a first visit: each sandbox is another site, for which the browser has stored
    nothing. An error on the page fails the test. With options in ``context`` for Playwright, the visit gets its own
    browser profile."""
    user = next(u for u in sandbox.description["users"] if u["name"] == person)
    idle = _tabs.setdefault(browser, [])
    page = idle.pop() if idle and not context else await _opened(browser, size, **context)
    errors: list[str] = []
    listeners: dict[Any, Callable[[Any], None]] = {
        "pageerror": lambda error: errors.append(str(error)),
        "console": lambda message: errors.append(message.text) if message.type == "error" else None,
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    is_well = False
    try:
        await page.context.grant_permissions(["microphone"])
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.mouse.move(0, 0)
        await page.goto(f"{sandbox.url}#as={user['id']}")
        await page.locator("#channels [aria-current]").wait_for(state="attached")
        yield Visit(page, sandbox)
        # The page itself shows refused requests; the browser logs them as well.
        assert [error for error in errors if "Failed to load resource" not in error] == []
        is_well = not context
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
        if is_well:
            await page.goto("about:blank")
            idle.append(page)
        else:
            await page.context.close()
