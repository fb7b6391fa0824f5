"""People's opinions of answers, misheard words, and the people who are named for teaching."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest_asyncio

from bot.corrections.limits import MAX_FEEDBACK_PER_DAY
from bot.sandbox.client.discord_user import DiscordUser
from tests.harness import BotHarness, Message, voice
from tests.spoken import AMERICANS, is_heard

SECOND = "second sandbox/general"


@pytest_asyncio.fixture(loop_scope="session")
async def judged(harness: BotHarness) -> AsyncIterator[BotHarness]:
    """The shared harness; afterwards, everyone's data is deleted."""
    yield harness
    await all_forgotten(harness)


async def all_forgotten(harness: BotHarness) -> None:
    for person in (harness.administrator, harness.member, harness.russian):
        await forgotten(person)


async def forgotten(person: DiscordUser) -> str:
    question = await told(person, "privacy forget")
    await person.click(question, "privacy-forget")
    return str((await person.wait_for_edit(question))["content"])


async def told(person: DiscordUser, command: str, channel: str = "general", **options: object) -> Message:
    answer: Message = await (await person.slash(command, options, channel=channel)).response()
    assert answer["flags"] & 64
    return answer


async def answered(harness: BotHarness, person: DiscordUser, channel: str = "general") -> Message:
    asked = await person.send(channel, f"{harness.mention} What is the capital of France?")
    return await harness.complete_answer_to(asked, reader=person)


async def test_one_vote_a_person_which_can_be_changed_and_taken_back(judged: BotHarness) -> None:
    ada, boris, chloe = judged.administrator, judged.russian, judged.member
    answer = await answered(judged, chloe)
    thanks = await (await boris.click(answer, "good")).response()
    assert (thanks["content"], thanks["flags"]) == ("Спасибо, учту. Нажмите ещё раз, чтобы отозвать.", 64)
    form = await boris.click(answer, "bad")
    noted = await (await boris.submit(form, {"reason": "Это же [Лион]! 🦁"})).response()
    assert noted["content"] == "Спасибо. Те, кто за меня здесь отвечает, это прочтут."
    await chloe.click(answer, "bad")
    wanted = (await told(ada, "corrections wanted"))["content"]
    assert "👎 2 · 👍 0 · [Paris is the capital of France.](https://discord.com/channels/" in wanted
    assert "\n> Это же (Лион)! 🦁" in wanted
    back = await (await chloe.click(answer, "bad")).response()
    assert back["content"] == "Your vote is taken back."
    await ada.click(answer, "good")
    assert "👎" not in (await told(ada, "corrections wanted"))["content"]
    refused = await told(chloe, "corrections wanted")
    assert "the permission Manage Server" in refused["content"]
    assert "👎" not in (await told(ada, "corrections wanted", SECOND))["content"]


async def test_an_answer_that_is_asked_for_anew_is_judged_anew(judged: BotHarness) -> None:
    chloe = judged.member
    answer = await answered(judged, chloe)
    await chloe.click(answer, "bad")
    judged.chat.answer = "Paris. It has been for long."
    await chloe.click(answer, "again")
    await judged.answer_to(answer["referenced_message"], lambda text: text == judged.chat.answer)
    assert "👎" not in (await told(judged.administrator, "corrections wanted"))["content"]


async def test_feedback_reaches_the_moderators_of_its_server_and_is_bounded(judged: BotHarness) -> None:
    ada, boris = judged.administrator, judged.russian
    thanks = await told(boris, "feedback", text="Хорошая птица! 🐦 [link](https://example.org)")
    assert thanks["content"] == "Спасибо! Те, кто за меня здесь отвечает, это прочтут."
    wanted = (await told(ada, "corrections wanted"))["content"]
    assert "- Хорошая птица! 🐦 (link)(https://example.org) — <@" in wanted
    assert "Хорошая" not in (await told(ada, "corrections wanted", SECOND))["content"]
    for _time in range(MAX_FEEDBACK_PER_DAY - 1):
        await told(boris, "feedback", text="ещё")
    assert "больше за день я не принимаю" in (await told(boris, "feedback", text="ещё"))["content"]


