"""Takes the pictures of the README: Starling as `make run` starts it, on a desktop, a tablet and a phone."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from bot.sandbox import Sandbox
from tests.conftest import ROOT
from tests.end_to_end.town import running
from tests.page.visit import Visit, visiting

SIZES = {"desktop": (1280, 800, "light"), "tablet": (820, 1000, "dark"), "phone": (390, 844, "light")}
ANSWER_MS = 120_000


async def _talk(visit: Visit) -> None:
    """The first visit: a question, then a recorded note, until it is answered aloud."""
    await visit.page.locator("[data-try=question]").click()
    await visit.page.get_by_role("button", name="Read aloud").wait_for(timeout=ANSWER_MS)
    await visit.page.locator("[data-try=note]").click()
    await visit.page.get_by_role("group", name="Voice message").nth(1).wait_for(timeout=ANSWER_MS)
    await visit.page.wait_for_timeout(1000)


async def _take(folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        for name, (width, height, colours) in SIZES.items():
            with tempfile.TemporaryDirectory() as data:
                async with (
                    Sandbox() as sandbox,
                    running(Path(data), sandbox),
                    visiting(browser, sandbox, "chloe", (width, height), color_scheme=colours) as visit,
                ):
                    await _talk(visit)
                    await visit.page.screenshot(path=folder / f"page-{name}.png")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(_take(ROOT / "docs"))
