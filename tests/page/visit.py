"""Someone at the sandbox's page."""

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


_tabs: WeakKeyDictionary[Browser, list[Page]] = WeakKeyDictionary()
"""Of each browser, the tabs that nobody uses any more: to open a window takes longer than what most tests do in it."""


_ARRIVING = """
    if (location.hash.startsWith("#as=")) {
        localStorage.clear();
        localStorage.person = location.hash.slice(4);
        history.replaceState(null, "", location.pathname);
    }
"""
"""Before the page begins: who one is when one comes to it, which a switch of person and a reload outlive."""


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
    """The page as ``person``, who comes to it for the first time: another sandbox is another site, of which the browser
    has kept nothing. An error on the page fails the test. With a ``context`` of Playwright, in a browser profile of its
    own."""
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
        # A request that was refused is told on the page; the browser notes it as well.
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
