"""Reviewers of corrections are told about them, and so are the people who wrote them."""

from __future__ import annotations

import json

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.model.seed import ADMIN_ID
from tests.extensions.corrections.test_corrections import (
    CAPITAL,
    LONDON,
    PARIS,
    answered,
    corrects,
    did,
    pressed_of,
    told_by,
    words,
)
from tests.harness import BotHarness, Message, buttons_of


async def reviewed_in(harness: BotHarness, *channels: str) -> None:
    card = await did(harness.administrator, "settings")
    await harness.administrator.click(card, "set:review", list(channels))
    await harness.administrator.wait_for_edit(card)


async def test_a_channel_shows_what_waits_and_what_is_decided_there_is_told_to_its_author(
    corrections_harness: BotHarness,
) -> None:
    harness = corrections_harness
    ada, chloe, boris = harness.administrator, harness.member, harness.russian
    card = await did(ada, "settings")
    refused = await (await ada.click(card, "set:review", [harness.channel("no-bots")])).response()
    assert "Give me the permissions Send Messages there first" in refused["content"]
    await reviewed_in(harness, harness.channel("voice-notes"))
    try:
        answer = await answered(harness, chloe)
        form = await chloe.click(answer, "correct")
        receipt = await (await chloe.submit(form, {"answer": LONDON.upper()})).response()
        shown = await posted(ada, harness, "Correction #1")
        assert pressed_of(shown) == ["correction-approve", "correction-reject", "correction-edit"]
        await ada.click(shown, "Approve")
        assert "✅ approved" in words(await ada.wait_for_edit(shown))
        known = words(await chloe.wait_for_edit(receipt))
        assert f"Your correction **#1** was approved by <@{ADMIN_ID}>. I know it now" in known
        # A contradicting correction can replace it with one click, and is then the only one.
        form = await boris.click(answer, "correct")
        receipt = await (await boris.submit(form, {"answer": PARIS})).response()
        second = await posted(ada, harness, "Correction #2")
        assert pressed_of(second) == ["correction-retire", "correction-reject", "correction-edit"]
        await ada.click(second, "Approve, and retire #1")
        await ada.wait_for_edit(second)
        assert "Ваше исправление **#2** одобрено" in words(await boris.wait_for_edit(receipt))
        assert "♻️ replaced by a newer one" in words(await ada.wait_for_edit(shown, lambda m: "♻️" in words(m)))
        assert [choice["value"] for choice in await corrections_in(ada, "approved")] == ["2"]
        # If a moderator edits it, it is approved in the moderator's words; if it is deleted, it is shown no more.
        assert "**#3**" in await corrects(chloe, answer, asked="And of Italy?", answer="Milan")
        third = await posted(ada, harness, "Correction #3")
        edited = await (await ada.submit(await ada.click(third, "Edit"), {"answer": "Rome"})).response()
        assert "**#3**. You may approve corrections, so it is approved at once" in words(edited)
        assert "> Rome" in words(await ada.wait_for_edit(third, lambda m: "✅" in words(m)))
        asked = await did(chloe, "corrections delete", number="3")
        await chloe.click(asked, "Delete")
        await ada.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == third["id"])
        assert "Correction #2" in words(await ada.fetch(second))
    finally:
        await reviewed_in(harness)


async def posted(ada: DiscordUser, harness: BotHarness, text: str) -> Message:
    return await ada.wait_for_message(lambda message: text in words(message), channel=harness.channel("voice-notes"))


async def corrections_in(ada: DiscordUser, state: str) -> list[Message]:
    """The options of the list of corrections in ``state``."""
    listed = await did(ada, "corrections list", state=state)
    [menu] = [part for row in listed["components"] for part in row["components"] if part["type"] == 3]
    options: list[Message] = menu["options"]
    return options


async def test_without_a_channel_those_who_approve_are_told_where_they_come_by(
    corrections_harness: BotHarness,
) -> None:
    harness = corrections_harness
    ada, chloe = harness.administrator, harness.member
    answer = await answered(harness, chloe)
    for text in ("Paris", "Lyon"):
        await corrects(chloe, answer, asked=text, answer=text)
    waits = "Corrections waiting for you: 2. /corrections list opens them."
    asked = await ada.send("general", f"{harness.mention} Hello?")
    assert waits in (await harness.complete_answer_to(asked, reader=ada))["content"]
    asked = await ada.send("general", f"{harness.mention} And again?")
    assert "waiting for you" not in (await harness.complete_answer_to(asked, reader=ada))["content"]
    greeting = await ada.slash("hi", channel="general")
    await ada.wait_until(lambda: any(waits in m["content"] for m in greeting.messages), 10, "the hint")
    assert "waiting for a decision: 2" in await told_by(ada, "settings")
    listed = await did(ada, "corrections list")
    await ada.click(listed, "corrections-open", ["1"])
    card = await ada.wait_for_message(lambda message: "Correction #1" in words(message), after=listed)
    await ada.click(card, "Reject")
    await ada.wait_for_edit(card)
    assert "waiting for a decision: 1" in await told_by(ada, "settings")


async def test_what_is_wanted_can_be_done_there_and_leaves(corrections_harness: BotHarness) -> None:
    harness = corrections_harness
    ada, boris = harness.administrator, harness.russian
    first = await answered(harness, boris, CAPITAL, LONDON)
    second = await answered(harness, boris, "Why?", "Because.")
    for answer in (first, second):
        form = await boris.click(answer, "bad")
        await boris.submit(form, {})
    page = await did(ada, "corrections wanted")
    assert "Лондон" in page["content"] and "Because" in page["content"]
    form = await ada.click(page, "wanted-correct", [f"{first['channel_id']}:{first['id']}"])
    assert "approved at once" in words(await (await ada.submit(form, {"answer": PARIS})).response())
    page = await did(ada, "corrections wanted")
    assert "Лондон" not in page["content"]
    await ada.click(page, "wanted-dismiss", [f"{second['channel_id']}:{second['id']}"])
    assert "No disliked answer" in (await ada.wait_for_edit(page))["content"]