async def test_a_corrected_transcript_teaches_names(judged: BotHarness) -> None:
    ada, chloe = judged.administrator, judged.member
    note = await chloe.send("general", voice=voice("americans.ogg"), reply_to=await answered(judged, chloe))
    await judged.complete_answer_to(note)
    form = await chloe.message_command("Correct transcript", note)
    assert form.modal is not None
    heard = form.modal["components"][0]["components"][0]["value"]
    assert is_heard(AMERICANS, heard)
    right = " ".join(["Skvortsov", "Старлингов", *heard.split()[2:]])
    suggested = await (await chloe.submit(form, {"said": right})).response()
    assert suggested["content"].endswith("here: Skvortsov, Старлингов.")
    assert "\n- Skvortsov, Старлингов" in (await told(ada, "corrections wanted"))["content"]
    form = await ada.message_command("Correct transcript", note)
    learnt = await (await ada.submit(form, {"said": right})).response()
    assert learnt["content"] == "Thank you! From now on I listen here for: Skvortsov, Старлингов."
    hearing = await told(ada, "hearing")
    assert hearing["content"].endswith("Skvortsov, Старлингов")
    assert "Skvortsov" not in (await told(ada, "corrections wanted"))["content"]
    await told(ada, "hearing", vocabulary="-")
    form = await chloe.message_command("Correct transcript", note)
    same = await (await chloe.submit(form, {"said": heard.upper()})).response()
    assert "no word in it that I did not know" in same["content"]
    text = await chloe.send("general", "no recording")
    nothing = await (await chloe.message_command("Correct transcript", text)).response()
    assert "I have no transcript of this message." in nothing["content"]


async def test_everyone_sees_gets_and_loses_what_is_stored_on_them(judged: BotHarness) -> None:
    ada, boris = judged.administrator, judged.russian
    # Other tests may have left people who are named.
    await all_forgotten(judged)
    assert "Nobody who has chosen to be named" in (await told(ada, "leaderboard"))["content"]
    answer = await answered(judged, boris)
    card = await (await ada.message_command("Correct this reply", answer)).response()
    await ada.submit(await ada.click(card, "I agree"), {"answer": "Париж 🥐"})
    await ada.wait_for_edit(card)
    await told(ada, "feedback", text="fine")
    await ada.click(answer, "good")
    shown = (await told(ada, "privacy show"))["content"]
    counted = (
        "corrections: {0}; what you taught me in direct messages: 0; examples in datasets: 0; votes on answers: {0};"
    )
    assert counted.format(1) in shown and "/feedback: 1;" in shown
    assert "You have agreed that" in shown
    assert "/leaderboard names you" not in shown
    assert "<@" not in (await told(ada, "leaderboard"))["content"]
    assert (await told(ada, "privacy credit", named=True))["content"] == "From now on /leaderboard names you."
    board = await (await ada.slash("leaderboard", channel="general")).response()
    assert "1. <@" in board["content"] and "approved corrections: 1" in board["content"]
    exported = await told(ada, "privacy export")
    data = json.loads(await ada.download(exported["attachments"][0]))
    assert [one["answer"] for one in data["corrections"]] == ["Париж 🥐"]
    assert [one["text"] for one in data["feedback"]] == ["fine"]
    assert data["settings"]["credited"] is True
    strangers = json.loads(await boris.download((await told(boris, "privacy export"))["attachments"][0]))
    assert strangers["corrections"] == [] and "Париж" not in json.dumps(strangers, ensure_ascii=False)
    assert "forgotten" in await forgotten(ada)
    shown = (await told(ada, "privacy show"))["content"]
    assert counted.format(0) in shown and "/feedback: 0;" in shown
    assert "You have not agreed" in shown
    assert "Nobody who has chosen to be named" in (await told(ada, "leaderboard"))["content"]
    assert "#1" not in str(await ada.autocomplete("corrections show", {"number": ""}, "number", channel="general"))
