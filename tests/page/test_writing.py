"""Writing, sending files, recording."""

from __future__ import annotations

import re

from playwright.async_api import expect

from bot.sandbox import DiscordUser
from tests.conftest import RECORDINGS
from tests.page.visit import Visit

DROP = """(main, text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "dropped.txt", { type: "text/plain" }));
    main.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
PASTE = """text => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "pasted.txt", { type: "text/plain" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""


async def test_a_message_is_sent_with_enter_and_shift_makes_a_line(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    box = visit.page.get_by_label("Message", exact=True)
    await box.press_sequentially("one")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    await box.press("Enter")
    sent = await ada.wait_for_message(from_bot=False, channel="general")
    assert sent["content"] == "one\ntwo"
    await expect(box).to_have_value("")


async def test_a_name_after_an_at_sign_becomes_a_mention(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    box = visit.page.get_by_label("Message", exact=True)
    await box.press_sequentially("hello @star")
    await visit.offered.filter(has_text="starling").wait_for()
    await box.press("Tab")
    await box.press_sequentially("there")
    await box.press("Enter")
    sent = await ada.wait_for_message(from_bot=False, channel="general")
    assert sent["content"] == f"hello <@{visit.sandbox.description['application_id']}> there"


async def test_files_are_chosen_dropped_and_pasted(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await visit.page.locator("#file").set_input_files(
        {"name": "chosen.txt", "mimeType": "text/plain", "buffer": b"from the disk"}
    )
    await visit.page.locator("main").evaluate(DROP, "from elsewhere")
    await visit.page.evaluate(PASTE, "from the clipboard")
    listed = visit.page.get_by_role("list", name="Files to send").get_by_role("listitem")
    await expect(listed).to_have_count(3)
    await listed.nth(1).get_by_role("button", name="Remove dropped.txt").click()
    await visit.page.get_by_role("button", name="Send", exact=True).click()
    sent = await ada.wait_for_message(from_bot=False, channel="general")
    assert [a["filename"] for a in sent["attachments"]] == ["chosen.txt", "pasted.txt"]
    assert await ada.download(sent["attachments"][1]) == b"from the clipboard"
    await expect(visit.last.get_by_role("link")).to_have_text(["chosen.txt", "pasted.txt"])


async def test_what_is_spoken_becomes_a_voice_message(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("voice-notes")
    await visit.page.get_by_role("button", name="Record a voice message").click()
    await expect(visit.page.get_by_role("timer")).to_have_text("0:02")
    await visit.page.get_by_role("button", name="Send the recording").click()
    sent = await ada.wait_for_message(from_bot=False, channel="voice-notes")
    assert sent["flags"] & 1 << 13
    (file,) = sent["attachments"]
    assert 1.0 < file["duration_secs"] < 10.0
    assert file["waveform"]
    await expect(visit.last.get_by_role("group", name="Voice message")).to_be_visible()


async def test_a_recording_can_be_thrown_away(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("voice-notes")
    await visit.page.get_by_role("button", name="Record a voice message").click()
    await visit.page.get_by_role("button", name="Cancel the recording").click()
    await expect(visit.page.get_by_role("timer")).to_have_count(0)
    assert await ada.messages("voice-notes") == []


async def test_a_recording_that_was_uploaded_can_be_heard(visit: Visit) -> None:
    await visit.enter("voice-notes")
    await visit.page.locator("#file").set_input_files(RECORDINGS / "jfk.ogg")
    await visit.page.get_by_role("button", name="Send", exact=True).click()
    player = visit.last.get_by_role("group", name="jfk.ogg")
    await expect(player.locator(".time")).to_have_text("0:11")


async def test_the_last_message_is_edited_with_the_arrow_up(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await visit.write("teh answer")
    await visit.see("teh answer")
    box = visit.page.get_by_label("Message", exact=True)
    await box.press("ArrowUp")
    await expect(box).to_have_value("teh answer")
    await box.fill("the answer")
    await box.press("Enter")
    await expect(visit.last).to_contain_text("the answer (edited)")


async def test_a_thread_begins_at_a_message_and_is_found_again(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await ada.send("general", "let us talk about it")
    message = await visit.see("let us talk")
    await message.hover()
    await message.get_by_role("button", name="More").click()
    await visit.page.get_by_role("menuitem", name="Create a thread").click()
    await expect(visit.page.locator("#title")).to_have_text("let us talk about it")
    await visit.write("here")
    await visit.see("here")
    await visit.page.locator("#channels").get_by_role("button", name="general").click()
    await visit.page.locator("#title", has_text="general").wait_for()
    card = visit.messages.filter(has_text="let us talk").first.locator(".thread-card")
    await card.click()
    await visit.see("here")


async def test_a_refusal_is_told_where_one_writes_and_nothing_is_lost(visit: Visit) -> None:
    await visit.enter("general")
    text = "x" * 2001
    await visit.write(text)
    problem = visit.page.get_by_role("alert")
    await expect(problem).to_contain_text("2000 characters at most; this one has 2001")
    await expect(visit.page.get_by_label("Message", exact=True)).to_have_value(text)


async def test_the_menu_of_a_message_is_used_with_the_keyboard(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await ada.send("general", "quote me")
    await visit.see("quote me")
    await visit.page.locator("#log").focus()
    await visit.page.keyboard.press("ArrowUp")
    await expect(visit.last).to_be_focused()
    await visit.last.get_by_role("button", name="Reply").press("Enter")
    await expect(visit.page.locator("#replying")).to_have_text(re.compile("Replying to Ada quote me"))
    await visit.write("here I am")
    sent = await ada.wait_for_message(lambda m: m["content"] == "here I am", from_bot=False)
    assert sent["referenced_message"]["content"] == "quote me"
