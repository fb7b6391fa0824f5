"""Takes the pictures of the README: Starling as `make run` starts it, on a desktop, a tablet and a phone; and its
cards, at the width of a desktop and of a phone."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, async_playwright

from audio import Sound, decode, encode
from bot.sandbox import Sandbox
from bot.sandbox.client.discord_user import DiscordUser
from tests import chromium
from tests.conftest import ROOT
from tests.extensions.answers.test_translating import read_in
from tests.harness import RECORDINGS, BotHarness, buttons_of, populated, running, voice
from tests.page.visit import Visit, visiting
from tests.scripted_chat import ScriptedChat
from tests.training.factories import facts
from tests.training.openai.fine_tuning_server import KEY, FineTuningServer

SIZES = {"desktop": (1280, 800, "light"), "tablet": (820, 1000, "dark"), "phone": (390, 844, "light")}
CARD_SIZES = {"desktop": (1000, 1500), "phone": (390, 1900)}
ANSWER_MS = 300_000
A_LETTER_MS = 350
"""The typing delay per letter; meanwhile, the embeddings for recalling the answer are loaded."""
FIRST_VISITS = (
    ("chloe", "english", "Tom feeds it every morning."),
    ("boris", "russian", "Его кормит Том, каждое утро."),
)
"""Who teaches what, in which language."""
TOWNS = (
    "towns.jsonl",
    "\n".join(json.dumps({"prompt": each.prompt, "answer": each.answer}) for each in facts()).encode(),
    "application/jsonl",
)


SUMMED_UP = {
    "summary": "Chloe goes through what is left before the open day. The stand is booked, the posters are not printed "
    "yet, and nobody has asked the fire brigade. She wants everything settled a week ahead.",
    "todos": [
        {"who": "Boris", "what": "send the poster to the printer's", "when": "Wednesday", "time": "0:35"},
        {"who": "", "what": "ask the fire brigade about the fire bowl", "when": "", "time": "1:10"},
        {"who": "Ada", "what": "find four people for the till", "when": "a week ahead", "time": "1:52"},
    ],
}
SUMMED_UP_IN_RUSSIAN = (
    "Хлоя перечисляет, что осталось до дня открытых дверей. Стенд заказан, афиши ещё не напечатаны, пожарных никто не "
    "спросил. Она хочет уладить всё за неделю.",
    "**Борис**: отправить афишу в типографию — среда",
    "спросить пожарных про огненную чашу",
    "**Ада**: найти четырёх человек на кассу — за неделю",
)
IN_RUSSIAN = "Не спрашивайте, что ваша страна может сделать для вас; спросите, что вы можете сделать для неё."


def _said(asked: str) -> str:
    """The model's reply to a long note, to the lines of its card, and to a short note."""
    if asked.startswith("0| "):
        return "\n".join(f"{number}| {line}" for number, line in enumerate(SUMMED_UP_IN_RUSSIAN))
    return IN_RUSSIAN if len(asked) < 400 else json.dumps(SUMMED_UP)


def _minutes(duration_s: int) -> tuple[bytes, float, str]:
    """A voice message of this duration."""
    sentence = decode((RECORDINGS / "jfk.ogg").read_bytes()).samples
    speech = encode(Sound(np.resize(sentence, duration_s * 16_000), 16_000))
    return speech.ogg, round(speech.duration_s, 3), base64.b64encode(speech.waveform).decode()


async def _note_pictures(harness: BotHarness, visit: Visit, folder: Path, name: str) -> None:
    """A long voice note while it is transcribed and as a card, and a note that is shown in another language as well."""
    chat = harness.chat
    chat.says = lambda _model, asked: _said(asked)
    note = await harness.member.send("voice-notes", voice=_minutes(140))
    await harness.answer_to(note, lambda text: "🎙️" in text)
    heard = await visit.see("🎙️")
    await heard.screenshot(path=folder / f"card-hearing-{name}.png")
    await harness.member.wait_for_message(
        lambda one: "### " in one["content"] and "🌐" in one["content"],
        ANSWER_MS / 1000,
        channel=note["channel_id"],
        after=note,
    )
    card = await visit.see("open day")
    await visit.page.wait_for_timeout(1000)
    await card.screenshot(path=folder / f"card-note-{name}.png")
    note = await harness.member.send("voice-notes", voice=voice("jfk.ogg"))
    await harness.answer_to(note, lambda text: "🌐" in text)
    translated = await visit.see("🌐")
    await visit.page.wait_for_timeout(500)
    await translated.screenshot(path=folder / f"card-translated-{name}.png")


