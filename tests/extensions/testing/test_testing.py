"""Models tested side by side, and compared by people who do not know which is which."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

EPHEMERAL = 1 << 6
SECOND = "second sandbox/general"
CASES = [
    {"prompt": "Столица Франции? 🗼", "expected": ["Париж", "Paris"]},
    {"prompt": "2 + 2?", "expected": 4},
    "Пошути",
]
RIGHT = {"Столица Франции? 🗼": "Это **Париж**.", "2 + 2?": "4", "Пошути": "@everyone Ха-ха 😄"}
WRONG = {"Столица Франции? 🗼": "Это Лион.", "2 + 2?": "It is 4, I think.", "Пошути": "Нет."}


def says(model: str, question: str) -> str | None:
    """Replies: `scripted` is right, `other` less often, and `judge` knows what is correct."""
    if model == "judge":
        given = json.loads(question)
        return json.dumps(
            {"correct": any(one in given["answer"] for one in given["accepted_answers"]), "reason": "read"}
        )
    return {"scripted": RIGHT, "other": WRONG}[model].get(question)


def settings_of(chat: ScriptedChat) -> dict[str, object]:
    chat.models = ["scripted", "other", "judge"]
    chat.says = says
    return {
        "openai_base_url": chat.base_url, "chat_model": "scripted", "judge_model": "judge", "recall": "words",
    }  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def shared_lab(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = settings_of(chat) | {"user_tokens_a_day": 1_000_000}
        async with running(tmp_path_factory.mktemp("lab"), sandbox, **settings), populated(sandbox, chat) as harness:
            yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def lab(shared_lab: BotHarness) -> AsyncIterator[BotHarness]:
    """A harness with two models and a judge."""
    shared_lab.chat.reset()
    settings_of(shared_lab.chat)
    yield shared_lab
    assert list(shared_lab.sandbox.failures) == []


def text_of(message: Message) -> str:
    """All text of a card, or the plain text."""
    parts = [part for card in message["components"] for part in card.get("components", ()) if part["type"] == 10]
    return "\n".join([message["content"], *(part["content"] for part in parts)]).strip()


def pressed_of(card: Message) -> list[str]:
    return [button for part in card["components"] for button in buttons_of(part)]


async def outcome_of(person: DiscordUser, channel: str = "general", **options: object) -> Message:
    """The final response to /test."""
    outcome = await person.slash("test", options, channel=channel)
    done: Message = await outcome.response_where(lambda message: "test-cancel" not in buttons_of(message), 30)
    assert done["flags"] & EPHEMERAL
    return done


async def compared(person: DiscordUser, channel: str = "general", **options: object) -> Message:
    card: Message = await (await person.slash("compare", options, channel=channel)).response(30)
    return card


async def test_two_models_are_tested_side_by_side(lab: BotHarness) -> None:
    ada = lab.administrator
    lab.chat.usage = (20, 5)
    before = await _tokens_of(ada)
    done = await outcome_of(ada, data=json.dumps(CASES, ensure_ascii=False), model="scripted", against="other")
    card = text_of(done)
    assert "### Test of `scripted` · `other`\nAsked: what you gave me (3).\n" in card
    assert "**`scripted`** — 2 of 2 right: 100% (95% confidence interval: 34% to 100%) · similarity " in card
    assert "**`other`** — 1 of 2 right: 50% (95% confidence interval: 9% to 91%) · similarity " in card
    assert " s (median) · tokens: 60 in, 15 out" in card
    assert "`scripted` is better on 1, `other` on 0; alike: 1. Too early to tell which is better." in card
    assert "**1.** `Столица Франции? 🗼`\n-# expected: `Париж | Paris`\n✅ `scripted` `Это **Париж**.`" in card
    assert "❌ `other` `Это Лион.`" in card and "✅ `other` `It is 4, I think.`" in card and "💬 `other` `Нет.`" in card
    assert "all of them are in the file" not in card, "all of them are on the card"
    [file] = [part["file"] for part in done["components"][0]["components"] if part["type"] == 13]
    report = (await ada.download(file["url"])).decode()
    assert report.startswith("# Test of `scripted` · `other`\n")
    assert "\n**Prompt**\n\n> Столица Франции? 🗼\n" in report and "\njudge: `read`\n" in report
    asked = [request["model"] for request in lab.chat.requests]
    assert {name: asked.count(name) for name in set(asked)} == {"scripted": 3, "other": 3, "judge": 3}
    assert await _tokens_of(ada) - before == Counter(prompt_tokens=180, reply_tokens=45)


async def _tokens_of(person: DiscordUser) -> Counter[str]:
    """The tokens that all of ``person``'s questions so far have taken."""
    exported = await (await person.slash("privacy export", channel="general")).response(30)
    days = json.loads(await person.download(exported["attachments"][0])).get("used_a_day", {})
    return Counter({name: sum(day[name] for day in days.values()) for name in ("prompt_tokens", "reply_tokens")})


