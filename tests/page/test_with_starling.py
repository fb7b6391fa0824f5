"""A newcomer at the sandbox's page: from `make run` to a spoken answer without reading any instructions."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.harness import RECORDINGS, BotHarness
from tests.page.visit import Visit, visiting
from tests.spoken import AMERICANS, JFK, is_heard

ANSWER_MS = 40_000
SPOKEN = re.compile("my fellow Americans", re.IGNORECASE)


async def _answered_aloud(visit: Visit, text: str, heard: str) -> None:
    """Wait for the answer ``text`` to what was ``heard``, and for a voice message below it that plays."""
    answer = visit.messages.filter(has_text=text).last
    await answer.wait_for(timeout=ANSWER_MS)
    assert is_heard(heard, await answer.locator("blockquote").inner_text())
    player = visit.last.get_by_role("group", name="Voice message")
    await expect(visit.last.locator(".who")).to_have_text("starling", timeout=ANSWER_MS)
    await player.wait_for(timeout=ANSWER_MS)
    await player.get_by_role("button", name="Play").click()
    await expect(player.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile(r"0:0[1-9] of"))


async def test_the_first_visit_teaches_for_real_with_a_click_for_each_step(
    harness: BotHarness, browser: Browser
) -> None:
    async with visiting(browser, harness.sandbox, "chloe") as visit:
        harness.chat.answer = "A famous line about service."
        await visit.page.get_by_role("button", name="Send a recorded note").click()
        await _answered_aloud(visit, "A famous line about service.", JFK)
        harness.chat.answer = "Paris is the capital of France, and has been for a very long time."
        await visit.page.get_by_role("button", name="Ask a question").click()
        await visit.messages.filter(has_text="for a very long time").wait_for(timeout=ANSWER_MS)
        harness.chat.answer = "Nobody does."
        await visit.page.get_by_role("button", name="Teach it something").click()
        form = visit.page.get_by_role("dialog", name="Correct my answer")
        await form.get_by_label("What I should say").fill("Tom feeds it every morning.")
        await form.get_by_role("button", name="Submit").click()
        await visit.messages.filter(has_text="for nobody else").wait_for(timeout=ANSWER_MS)
        harness.chat.says = lambda _model, question: question
        await visit.page.get_by_role("button", name="Ask it again").click()
        known = visit.messages.filter(has_text="Tom feeds it every morning. Question").last
        await known.get_by_role("button", name="Taught").click(timeout=ANSWER_MS)
        await visit.messages.filter(has_text="what you have taught me").wait_for(timeout=ANSWER_MS)
        await expect(visit.page.locator("#welcome")).to_be_hidden()
    direct = await harness.dm(harness.member)
    [taught] = await harness.member.autocomplete("memory forget", {"number": ""}, "number", channel=direct)
    forgotten = await harness.member.slash("memory forget", {"number": taught["value"]}, channel=direct)
    assert "Forgotten" in (await forgotten.response())["content"]


@pytest.mark.parametrize(
    ("size", "question", "most_clicks"),
    [((1280, 800), "Who waters the plants?", 2), ((390, 844), "On which day is the market?", 3)],
)
async def test_a_moderator_who_reads_nothing_finds_a_correction_and_approves_it(
    harness: BotHarness, browser: Browser, size: tuple[int, int], question: str, most_clicks: int
) -> None:
    ada, chloe = harness.administrator, harness.member
    card = await (await ada.slash("settings", channel="general")).response()
    await ada.click(card, "set:review", [harness.channel("voice-notes")])
    await ada.wait_for_edit(card)
    async with visiting(browser, harness.sandbox, "ada", size) as visit:
        places = visit.page.get_by_role("button", name="Servers and channels")
        if await places.is_visible():
            await places.click()
        await visit.enter("general")
        harness.chat.answer = "Nobody does."
        asked = await chloe.send("general", f"{harness.mention} {question}")
        wrong = await harness.complete_answer_to(asked, reader=chloe)
        form = await chloe.click(wrong, "correct")
        if form.modal is None:
            form = await chloe.click(await form.response(), "I agree, and name me in /leaderboard")
        await chloe.submit(form, {"answer": f"It is for Ines to say: {question}"})
        clicks = 0
        if await places.is_visible():
            await places.click()
            clicks += 1
        for name in ("voice-notes, unread", "Approve"):
            await visit.page.get_by_role("button", name=name).last.click(timeout=ANSWER_MS)
            clicks += 1
        await visit.messages.filter(has_text="✅ approved").last.wait_for(timeout=ANSWER_MS)
    assert clicks <= most_clicks


async def test_what_is_spoken_into_the_microphone_is_answered_aloud(harness: BotHarness, browser: Browser) -> None:
    async with visiting(browser, harness.sandbox, "chloe") as visit:
        harness.chat.answer = "So I heard, and that is all there is to say of it."
        await visit.page.get_by_role("button", name="Record a voice message").click()
        await expect(visit.page.get_by_role("timer")).to_have_text("0:03", timeout=ANSWER_MS)
        await visit.page.get_by_role("button", name="Send the recording").click()
        await _answered_aloud(visit, "So I heard, and that is all there is to say of it.", "i read the book")


async def test_a_text_answer_is_read_aloud_with_one_click(harness: BotHarness, browser: Browser) -> None:
    async with visiting(browser, harness.sandbox, "chloe") as visit:
        harness.chat.answer = "Read me."
        await visit.write("Something to read?")
        answer = visit.messages.filter(has_text="Read me.").last
        await answer.wait_for(timeout=ANSWER_MS)
        await answer.get_by_role("button", name="Read aloud").click()
        await visit.last.get_by_role("group", name="Voice message").wait_for(timeout=ANSWER_MS)


async def test_a_recording_is_transcribed_by_command(harness: BotHarness, browser: Browser) -> None:
    async with visiting(browser, harness.sandbox, "chloe") as visit:
        await visit.command("transcribe")
        await visit.page.locator(".field input[type=file]").set_input_files(RECORDINGS / "americans.ogg")
        await visit.page.get_by_role("button", name="Send", exact=True).click()
        transcript = visit.messages.filter(has_text=SPOKEN).last
        await transcript.wait_for(timeout=ANSWER_MS)
        assert is_heard(AMERICANS, await transcript.inner_text())