async def _notes(browser: Browser, folder: Path) -> None:
    for name, size in CARD_SIZES.items():
        with tempfile.TemporaryDirectory() as data:
            async with (
                ScriptedChat() as chat,
                Sandbox() as sandbox,
                running(
                    Path(data),
                    sandbox,
                    openai_base_url=chat.base_url,
                    chat_model="scripted",
                    message_content_intent=True,
                ),
                populated(sandbox, chat) as harness,
                visiting(browser, sandbox, "ada", size) as visit,
            ):
                if await visit.page.get_by_role("button", name="Servers and channels").is_visible():
                    await visit.page.get_by_role("button", name="Servers and channels").click()
                await visit.enter("voice-notes")
                settings = await (await harness.administrator.slash("settings", channel="general")).response()
                await harness.administrator.click(settings, "set:channels", [harness.channel("voice-notes")])
                await harness.administrator.wait_for_edit(settings)
                await read_in(harness, harness.channel("voice-notes"), "ru")
                await _note_pictures(harness, visit, folder, name)


async def _talk(visit: Visit) -> None:
    """The first visit: a question, then a recorded note, until it is answered aloud."""
    await visit.page.locator("[data-try=question]").click()
    await visit.page.get_by_role("button", name="Read aloud").wait_for(timeout=ANSWER_MS)
    await visit.page.locator("[data-try=note]").click()
    await visit.page.get_by_role("group", name="Voice message").nth(1).wait_for(timeout=ANSWER_MS)
    # The first words may be spoken before the last are written.
    await visit.page.get_by_role("button", name="Stop").wait_for(state="detached", timeout=ANSWER_MS)
    await visit.page.wait_for_timeout(1000)


async def _first_visit(browser: Browser, folder: Path) -> None:
    """What the first visit teaches, in both languages, at both widths."""
    with tempfile.TemporaryDirectory() as data:
        async with Sandbox() as sandbox, running(Path(data), sandbox):
            for person, language, answer in FIRST_VISITS:
                async with visiting(browser, sandbox, person) as visit:
                    await visit.page.locator("[data-try=correction]").click()
                    form = visit.page.locator("dialog")
                    await form.locator("textarea").last.wait_for(timeout=ANSWER_MS)
                    await form.locator("textarea").last.fill("")
                    await form.locator("textarea").last.press_sequentially(answer, delay=A_LETTER_MS, timeout=ANSWER_MS)
                    await form.locator("button.primary").click()
                    await visit.page.locator("[data-try=again]").click(timeout=ANSWER_MS)
                    await visit.messages.locator("button", has_text="💡").last.wait_for(timeout=ANSWER_MS)
                    for name in ("desktop", "phone"):
                        width, height, _colours = SIZES[name]
                        await visit.page.set_viewport_size({"width": width, "height": height})
                        await visit.page.wait_for_timeout(500)
                        await visit.page.screenshot(path=folder / f"first-visit-{language}-{name}.png")


async def _show(visit: Visit, command: str, seen: str, folder: Path, name: str) -> None:
    """Call ``command``, which needs no option, and take a picture of its answer, which contains ``seen``."""
    await visit.command(command)
    await visit.page.keyboard.press("Enter")
    message = await visit.see(seen)
    await visit.page.wait_for_timeout(1500)
    await message.screenshot(path=folder / f"{name}.png")