async def test_general_questions_are_asked_where_nothing_is_given_and_russians_read_russian(lab: BotHarness) -> None:
    ada = lab.administrator
    await ada.set_locale("ru")
    try:
        card = text_of(await outcome_of(ada))
        assert "### Проверка: `scripted`\nВопросы: общие (30).\n" in card
        assert "верно 1 из 30: 3\N{NO-BREAK SPACE}% (доверительный интервал 95 %: от 1\N{NO-BREAK SPACE}% до" in card
    finally:
        await ada.set_locale("en-US")


async def test_what_a_dataset_holds_out_is_asked_and_wrong_json_is_told_with_its_place(lab: BotHarness) -> None:
    ada = lab.administrator
    broken = text_of(await outcome_of(ada, data='["Кто ты?", {"prompt" "x"}]'))
    assert "Line 1 is not valid JSON, from character 23 on (Expecting ':' delimiter)." in broken
    assert 'looks like this: `[{"prompt": "2 + 2?", "expected": "4"}, "Tell me a joke"]`' in broken
    both = await outcome_of(ada, data="[]", file=("a.json", b"[]", "application/json"))
    assert text_of(both).startswith("Give me one of data, dataset and file")
    of_file = await outcome_of(ada, file=('вопросы "2".json', json.dumps(CASES).encode(), "application/json"))
    assert "Asked: what is in `вопросы_2_.json` (3)." in text_of(of_file)
    assert "There is no model nobody" in text_of(await outcome_of(ada, data='["a"]', model="nobody"))
    assert "one and the same" in text_of(await outcome_of(ada, data='["a"]', against="scripted"))
    lines = "".join(
        json.dumps({"prompt": f"What is {n * n}?", "answer": f"{n} {'xyz'[n % 3] * n}"}) + "\n" for n in range(20)
    )
    await (await ada.slash("dataset create", {"dataset": "squares"}, channel="general")).response(30)
    empty = await outcome_of(ada, dataset="squares")
    assert "`squares v1` holds out nothing to test with" in text_of(empty)
    file = ("s.jsonl", lines.encode(), "application/jsonl")
    await (await ada.slash("dataset add", {"dataset": "squares", "file": file}, channel="general")).response(30)
    lab.chat.requests.clear()
    card = text_of(await outcome_of(ada, dataset="squares"))
    asked = [r["messages"][-1]["content"] for r in lab.chat.requests if r["model"] == "scripted"]
    assert f"Asked: what `squares v1` holds out ({len(asked)})." in card
    assert 2 <= len(asked) <= 4
    assert "no dataset `squares` here" in text_of(await outcome_of(ada, SECOND, dataset="squares"))
    [choice] = await ada.autocomplete("test", {"dataset": "squ"}, "dataset", channel="general")
    assert choice["value"] == "squares"
    choices = await ada.autocomplete("test", {"model": "SCR"}, "model", channel="general")
    assert [each["value"] for each in choices] == ["scripted"]


async def test_only_those_who_may_train_test(lab: BotHarness) -> None:
    ada, chloe = lab.administrator, lab.member
    async with lab.offered_to_all("test"):
        assert "the permission Manage Server" in text_of(await outcome_of(chloe, data='["a"]'))
        assert await chloe.autocomplete("test", {"dataset": ""}, "dataset", channel="general") == []
    assert not lab.chat.requests
    assert "Only those" not in text_of(await outcome_of(ada, data='["a"]'))


async def test_a_test_shows_how_far_it_is_and_is_cancelled(lab: BotHarness) -> None:
    ada = lab.administrator
    lab.chat.first_word_delay_s = 0.3
    outcome = await ada.slash("test", {"data": json.dumps(["Пошути"] * 100)}, channel="general")
    bar = await outcome.response_where(lambda message: "░` " in message["content"], 30)
    assert "Testing `scripted`, prompts: 100 …" in bar["content"]
    again = text_of(await outcome_of(ada, data='["a"]'))
    assert "A test is running on this server already." in again
    moved = await ada.wait_for_edit(bar, lambda message: "` 0%" not in message["content"], 10)
    await ada.click(moved, "Cancel")
    card = text_of(await outcome.response_where(lambda message: "Test of" in text_of(message), 10))
    assert "⏹️ It ended early: " in card and " of 100 were asked." in card
    assert "judged" in card
    # The card replaces the bar, since a reply to a deleted message would refer to nothing.
    assert [message["id"] for message in outcome.messages] == [bar["id"]]


