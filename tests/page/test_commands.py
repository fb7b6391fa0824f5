"""Commands, buttons, selects and forms of a real bot."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox import Sandbox
from tests.page.visit import Visit, visiting

pytestmark = pytest.mark.usefixtures("bot")


async def test_a_command_is_found_filled_in_and_sent(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("echo")
    text = visit.page.locator(".field", has_text="What to say").locator("input")
    await text.fill("again")
    await visit.page.get_by_role("button", name="+ times").click()
    await visit.page.get_by_label("times").fill("3")
    await visit.page.keyboard.press("Enter")
    answer = await visit.see("again again again")
    await expect(answer.locator(".quoted")).to_have_text("Chloe B. used /echo")


async def test_a_command_with_nothing_to_fill_in_is_sent_by_the_next_enter_or_left_by_escape(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("secret")
    await visit.page.keyboard.press("Escape")
    await expect(visit.page.get_by_label("Message", exact=True)).to_be_focused()
    await visit.command("secret")
    await visit.page.keyboard.press("Enter")
    await expect(visit.last.locator(".quoted")).to_have_text("Chloe B. used /secret")


async def test_what_is_wrong_is_said_at_the_field(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("echo")
    await visit.page.keyboard.press("Enter")
    field = visit.page.locator(".field").first
    await expect(field.locator(".error")).to_have_text("This field is required.")
    await field.locator("input").fill("hm")
    await visit.page.get_by_role("button", name="+ times").click()
    times = visit.page.locator(".field").nth(1)
    for typed, complaint in (("many", "A whole number is wanted."), ("9", "At most 3."), ("0", "At least 1.")):
        await times.locator("input").fill(typed)
        await visit.page.keyboard.press("Enter")
        await expect(times.locator(".error")).to_have_text(complaint)
    await visit.page.keyboard.press("Escape")
    await expect(visit.page.get_by_label("Message", exact=True)).to_be_focused()


async def test_choices_come_while_one_types(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("eat")
    fruit = visit.page.get_by_role("combobox", name="fruit")
    await expect(visit.offered).to_have_text(["apple", "apricot", "banana"])
    await fruit.press_sequentially("ap")
    await expect(visit.offered).to_have_text(["apple", "apricot"])
    await fruit.press("ArrowDown")
    await expect(visit.offered.filter(has_text="apricot")).to_have_attribute("aria-selected", "true")
    await fruit.press("Enter")
    await expect(fruit).to_have_value("apricot")
    await fruit.press("Enter")
    await visit.see("ate apricot")


async def test_a_file_is_given_to_a_command(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("measure")
    await visit.page.locator(".field input[type=file]").set_input_files(
        {"name": "numbers.txt", "mimeType": "text/plain", "buffer": b"12345"}
    )
    await visit.page.get_by_role("button", name="Send", exact=True).click()
    await visit.see("numbers.txt text/plain 5")


async def test_an_answer_for_one_person_says_so_and_can_be_dismissed(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("secret")
    await visit.page.get_by_role("button", name="Send", exact=True).click()
    answer = await visit.see("between us, in en-GB")
    await expect(answer).to_contain_text("Only you can see this")
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(visit.messages).to_have_count(0)


async def test_an_application_that_does_not_answer_is_told_of(visit: Visit) -> None:
    visit.sandbox.options.ack_timeout_s = 0.5
    await visit.enter("general")
    await visit.command("silent")
    await visit.page.get_by_role("button", name="Send", exact=True).click()
    await expect(visit.page.get_by_role("alert")).to_have_text("The application did not respond.")


async def test_buttons_and_selects_do_what_they_say(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("panel")
    await visit.page.get_by_role("button", name="Send", exact=True).click()
    panel = visit.messages.filter(has_text="used /panel")
    await panel.get_by_role("combobox").select_option(label="Green")
    await visit.see("chose g")
    await panel.locator(".row").get_by_role("button", name="Reply").click()
    await visit.see("replied")
    await panel.get_by_role("button", name="Update").click()
    await expect(panel).to_contain_text("updated")


async def test_a_form_is_filled_in_and_sent(visit: Visit) -> None:
    await visit.enter("general")
    await visit.command("form")
    await visit.page.get_by_role("button", name="Send", exact=True).click()
    form = visit.page.get_by_role("dialog", name="Change it")
    prompt = form.get_by_label("Prompt")
    await expect(prompt).to_have_value("as it was")
    await prompt.fill("")
    await form.get_by_role("button", name="Submit").click()
    await expect(form.locator(".error").first).to_have_text("This field is required.")
    await prompt.fill("as it should be")
    await form.get_by_role("button", name="Submit").click()
    await visit.see("changed to 'as it should be'")
    await expect(form).to_have_count(0)


async def test_a_message_command_is_in_the_menu_of_a_message(visit: Visit) -> None:
    await visit.enter("general")
    await visit.write("wise words")
    message = await visit.see("wise words")
    await message.click(button="right")
    await visit.page.get_by_role("menuitem", name="Quote this").click()
    quoted = await visit.see("used Quote this")
    await expect(quoted.locator("blockquote")).to_have_text("wise words")


async def test_what_a_member_may_not_use_or_see_is_not_there(browser: Browser, sandbox: Sandbox, visit: Visit) -> None:
    await visit.enter("general")
    await visit.page.get_by_label("Message", exact=True).press_sequentially("/")
    await visit.offered.filter(has_text="echo").wait_for()
    await expect(visit.offered.filter(has_text="guarded")).to_have_count(0)
    await expect(visit.page.locator("#channels").get_by_role("button", name="moderators")).to_have_count(0)
    await visit.page.get_by_label("You are").select_option(label="Ada (administrator)")
    await visit.page.locator("#channels").get_by_role("button", name="moderators").wait_for()
    await visit.enter("general")
    await visit.page.get_by_label("Message", exact=True).press_sequentially("/guard")
    await expect(visit.offered.filter(has_text="guarded")).to_be_visible()
    second = visit.page.get_by_role("navigation", name="Servers").get_by_role("button", name="Second sandbox")
    await second.click()
    await expect(visit.page.locator("#server")).to_have_text("Second sandbox")


async def test_commands_are_in_the_language_of_the_person(browser: Browser, sandbox: Sandbox) -> None:
    async with visiting(browser, sandbox, "boris") as visit:
        await visit.enter("general")
        await visit.command("secret")
        await visit.page.get_by_role("button", name="Отправить", exact=True).click()
        await visit.see("between us, in ru")


async def test_without_a_bot_the_page_tells_how_to_connect_one(browser: Browser) -> None:
    async with Sandbox() as empty, visiting(browser, empty, "chloe") as visit:
        notice = visit.page.locator("#notice")
        await expect(notice).to_contain_text("No bot is connected yet.")
        await expect(notice).to_contain_text(empty.rest_url)
        await expect(notice).to_contain_text(empty.bot_token)


async def test_engineers_watch_the_traffic_and_make_trouble(visit: Visit) -> None:
    await visit.enter("general")
    await visit.page.get_by_role("button", name="Panel for engineers").click()
    panel = visit.page.get_by_role("complementary", name="For engineers")
    await panel.get_by_role("button", name="500: ", exact=False).click()
    await expect(panel.get_by_role("status")).to_have_text("Waiting for its request: error")
    await visit.command("echo")
    await visit.page.locator(".field input").first.fill("hard")
    await visit.page.keyboard.press("Enter")
    failed = panel.get_by_role("listitem").filter(has_text=re.compile(r"500POST /interactions/.*callback"))
    await expect(failed).to_have_count(1)
    await expect(panel.get_by_role("listitem").filter(has_text="INTERACTION_CREATE")).to_have_count(1)
    await panel.get_by_label("Filter").fill("interaction_create")
    await expect(failed).to_have_count(0)
    await panel.get_by_role("listitem").filter(has_text="INTERACTION_CREATE").get_by_role("button").click()
    await expect(panel.locator("pre")).to_contain_text('"name": "echo"')
    await panel.get_by_role("button", name="Op 9: ", exact=False).click()
    await panel.get_by_label("Filter").fill("")
    await expect(panel.get_by_role("listitem").filter(has_text="IDENTIFY")).to_have_count(2, timeout=20_000)