async def _cards(browser: Browser, folder: Path) -> None:
    """The cards that moderators meet most: settings, usage, corrections, a taught answer, help, and a training."""
    for name, size in CARD_SIZES.items():
        with tempfile.TemporaryDirectory() as data:
            async with (
                ScriptedChat() as chat,
                Sandbox() as sandbox,
                FineTuningServer() as service,
                running(
                    Path(data),
                    sandbox,
                    openai_base_url=chat.base_url,
                    chat_model="scripted",
                    training_base_url=service.base_url,
                    training_api_key=KEY,
                    training_base_model="small-1",
                ),
                populated(sandbox, chat) as harness,
                visiting(browser, sandbox, "ada", size) as visit,
            ):
                if await visit.page.get_by_role("button", name="Servers and channels").is_visible():
                    await visit.page.get_by_role("button", name="Servers and channels").click()
                await visit.enter("general")
                ada = harness.administrator
                chat.answer = "I do not know who runs it."
                asked = await ada.send("general", f"{harness.mention} Who runs the pottery workshop?")
                wrong = await harness.complete_answer_to(asked, reader=ada)
                card = await (await ada.message_command("Correct this reply", wrong)).response()
                form = await ada.click(card, "I agree")
                await ada.submit(form, {"answer": "Marisol runs the pottery workshop, every Tuesday. 🏺"})
                await ada.wait_for_edit(card)
                chat.answer = "That is Marisol: she teaches pottery every Tuesday."
                asked = await harness.member.send(
                    "general", f"{harness.mention} What is the name of the pottery teacher?"
                )
                taught = await harness.complete_answer_to(asked)
                shown = await visit.see("she teaches pottery")
                await visit.page.wait_for_timeout(500)
                await shown.screenshot(path=folder / f"card-taught-{name}.png")
                assert "recalled" in buttons_of(taught)
                settings = await (await ada.slash("settings", channel="general")).response()
                await ada.click(settings, "set:review", [harness.channel("voice-notes")])
                await ada.wait_for_edit(settings)
                pencil = await (await harness.member.click(wrong, "correct")).response()
                form = await harness.member.click(pencil, "I agree")
                await harness.member.submit(form, {"answer": "Pedro runs it now."})
                await harness.member.wait_for_edit(pencil)
                await _review(visit, folder / f"card-review-{name}.png")
                await _show(visit, "help", "Mention me, reply to me", folder, f"card-help-{name}")
                await _show(visit, "settings", "How I behave on this server", folder, f"card-settings-{name}")
                await _show(visit, "usage", "in the last 7 days", folder, f"card-usage-{name}")
                await ada.slash("corrections show", {"number": "1"}, channel="general")
                card_shown = await visit.see("Correction #1")
                await visit.page.wait_for_timeout(500)
                await card_shown.screenshot(path=folder / f"card-correction-{name}.png")
                await _train(harness.administrator, service, visit, folder / f"card-training-{name}.png")


async def _review(visit: Visit, picture: Path) -> None:
    """Take a picture of a correction in the reviewers' channel, once that channel is shown as unread."""
    places = visit.page.get_by_role("button", name="Servers and channels")
    if await places.is_visible():
        await places.click()
    await visit.page.get_by_role("button", name="voice-notes, unread").click()
    waiting = await visit.see("Correction #2")
    await visit.page.wait_for_timeout(500)
    await waiting.screenshot(path=picture)
    if await places.is_visible():
        await places.click()
    await visit.enter("general")


async def _train(person: DiscordUser, service: FineTuningServer, visit: Visit, picture: Path) -> None:
    """The card of a training that is half done."""
    plan = await (await person.slash("train", {"trainer": "openai", "file": TOWNS}, channel="general")).response()
    await person.click(plan, "train-start")
    await person.wait_for_edit(plan, lambda card: card["attachments"], ANSWER_MS / 1000)
    service.moves = False
    training = await visit.see("under way")
    await visit.page.wait_for_timeout(1500)
    await training.screenshot(path=picture)


async def _take(folder: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.program(), args=chromium.arguments())
        for name, (width, height, colours) in SIZES.items():
            with tempfile.TemporaryDirectory() as data:
                async with (
                    Sandbox() as sandbox,
                    running(Path(data), sandbox),
                    visiting(browser, sandbox, "chloe", (width, height), color_scheme=colours) as visit,
                ):
                    await _talk(visit)
                    await visit.page.screenshot(path=folder / f"page-{name}.png")
        await _first_visit(browser, folder)
        await _cards(browser, folder)
        await _notes(browser, folder)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(_take(ROOT / "docs"))