async def test_people_vote_blindly_and_learn_the_names_in_the_end(lab: BotHarness) -> None:
    ada, boris, chloe = lab.administrator, lab.russian, lab.member
    card = await compared(chloe, prompt="Пошути", model="scripted", against="other")
    assert not card["flags"] & EPHEMERAL
    shown = text_of(card)
    assert shown.startswith("### Which answer is better?\n`Пошути`\n**A**\n> ")
    assert "> @everyone Ха-ха 😄" in shown and "> Нет." in shown
    assert not card["mention_everyone"] and card["mentions"] == []
    assert "scripted" not in json.dumps(card) and "other" not in json.dumps(card["components"])
    joke = "A" if shown.index("Ха-ха") < shown.index("Нет") else "B"
    dull = "B" if joke == "A" else "A"
    told = await (await boris.click(card, dull)).response_where(lambda message: message["id"] != card["id"])
    assert told["content"].startswith(f"Вы за {dull}.") and told["flags"] & EPHEMERAL
    await ada.wait_for_edit(card, lambda message: "Votes: 1." in text_of(message))
    await boris.click(card, joke)
    await ada.click(card, joke)
    await chloe.click(card, "Both alike")
    await ada.wait_for_edit(card, lambda message: "Votes: 3." in text_of(message))
    refused = await (await boris.click(card, "Show the names")).response_where(
        lambda message: message["id"] != card["id"]
    )
    assert "право «Управлять сервером»" in refused["content"]
    await chloe.click(card, "Show the names")
    done = await ada.wait_for_edit(card, lambda message: "`scripted`" in text_of(message))
    result = text_of(done)
    assert f"**{joke}** · `scripted`\n> @everyone" in result and f"**{dull}** · `other`\n> Нет." in result
    assert f"**{joke}** is `scripted`, votes: 2" in result and f"**{dull}** is `other`, votes: 0" in result
    assert (
        "Both alike: 1.\n`scripted` got 100% of the votes for one of the two (95% confidence interval: 34% to 100%)."
        in result
    )
    assert "Too early to tell which is better.\n-# It is learned from only if <@" in result
    assert pressed_of(done) == ["compare-learn", "compare-take-back"] and not done["mention_everyone"]


async def test_a_comparison_that_cannot_be_is_told_and_goes_with_its_message(lab: BotHarness) -> None:
    chloe = lab.member
    which = await compared(chloe, prompt="Пошути")
    assert "Tell me which model to compare scripted with." in which["content"]
    same = await compared(chloe, prompt="Пошути", model="other", against="other")
    assert "one and the same model" in same["content"]
    lab.chat.trouble, lab.chat.times = {"status": 401}, 1
    silent = await compared(chloe, prompt="Пошути", against="other")
    assert "One of the two models gave no answer" in silent["content"]
    lab.chat.trouble = None
    stored = await held(chloe)
    card = await compared(chloe, prompt="Пошути", model="scripted", against="other")
    await chloe.click(card, "A")
    assert await held(chloe) == (stored[0] + 1, stored[1] + 1)
    await lab.administrator.delete(card)
    async with asyncio.timeout(30):
        while await held(chloe) != stored:
            await asyncio.sleep(0.05)
    await compared(chloe, prompt="Пошути", model="scripted", against="other")
    question = await (await chloe.slash("privacy forget", channel="general")).response(10)
    await chloe.click(question, "privacy-forget")
    await chloe.wait_for_edit(question)
    assert await held(chloe) == (0, 0)


async def held(person: DiscordUser) -> tuple[int, int]:
    """How many questions and how many votes of the person are stored."""
    told = text_of(await (await person.slash("privacy show", channel="general")).response(10))
    return int(told.split("answers: ")[1].split(";")[0]), int(told.split("votes on answers: ")[1].split(";")[0])


async def test_votes_outlive_a_restart_and_budgets_hold(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        ada, chloe = harness.administrator, harness.member
        settings = settings_of(chat) | {"guild_tokens_a_day": 100}
        async with running(tmp_path, sandbox, **settings):
            chat.usage = (40, 10)
            chat.says = lambda model, question: says(model, question) if len(question) < 50 else "Да. 🙂 " * 500
            card = await compared(chloe, prompt="Почему? " * 10, model="scripted", against="other")
            assert "Да. 🙂 Да." in text_of(card)
            await ada.click(card, "B")
            await ada.wait_for_edit(card, lambda message: "Votes: 1." in text_of(message))
        async with running(tmp_path, sandbox, **settings):
            await chloe.click(card, "B")
            voted = await ada.wait_for_edit(card, lambda message: "Votes: 2." in text_of(message))
            [file] = [part["file"] for part in voted["components"][0]["components"] if part["type"] == 13]
            assert (await ada.download(file["url"])).decode().count("Да. 🙂") == 1000
            await ada.click(card, "Show the names")
            await ada.wait_for_edit(card, lambda message: "votes: 2" in text_of(message))
            used_up = await compared(chloe, prompt="Пошути", against="other", model="scripted")
            assert "This server has used up its 100 tokens for today." in used_up["content"]
            assert "used up its 100 tokens" in text_of(await outcome_of(ada, data='["a"]'))
        assert list(sandbox.failures) == []
