"""The page is in the language of the person who uses it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox import DiscordUser, Sandbox
from bot.sandbox.server import PAGE
from tests.page.visit import DESKTOP, Visit, visiting

SAID = re.compile(r"""\bt\("((?:[^"\\]|\\.)*)"|data-words="([^"]*)\"""")
KEY = re.compile(r'^  "([^"]*)":', re.MULTILINE)
NAMES = {"Sandbox", "Second sandbox", "Ss", "general", "voice-notes", "no-bots", "moderators", "Text channels",
         "starling", "Ada", "Quote this", "a.txt"}  # fmt: skip
"""The names of the sandbox's places and people, and of what the example bot brings, in every language."""
TECHNICAL = {"REST", "Gateway", "Op", "channels", "messages"}

CHROME = """() => {
  const found = [], closed = "script, style, option, [popover]:not(:popover-open)";
  const others = ".markdown, .wire, .message .who, #announcer";
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) { found.push(node.textContent); return; }
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(closed) || node.matches(others)) return;
    found.push(...["aria-label", "title", "placeholder", "data-drop"].map((name) => node.getAttribute(name) ?? ""));
    node.childNodes.forEach(walk);
  };
  walk(document.body);
  return found;
}"""
"""A script that returns all visible and accessible text of the page except what people and bots have written."""


def _in_latin_letters(text: str) -> list[str]:
    """The English words in ``text`` that are not names."""
    for name in sorted(NAMES, key=len, reverse=True):
        text = text.replace(name, "")
    return [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in TECHNICAL]


def test_every_sentence_of_the_page_has_its_russian_and_no_other_is_kept() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*PAGE.glob("*.js"), PAGE / "index.html"])
    russian = set(KEY.findall((PAGE / "words" / "russian.js").read_text(encoding="utf-8")))
    assert {said for said, _ in SAID.findall(code) if said} - russian == set()
    assert {key for key in russian if f'"{key}"' not in code and f">{key}<" not in code} == set()


@pytest.mark.usefixtures("bot")
async def test_a_russian_person_has_a_russian_page_and_whoever_comes_next_their_own(
    browser: Browser, sandbox: Sandbox, ada: DiscordUser
) -> None:
    async with visiting(browser, sandbox, "boris") as visit:
        await expect(visit.page.locator("#welcome")).to_contain_text("Научите его чему-нибудь")
        english = {word for text in await visit.page.evaluate(CHROME) for word in _in_latin_letters(text)}
        await visit.enter("general")
        written = await ada.send("general", "Доброе утро", files=[("a.txt", b"-", "text/plain")])
        await ada.send("general", "Ответ", reply_to=written)
        await visit.page.locator("#open-panel").click()
        await (await visit.see("Ответ")).click(button="right")
        english |= {word for text in await visit.page.evaluate(CHROME) for word in _in_latin_letters(text)}
        assert english == set()
        await visit.page.keyboard.press("Escape")
        await visit.page.get_by_role("button", name="Закрыть панель").click()
        await visit.page.locator("#people").select_option(label="Chloe (участник)")
        await expect(visit.page.get_by_label("You are")).to_contain_text("Борис (member)")
        await _speaks_english(visit)


async def _speaks_english(visit: Visit) -> None:
    await expect(visit.page.locator("html")).to_have_attribute("lang", "en-GB")
    await expect(visit.page.locator("#write")).to_have_attribute("placeholder", "Message #general")
    await expect(visit.page.locator(".beginning")).to_have_text("This is the start of #general.")
    said = [text for text in await visit.page.evaluate(CHROME) if re.search("[а-яё]", text)]
    assert {text for text in said if "Доброе утро" not in text and "Ответ" not in text and "Борис" not in text} == set()


@pytest.mark.parametrize("size", [DESKTOP, (390, 844)])
async def test_who_one_is_can_be_read_whole_in_the_longer_words_of_russian(
    browser: Browser, sandbox: Sandbox, size: tuple[int, int]
) -> None:
    async with visiting(browser, sandbox, "boris", size) as visit:
        people = visit.page.locator("#people")
        await expect(people).to_contain_text("Ada (администратор)")
        given = await people.evaluate("element => element.clientWidth")
        await people.evaluate("element => { element.style.width = 'max-content'; }")
        assert await people.evaluate("element => element.clientWidth") <= given
