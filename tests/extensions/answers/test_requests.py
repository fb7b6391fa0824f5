"""The number of requests to Discord that a question costs; Discord allows a whole bot fifty per second."""

from __future__ import annotations

import pytest

from benchmarks.requests import requests_for
from bot.ui import waiting_indicator
from bot.ui.streaming_reply import edit_interval_s
from tests.harness import BotHarness, voice


async def test_a_short_text_costs_at_most_four_requests_also_in_a_conversation(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    answer = await harness.complete_answer_to(await harness.member.send(channel, "And what is the capital?"))
    for reply_to in (None, answer):
        harness.sandbox.requests.clear()
        await harness.complete_answer_to(await harness.member.send(channel, "Really?", reply_to=reply_to))
        counted = requests_for(harness.sandbox)
        assert counted.total() <= 4, counted
        assert not [route for route in counted if route.startswith("GET")], counted


@pytest.mark.parametrize("announced_after_s", [waiting_indicator.ANNOUNCED_AFTER_S, 0.1], ids=["usual", "slow"])
async def test_a_voice_note_that_is_answered_aloud_costs_at_most_five(
    harness: BotHarness, monkeypatch: pytest.MonkeyPatch, announced_after_s: float
) -> None:
    """In the slow case, an announcement is posted because listening takes long."""
    channel = await harness.dm(harness.member)
    await harness.complete_answer_to(await harness.member.send(channel, "Hello."))
    monkeypatch.setattr(waiting_indicator, "ANNOUNCED_AFTER_S", announced_after_s)
    monkeypatch.setattr(waiting_indicator, "TYPING_AFTER_S", 0.0)
    harness.sandbox.requests.clear()
    asked = await harness.member.send(channel, voice=voice("americans.ogg"))
    await harness.voice_reply_to(await harness.complete_answer_to(asked))
    counted = requests_for(harness.sandbox)
    assert counted.total() <= 5, counted


@pytest.mark.parametrize(("length_s", "edits"), [(1.5, 1), (10, 5), (60, 14)])
def test_the_longer_an_answer_grows_the_seldomer_it_is_edited(length_s: float, edits: int) -> None:
    grown_s, made = 0.0, 0
    while (grown_s := grown_s + edit_interval_s(grown_s)) < length_s:
        made += 1
    assert made == edits


async def test_what_was_edited_or_deleted_meanwhile_is_known_as_it_is(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    first = await harness.member.send(channel, "My cat is called Plum.")
    await harness.complete_answer_to(first)
    harness.chat.answer = None
    second = await harness.member.send(channel, "My dog is called Rex.")
    answer = await harness.complete_answer_to(second)
    await harness.member.edit(first, "My cat is called Damson.")
    await harness.answer_to(first, lambda text: text == "My cat is called Damson.")
    await harness.member.delete(second)
    await harness.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == answer["id"])
    await harness.complete_answer_to(await harness.member.send(channel, "What are they called?"))
    shown = str(harness.chat.requests[-1]["messages"])
    assert "Damson" in shown
    assert "Plum" not in shown
    assert "Rex" not in shown