async def test_taught_before_anybody_asks_one_by_one_and_many_at_once(corrections_harness: BotHarness) -> None:
    harness = corrections_harness
    ada, chloe = harness.administrator, harness.member
    assert "approved at once" in await told_by(ada, "teach", question="Who runs the pottery?", answer="Marisol")
    card = await told_by(ada, "corrections show", number="1")
    assert "> Marisol" in card and "I said" not in card
    form = await chloe.slash("teach", {"question": "When is game night?"}, channel="general")
    assert form.modal is not None
    assert form.modal["title"] == "Teach me"
    assert "**#2**. It is waiting for a moderator" in words(
        await (await chloe.submit(form, {"answer": "On Thursday"})).response()
    )
    rows = [("Who runs the pottery?", "Marisol."), ("Who runs the pottery?", "Pedro"), ("Where are keys?", "Blue box"),
            ("Long?", "x" * 2001)]  # fmt: skip
    lines = "\n".join(json.dumps({"prompt": prompt, "answer": answer}) for prompt, answer in rows)
    file = ("taught.jsonl", lines.encode(), "application/json")
    told = await told_by(ada, "teach", file=file)
    assert "✅ Known from now on: 1." in told
    assert "🟰 Known already: 1." in told
    assert "⏳ Waiting for a decision: #3." in told
    assert "⚠️ The same question has another approved answer in #1." in told
    assert "Not taken: 1.\n- Item 4:" in told
    broken = ("taught.jsonl", b'{"prompt": "x"}\n', "application/json")
    assert "Line 1:" in await told_by(ada, "teach", file=broken)
    assert "the permission Manage Server" in await told_by(chloe, "teach", file=file)
    harness.chat.says = lambda _model, question: question
    asked = await chloe.send("general", f"{harness.mention} where do I find keys?")
    assert "Blue box" in (await harness.complete_answer_to(asked))["content"]


async def test_what_is_taught_in_a_direct_message_is_known_to_that_person_there_and_nowhere_else(
    corrections_harness: BotHarness,
) -> None:
    harness = corrections_harness
    ada, chloe, boris = harness.administrator, harness.member, harness.russian
    alone, his = await harness.dm(chloe), await harness.dm(boris)
    question = "What is my locker's code?"
    harness.chat.answer = "I do not know."
    asked = await chloe.send(alone, question)
    answer = await harness.complete_answer_to(asked)
    form = await chloe.click(answer, "correct")
    told = words(await (await chloe.submit(form, {"answer": "4711"})).response())
    assert "for your direct messages with me and for nobody else: **#1**" in told
    form = await boris.slash("teach", {}, channel=his)
    assert "**#1**" in words(await (await boris.submit(form, {"asked": question, "answer": "0815"})).response())
    await told_by(ada, "teach", question=question, answer="On the server: ask the porter")
    await told_by(ada, "teach", "second sandbox/general", question=question, answer="Second: 9999")
    codes = ("4711", "0815", "ask the porter", "9999")
    harness.chat.says = lambda _model, question: question
    places = ((chloe, alone, "4711"), (boris, his, "0815"), (chloe, "general", "ask the porter"),
              (boris, "general", "ask the porter"), (ada, "second sandbox/general", "9999"))  # fmt: skip
    for person, place, right in places:
        asked = await person.send(place, question if place in (alone, his) else f"{harness.mention} {question}")
        said = (await harness.complete_answer_to(asked, reader=person))["content"]
        assert [code for code in codes if code in said] == [right], place
    last = await harness.complete_answer_to(await chloe.send(alone, "What is the code of my locker?"))
    remembered = await (await chloe.click(last, "recalled")).response()
    assert "what you have taught me:\n**#1**" in remembered["content"]
    assert "4711" in await told_by(chloe, "memory list", alone)
    assert "0815" not in await told_by(chloe, "memory list", alone)
    shown = await told_by(chloe, "privacy show", alone)
    assert "what you taught me in direct messages: 1;" in shown
    assert "Forgotten: **#1**" in await told_by(chloe, "memory forget", alone, number="1")
    asked = await chloe.send(alone, question)
    assert "4711" not in (await harness.complete_answer_to(asked))["content"]
    assert "0815" in await told_by(boris, "memory list", his)


async def test_what_does_not_fit_is_not_recalled_for_that_question_again(corrections_harness: BotHarness) -> None:
    harness = corrections_harness
    ada, chloe = harness.administrator, harness.member
    await told_by(ada, "teach", question="Where are the spare keys?", answer="In the blue box.")
    harness.chat.says = lambda _model, question: question
    asked = await chloe.send("general", f"{harness.mention} where do I find the spare keys")
    answer = await harness.complete_answer_to(asked)
    assert "In the blue box." in answer["content"]
    taught = await (await chloe.click(answer, "recalled")).response()
    noted = await (await chloe.click(taught, "#1 does not fit")).response()
    assert "I will not recall #1" in noted["content"]
    await chloe.click(answer, "again")
    anew = await harness.answer_to(asked, lambda text: "blue" not in text and "keys" in text)
    assert "recalled" not in buttons_of(anew)
    asked = await chloe.send("general", f"{harness.mention} where are the spare keys?")
    assert "In the blue box." in (await harness.complete_answer_to(asked))["content"]
