"""Incoming messages are shown as anyone who knows Discord expects."""

from __future__ import annotations

import asyncio
import base64
import io
import re

from PIL import Image
from playwright.async_api import Browser, expect

from bot.sandbox import DiscordUser, Sandbox
from bot.sandbox.model.enums import MessageFlag
from bot.sandbox.model.seed import ADMIN_ID, GENERAL_ID
from bot.sandbox.validation.mentions import EVERYTHING
from bot.sandbox.validation.message_form import read_message_form
from tests.conftest import RECORDINGS
from tests.page.visit import Visit, visiting

JFK = (RECORDINGS / "jfk.ogg").read_bytes()
WAVEFORM = base64.b64encode(bytes(range(0, 256, 4))).decode()


async def test_markdown_looks_as_on_discord(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    text = (
        "**bold** *italic* __under__ ~~gone~~ `code` ||hidden||\n> quoted\nnot quoted\n# Title\n-# small\n- one\n"
        "- two\nafter <t:0:D> https://example.com/a <script>alert(1)</script>"
    )
    await ada.send("general", text)
    message = await visit.see("bold")
    await expect(message.locator("strong")).to_have_text("bold")
    await expect(message.locator("em")).to_have_text("italic")
    await expect(message.locator(".markdown u")).to_have_text("under")
    await expect(message.locator(".markdown s")).to_have_text("gone")
    await expect(message.locator("blockquote")).to_have_text("quoted")
    await expect(message.locator("h1")).to_have_text("Title")
    await expect(message.locator(".markdown > small")).to_contain_text("small")
    await expect(message.locator("li")).to_have_text(["one", "two"])
    await expect(message.locator("a")).to_have_attribute("href", "https://example.com/a")
    await expect(message.locator("p").last).to_contain_text("1 January 1970")
    await expect(message).to_contain_text("<script>alert(1)</script>")
    hidden = message.get_by_role("button", name="Spoiler")
    await hidden.click()
    await expect(message.locator(".spoiler.shown")).to_have_text("hidden")


async def test_code_is_copied_with_one_click(visit: Visit, ada: DiscordUser) -> None:
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.enter("general")
    await ada.send("general", "```py\nprint('*not bold*')\n```")
    message = await visit.see("print")
    await message.get_by_role("button", name="Copy the code").click()
    assert await visit.page.evaluate("navigator.clipboard.readText()") == "print('*not bold*')"


async def test_mentions_show_names_and_mine_stand_out(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    chloe = next(u["id"] for u in visit.sandbox.description["users"] if u["name"] == "chloe")
    general = ada.channel_id("general")
    await ada.send("general", f"<@{chloe}> look at <#{general}>")
    message = await visit.see("look at")
    await expect(message.locator(".mention")).to_have_text(["@Chloe B.", "#general"])
    await expect(message).to_have_class(re.compile("mentioned"))


async def test_an_edit_and_a_deletion_are_seen_at_once(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    sent = await ada.send("general", "first")
    await visit.see("first")
    await ada.edit(sent, "second")
    await expect(visit.last).to_contain_text("second (edited)")
    await ada.delete(sent)
    await expect(visit.messages).to_have_count(0)


async def test_a_reply_shows_what_it_answers_and_leads_there(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    asked = await ada.send("general", "where is it?")
    for n in range(60):
        await ada.send("general", f"meanwhile {n}")
    await ada.send("general", "over there", reply_to=asked)
    answer = await visit.see("over there")
    await answer.get_by_role("button", name="where is it?").click()
    found = visit.page.locator(f"#m{asked['id']}")
    await expect(found).to_be_in_viewport()
    await expect(found).to_be_focused()


async def test_reactions_are_counted_and_clicked(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    sent = await ada.send("general", "good?")
    await ada.react(sent, "👍")
    chip = (await visit.see("good?")).get_by_role("button", name="👍, 1")
    await chip.click()
    both = visit.last.get_by_role("button", name="👍, 2")
    await expect(both).to_have_attribute("aria-pressed", "true")
    await both.click()
    await expect(visit.last.get_by_role("button", name="👍, 1")).to_have_attribute("aria-pressed", "false")


async def test_a_voice_message_plays_seeks_and_speeds_up(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("voice-notes")
    await ada.send("voice-notes", voice=(JFK, 11.0, WAVEFORM))
    player = visit.last.get_by_role("group", name="Voice message")
    await expect(player.locator(".time")).to_have_text("0:11")
    await expect(player.locator(".wave i")).to_have_count(48)
    await player.get_by_role("button", name="Play").click()
    await expect(player.get_by_role("button", name="Pause")).to_be_visible()
    await expect(player.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile("0:0[1-3] of 0:11"))
    await player.get_by_role("button", name="Speed 1×").click()
    rate = await player.locator("audio").evaluate("audio => audio.playbackRate")
    assert rate == 1.5
    slider = player.get_by_role("slider")
    await slider.press("Home")
    for _ in range(4):
        await slider.press("ArrowRight")
    at = float(await slider.get_attribute("aria-valuenow") or 0)
    assert 7.5 <= at <= 10.5
    box = await slider.bounding_box()
    assert box is not None
    await slider.click(position={"x": box["width"] * 0.1, "y": box["height"] / 2})
    assert float(await slider.get_attribute("aria-valuenow") or 0) < 3


async def test_an_embed_shows_its_parts(visit: Visit) -> None:
    await visit.enter("general")
    embed = {
        "title": "Result", "url": "https://example.com", "description": "It **worked**", "color": 0x1F7A4D,
        "author": {"name": "A. Uthor"}, "footer": {"text": "the end"},
        "fields": [{"name": "Loss", "value": "0.5", "inline": True}, {"name": "Steps", "value": "100", "inline": True}],
    }  # fmt: skip
    await visit.as_bot("general", {"embeds": [embed]})
    shown = visit.last.locator(".embed")
    await expect(shown).to_contain_text("A. Uthor")
    await expect(shown.get_by_role("link", name="Result")).to_have_attribute("href", "https://example.com")
    await expect(shown.locator("strong").first).to_have_text("worked")
    await expect(shown.locator(".embed-fields > .inline")).to_have_count(2)
    await expect(shown).to_have_css("border-left-color", "rgb(31, 122, 77)")


async def test_components_v2_are_laid_out(visit: Visit) -> None:
    await visit.enter("general")
    container = {
        "type": 17, "accent_color": 0x4752C4,
        "components": [
            {"type": 10, "content": "# Training\nAlmost **done**"},
            {"type": 9, "components": [{"type": 10, "content": "Stop it?"}],
             "accessory": {"type": 2, "style": 4, "label": "Cancel", "custom_id": "cancel"}},
            {"type": 14, "divider": True, "spacing": 2},
            {"type": 12, "items": [{"media": {"url": f"{visit.sandbox.url}/page/icon.svg"}, "description": "loss"}]},
            {"type": 1, "components": [{"type": 2, "style": 5, "label": "Docs", "url": "https://example.com"}]},
        ],
    }  # fmt: skip
    await visit.as_bot("general", {"flags": 1 << 15, "components": [container]})
    shown = visit.last.locator(".container")
    await expect(shown.locator("h1")).to_have_text("Training")
    await expect(shown.locator(".section").get_by_role("button", name="Cancel")).to_be_visible()
    await expect(shown.locator("hr.wide")).to_have_count(1)
    await expect(shown.get_by_role("img", name="loss")).to_be_visible()
    await expect(shown.get_by_role("link", name="Docs")).to_have_attribute("href", "https://example.com")


async def test_a_picture_that_loads_late_leaves_the_end_in_sight(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await visit.page.set_viewport_size({"width": 390, "height": 500})
    for number in range(8):
        await ada.send("general", f"message {number}\n" * 3)
    drawn = io.BytesIO()
    Image.new("RGB", (600, 500), "teal").save(drawn, "PNG")
    for number in range(3):
        await ada.send("general", f"picture {number}", files=[("teal.png", drawn.getvalue(), "image/png")])
        picture = (await visit.see(f"picture {number}")).locator("img")
        await visit.page.wait_for_function(
            "image => image.complete && image.naturalWidth", arg=await picture.element_handle()
        )
    await ada.send("general", "below them")
    await expect(await visit.see("below them")).to_be_in_viewport(ratio=1)


async def test_someone_who_writes_is_seen_typing(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await ada.request("POST", f"/channels/{ada.channel_id('general')}/typing")
    await expect(visit.page.locator("#typing")).to_have_text("Ada is typing…")
    await ada.send("general", "done")
    await expect(visit.page.locator("#typing")).to_have_text("")


async def test_an_unread_channel_says_so(visit: Visit, ada: DiscordUser) -> None:
    await visit.enter("general")
    await ada.send("voice-notes", "psst")
    await visit.page.get_by_role("button", name="voice-notes, unread").click()
    await visit.see("psst")
    await expect(visit.page.get_by_role("button", name="voice-notes, unread")).to_have_count(0)


async def test_two_thousand_messages_stay_fast(browser: Browser, sandbox: Sandbox, ada: DiscordUser) -> None:
    """All of them can be reached, and the page keeps at most a few hundred, whether they are old or newly arrived."""
    state, messages = sandbox.services.state, sandbox.services.messages
    author, general = state.user(ADMIN_ID), state.channel(GENERAL_ID)

    async def send(numbers: range) -> None:
        for n in numbers:
            form = read_message_form({"content": f"message {n:04}"}, {}, EVERYTHING, MessageFlag.NONE)
            messages.send(author, general, form)
            await asyncio.sleep(0.002 if n % 10 == 0 else 0)

    await send(range(1400))
    async with visiting(browser, sandbox, "chloe") as visit:
        await visit.enter("general")
        await send(range(1400, 2000))
        await ada.send("general", "the last one")
        last = await visit.see("the last one")
        await expect(last).to_be_in_viewport()
        assert await visit.messages.count() <= 450
        frame_ms = await visit.page.evaluate(
            """async () => {
                const log = document.getElementById("log"), gaps = [];
                let before = performance.now();
                for (let n = 0; n < 60; n++) {
                    log.scrollTop -= 400;
                    await new Promise(requestAnimationFrame);
                    gaps.push(performance.now() - before);
                    before = performance.now();
                }
                return gaps.sort((a, b) => a - b)[30];
            }"""
        )
        # The median of sixty frames, while older messages are loaded above.
        assert frame_ms < 100
        reached = await visit.page.evaluate(
            """async () => {
                const log = document.getElementById("log");
                for (let n = 0; n < 600 && !log.textContent.includes("message 0000"); n++) {
                    log.scrollTop = 0;
                    await new Promise((resolve) => setTimeout(resolve, 25));
                }
                return log.textContent.includes("message 0000");
            }"""
        )
        assert reached
        assert await visit.messages.count() <= 450
        await visit.page.get_by_role("button", name="Newest messages").click()
        await expect(visit.messages.filter(has_text="the last one")).to_be_in_viewport()
