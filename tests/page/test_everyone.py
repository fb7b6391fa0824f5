"""The page can be used by everyone: by ear, by keyboard, on any screen, in light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from bot.sandbox import DiscordUser, Sandbox
from tests.page.visit import Visit, visiting

WIDTHS = (360, 390, 768, 1024, 1280, 1920)
SERIOUS = {"serious", "critical"}


async def _complaints(visit: Visit) -> list[str]:
    found = await Axe().run(visit.page)
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found.response["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


async def _fill(visit: Visit, ada: DiscordUser) -> None:
    """Fill the page with something of every kind."""
    await visit.enter("general")
    first = await ada.send(
        "general", "**Hi** `code` ||spoiler|| https://example.com\n```\nblock\n```\n> quote\n-# small"
    )
    await ada.react(first, "👍")
    await ada.send("general", "a reply", reply_to=first)
    await visit.as_bot(
        "general",
        {
            "content": "choose",
            "embeds": [{"title": "An embed", "description": "text", "footer": {"text": "foot"}}],
            "components": [
                {"type": 1, "components": [
                    {"type": 2, "style": style, "label": f"style {style}", "custom_id": f"s{style}"}
                    for style in (1, 2, 3, 4)
                ]},
                {"type": 1, "components": [
                    {"type": 3, "custom_id": "many", "max_values": 2, "placeholder": "Pick",
                     "options": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]}
                ]},
            ],
        },
    )  # fmt: skip
    await ada.send("general", files=[("notes.txt", b"hello", "text/plain")])
    await visit.see("notes.txt")


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_nothing_serious_is_found_by_axe(
    browser: Browser, sandbox: Sandbox, ada: DiscordUser, colours: str
) -> None:
    async with visiting(browser, sandbox, "chloe", color_scheme=colours) as visit:
        await visit.page.locator("#welcome button").first.wait_for()
        assert await _complaints(visit) == []
        await _fill(visit, ada)
        await visit.last.hover()
        assert await _complaints(visit) == []
        await visit.page.get_by_role("button", name="Panel for engineers").click()
        await visit.command("eat")
        await visit.offered.first.wait_for()
        assert await _complaints(visit) == []
        await visit.page.keyboard.press("Escape")
        await visit.page.keyboard.press("Escape")
        await visit.command("form")
        await visit.page.get_by_role("button", name="Send", exact=True).click()
        await visit.page.get_by_role("dialog", name="Change it").wait_for()
        assert await _complaints(visit) == []


async def _cut_off(visit: Visit) -> list[str]:
    """The elements that extend beyond the right edge, except those that scroll sideways."""
    found: list[str] = await visit.page.evaluate(
        """() => [...document.querySelectorAll("#log, #log *, header *, #welcome *, #composer *")]
            .filter((node) => node.getClientRects().length)
            .filter((node) => !node.closest("pre, .unseen, select, .quoted, .tries"))
            .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
            .map((node) => node.outerHTML.slice(0, 120))"""
    )
    return found


async def test_nothing_is_cut_off_on_any_screen(visit: Visit, ada: DiscordUser) -> None:
    await visit.page.locator("#welcome").wait_for()
    for width in WIDTHS:
        await visit.page.set_viewport_size({"width": width, "height": 780})
        assert await _cut_off(visit) == [], f"{width} pixels"
    await visit.page.set_viewport_size({"width": 1280, "height": 780})
    await _fill(visit, ada)
    for width in WIDTHS:
        await visit.page.set_viewport_size({"width": width, "height": 780})
        assert await _cut_off(visit) == [], f"{width} pixels"
        await expect(visit.page.get_by_label("Message", exact=True)).to_be_in_viewport()


async def test_a_phone_reaches_the_other_channels(browser: Browser, sandbox: Sandbox) -> None:
    async with visiting(browser, sandbox, "chloe", (360, 740), has_touch=True, is_mobile=True) as visit:
        await visit.page.get_by_role("button", name="Servers and channels").tap()
        await visit.page.get_by_role("navigation", name="Servers").get_by_role("button", name="Sandbox").first.tap()
        await visit.page.locator("#channels").get_by_role("button", name="voice-notes").tap()
        await expect(visit.page.locator("#title")).to_have_text("voice-notes")
        await expect(visit.page.locator("#places")).not_to_be_in_viewport()


async def test_what_others_write_is_announced_to_those_who_listen(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await ada.send("general", "**Good** morning")
    await expect(visit.page.locator("#announcer")).to_have_text("Ada: Good morning")


async def test_the_colours_that_one_chose_stay(visit: Visit) -> None:
    await visit.page.get_by_role("button", name="Colours: as the system").click()
    await visit.page.get_by_role("button", name="Colours: light").click()
    await visit.page.reload()
    await expect(visit.page.get_by_role("button", name="Colours: dark")).to_be_visible()
    background = await visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(31, 32, 36)"


async def test_the_page_asks_nobody_else_for_anything(browser: Browser, sandbox: Sandbox) -> None:
    asked: list[str] = []
    profile = await browser.new_context()
    page = await profile.new_page()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(sandbox.url)
    await page.locator("#channels [aria-current]").wait_for()
    await profile.close()
    assert [url for url in asked if not url.startswith(sandbox.url)] == []
