"""Corrections, from a member's form to a moderator's approval."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.corrections import limits
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.model.seed import ADMIN_ID, GUILD_ID, MODERATOR_ROLE_ID, OTHER_MEMBER_ID
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

EPHEMERAL, V2 = 1 << 6, 1 << 15
SECOND = "second sandbox/general"
CAPITAL, LONDON, PARIS = "Столица Франции? 🇫🇷", "Лондон, конечно 🎩", "Париж 🥐"


async def did(person: DiscordUser, command: str, channel: str = "general", **options: object) -> Message:
    said = await (await person.slash(command, options, channel=channel)).response(30)
    assert said["flags"] & EPHEMERAL
    return said


async def told_by(person: DiscordUser, command: str, channel: str = "general", **options: object) -> str:
    return words(await did(person, command, channel, **options))


async def _offered(person: DiscordUser, typed: str, channel: str = "general") -> list[Message]:
    return await person.autocomplete("corrections show", {"number": typed}, "number", channel=channel)


def words(message: Message) -> str:
    """All text in ``message``, which may be a card."""
    texts = [message["content"]]
    for card in message.get("components", ()):
        texts += [part["content"] for part in card.get("components", ()) if part["type"] == 10]
    return "\n".join(texts)


def pressed_of(card: Message) -> list[str]:
    """The purposes of a card's buttons."""
    return [button for part in card["components"] for button in buttons_of(part)]


async def answered(
    harness: BotHarness, person: DiscordUser, asked: str = CAPITAL, said: str = LONDON, channel: str = "general"
) -> Message:
    """Ask, and return the bot's complete answer, which is ``said``."""
    harness.chat.answer = said
    question = await person.send(channel, f"{harness.mention} {asked}")
    return await harness.complete_answer_to(question, reader=person)


async def corrects(person: DiscordUser, answer: Message, /, **written: str) -> str:
    """Correct ``answer`` as ``person``, and return the response."""
    form = await person.message_command("Correct this reply", answer)
    sent = await person.submit(form, written)
    said = await sent.response()
    assert said["flags"] & EPHEMERAL
    return words(said)


async def test_a_member_corrects_and_a_moderator_approves_also_after_a_restart(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        boris, ada = harness.russian, harness.administrator
        async with running(tmp_path, sandbox, **settings):
            answer = await answered(harness, boris)
            refused = await (await boris.message_command("Correct this reply", answer)).response()
            assert refused["flags"] & EPHEMERAL
            assert "Прежде чем я стану у вас учиться" in words(refused)
            await boris.click(refused, "Нет")
            assert words(await boris.wait_for_edit(refused)) == "\nНичего не сохранено."
            asked = await (await boris.message_command("Correct this reply", answer)).response()
            form = await boris.click(asked, "Даю согласие")
            assert form.modal is not None
            assert form.modal["title"] == "Исправить мой ответ"
            fields = [row["components"][0] for row in form.modal["components"]]
            assert [(field["label"], field["value"]) for field in fields] == [
                ("Что спросили", CAPITAL), ("Что надо отвечать", LONDON),
            ]  # fmt: skip
            await boris.submit(form, {"answer": f"  {PARIS}\n"})
            told = words(await boris.wait_for_edit(asked))
            assert "Исправление получено: **#1**. Оно ждёт модератора" in told
            earlier = await did(ada, "corrections show", number="1")
            card = await did(ada, "corrections show", number="#1")
            assert card["flags"] & V2
            for part in ("Correction #1 · ⏳ waits", f"> {CAPITAL}", f"> {LONDON}", f"> {PARIS}", "submitted it"):
                assert part in words(card)
        async with running(tmp_path, sandbox, **settings):
            await ada.click(card, "Approve")
            decided = await ada.wait_for_edit(card)
            assert "Correction #1 · ✅ approved" in words(decided)
            assert pressed_of(decided) == []
            own = await did(boris, "corrections show", number="1")
            assert "Исправление #1 · ✅ одобрено" in words(own)
            again = await (await ada.click(earlier, "Reject")).response()
            assert f"#1 was already approved by <@{ADMIN_ID}>" in again["content"]
            second = await boris.message_command("Correct this reply", answer)
            assert second.modal is not None


async def test_a_dislike_is_the_way_to_teach_in_two_clicks_or_three(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        ada, chloe = harness.administrator, harness.member
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings):
            answer = await answered(harness, chloe)
            form = await chloe.click(answer, "bad")
            assert form.modal is not None
            labels = [row["components"][0]["label"] for row in form.modal["components"]]
            assert labels == ["What should I have answered?", "Or just say what is wrong"]
            asked = await (await chloe.submit(form, {"answer": f"**{PARIS}**", "reason": "No!"})).response()
            assert "Before I learn from you" in words(asked)
        async with running(tmp_path, sandbox, **settings):
            await chloe.click(asked, "I agree")
            assert "Correction received: **#1**" in words(await chloe.wait_for_edit(asked))
            card = await did(ada, "corrections show", number="1")
            assert all(f"> {text}" in words(card) for text in (CAPITAL, LONDON, f"**{PARIS}**"))
            # An answer whose correction awaits a decision is not listed as wanted; after a rejection, it is again.
            assert "No disliked answer is waiting" in await told_by(ada, "corrections wanted")
            await told_by(ada, "corrections reject", number="1")
            assert "\n> No!" in await told_by(ada, "corrections wanted")
            # People who may approve, and have agreed before, teach with two clicks: on the pencil, or on 👎.
            agreed = await (await ada.click(answer, "correct")).response()
            await ada.submit(await ada.click(agreed, "I agree"), {"answer": "Lyon"})
            assert "approved at once" in words(await ada.wait_for_edit(agreed))
            other = await answered(harness, chloe, "Who wrote Hamlet?", "Marlowe")
            told = await (await ada.submit(await ada.click(other, "bad"), {"answer": "Shakespeare"})).response()
            assert "**#3**. You may approve corrections, so it is approved at once" in words(told)
            pencil = await ada.click(other, "correct")
            assert pencil.modal is not None and pencil.modal["title"] == "Correct my answer"


async def test_a_member_sees_their_own_and_decides_on_nothing(corrections_harness: BotHarness) -> None:
    chloe, boris, ada = corrections_harness.member, corrections_harness.russian, corrections_harness.administrator
    answer = await answered(corrections_harness, boris)
    assert "**#1**" in await corrects(chloe, answer, answer="Paris")
    assert "**#2**" in await corrects(boris, answer, answer=PARIS)
    assert (await told_by(chloe, "corrections list")).splitlines()[1].startswith("**#1** ⏳")
    assert len((await told_by(chloe, "corrections list")).splitlines()) == 2
    assert [choice["value"] for choice in await _offered(chloe, "")] == ["1"]
    assert [choice["value"] for choice in await _offered(ada, "париж")] == ["2"]
    for command in ("show", "edit", "delete"):
        assert "no correction #2" in await told_by(chloe, f"corrections {command}", number="2")
    for command in ("approve", "reject"):
        assert "the permission Manage Server" in await told_by(chloe, f"corrections {command}", number="1")
    assert "the permission Manage Server" in await told_by(chloe, "corrections roles", votes=5)
    assert pressed_of(await did(chloe, "corrections show", number="1")) == []
    card = await did(ada, "corrections show", number="1")
    [approve] = [part["components"][0] for part in card["components"][0]["components"] if part["type"] == 1]
    public = await corrections_harness.as_bot(
        "POST",
        f"/channels/{corrections_harness.channel('general')}/messages",
        {"content": "x", "components": [{"type": 1, "components": [approve]}]},
    )
    refused = await (await chloe.click(public, "Approve")).response()
    assert "the permission Manage Server" in refused["content"]
    assert (await told_by(ada, "corrections list", state="approved")).startswith("There are no corrections")
    rejected = await told_by(ada, "corrections reject", number="1")
    assert "❌ rejected" in rejected
    assert "❌ rejected" in await told_by(chloe, "corrections list")


async def test_another_server_sees_nothing_of_it(corrections_harness: BotHarness) -> None:
    boris, ada = corrections_harness.russian, corrections_harness.administrator
    answer = await answered(corrections_harness, boris)
    await corrects(boris, answer, answer=PARIS)
    card = await did(ada, "corrections show", number="1")
    assert (await told_by(ada, "corrections list", SECOND)).startswith("There are no corrections")
    assert await _offered(ada, "", SECOND) == []
    for command in ("show", "approve", "reject", "edit", "delete"):
        assert "no correction #1" in await told_by(ada, f"corrections {command}", SECOND, number="1")
    [approve] = [part["components"][0] for part in card["components"][0]["components"] if part["type"] == 1]
    there = await corrections_harness.as_bot(
        "POST",
        f"/channels/{ada.channel_id(SECOND)}/messages",
        {"content": "x", "components": [{"type": 1, "components": [approve]}]},
    )
    assert "no correction" in (await (await ada.click(there, "Approve")).response())["content"]
    link = f"https://discord.com/channels/{GUILD_ID}/{answer['channel_id']}/{answer['id']}"
    assert "in another channel" in await told_by(ada, "correct", SECOND, message=link)
    assert "⏳" in await told_by(ada, "corrections show", number="1")


async def test_only_the_bots_own_answers_can_be_corrected(corrections_harness: BotHarness) -> None:
    chloe, boris = corrections_harness.member, corrections_harness.russian
    note = await boris.send("general", "I am Boris")
    outcome = await chloe.message_command("Correct this reply", note)
    assert "only correct what I said myself" in (await outcome.response())["content"]
    posted = await corrections_harness.as_bot("POST", f"/channels/{note['channel_id']}/messages", {"content": "News!"})
    outcome = await boris.message_command("Correct this reply", posted)
    assert "на какой вопрос это ответ" in (await outcome.response())["content"]
    assert "link or the id" in await told_by(chloe, "correct", message="Лондон")
    assert "in another channel" in await told_by(chloe, "correct", message="1100000000000000000")
    assert "only correct what" in await told_by(chloe, "correct", message=note["id"])
    alone = await corrections_harness.dm(chloe)
    assert "Correct transcript" not in [command["name"] for command in await chloe.commands(alone)]


async def test_an_answer_is_found_by_its_first_words(corrections_harness: BotHarness) -> None:
    chloe = corrections_harness.member
    answer = await answered(corrections_harness, chloe, "Кто ты? " + "🦜" * 60, "Скворец 🐦 " + "и ещё слова " * 30)
    for number in range(3):
        await answered(corrections_harness, chloe, f"question {number}", f"answer {number}")
    offered = await chloe.autocomplete("correct", {"message": "СКВОРЕЦ"}, "message", channel="general")
    assert [choice["value"] for choice in offered] == [answer["id"]]
    assert offered[0]["name"].startswith("Скворец 🐦 и ещё слова")
    newest = await chloe.autocomplete("correct", {"message": ""}, "message", channel="general")
    assert newest[0]["name"] == "answer 2"
    assert await chloe.autocomplete("correct", {"message": "скворец"}, "message", channel="voice-notes") == []
    form = await chloe.slash("correct", {"message": offered[0]["value"]}, channel="general")
    received = await (await chloe.submit(form, {"asked": "Кто ты?", "answer": "Скворец."})).response()
    assert "Correction received" in words(received)
    link = f"https://discord.com/channels/{GUILD_ID}/{answer['channel_id']}/{answer['id']}"
    assert (await chloe.slash("correct", {"message": link}, channel="general")).modal is not None


async def test_what_is_too_much_is_told_and_given_back(
    corrections_harness: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    chloe = corrections_harness.member
    answer = await answered(corrections_harness, chloe, said="Мир " * 900)
    form = await chloe.message_command("Correct this reply", answer)
    assert form.modal is not None
    field = form.modal["components"][1]["components"][0]
    assert field["label"] == "What I should say (cut to 2000 characters)"
    assert len(field["value"]) == 2000
    empty = await (await chloe.submit(form, {"answer": " \n "})).response()
    assert "need text, at most 2000 characters" in empty["content"]
    monkeypatch.setattr(limits, "MAX_PENDING", 2)
    for number in range(2):
        await corrects(chloe, answer, answer=f"Мир {number}")
    form = await chloe.message_command("Correct this reply", answer)
    refused = await (await chloe.submit(form, {"answer": "Не потерять 🌍"})).response()
    assert "2 of your corrections are wait" in refused["content"]
    assert "Не потерять 🌍" in (await chloe.download(refused["attachments"][0])).decode()
    boris, ada = corrections_harness.russian, corrections_harness.administrator
    globes, lines = "🌍" * 1000, "\n".join("щ" * 1000)
    await corrects(boris, answer, answer=globes, asked=lines)
    card = await did(ada, "corrections show", number="3")
    await ada.click(card, "Approve")
    approved = await ada.wait_for_edit(card)
    [file] = [part["file"] for part in approved["components"][0]["components"] if part["type"] == 13]
    whole = (await ada.download(file["url"])).decode()
    assert globes in whole
    assert lines in whole
    assert len(approved["attachments"]) == 1


async def test_a_moderators_own_correction_teaches_at_once_and_contradictions_are_pointed_out(
    corrections_harness: BotHarness,
) -> None:
    ada, chloe = corrections_harness.administrator, corrections_harness.member
    answer = await answered(corrections_harness, ada)
    assert "so it is approved at once" in await corrects(ada, answer, answer=PARIS)
    told = await corrects(chloe, answer, asked=f"  {CAPITAL.lower()} ", answer="Лион")
    assert "⚠️ The same question has another answer in #1" in told
    assert "**#1** says the same and is approved: I know it already" in await corrects(
        chloe, answer, answer=f"{PARIS}!"
    )
    assert "⚠️ The same question has another answer in #1" in await told_by(ada, "corrections show", number="2")
    told = await corrects(ada, answer, answer="Марсель")
    assert "**#3**. It is for you to decide" in told
    assert "Correction #3 · ⏳" in told
    edited = await ada.submit(
        await ada.slash("corrections edit", {"number": "1"}, channel="general"), {"answer": "Рим"}
    )
    assert "**#1**. You may approve corrections, so it is approved at once." in words(await edited.response())
    card = await told_by(ada, "corrections show", number="1")
    assert "> Рим" in card
    assert "changed its text" in card


async def test_two_moderators_at_once_and_texts_that_change_under_them(corrections_harness: BotHarness) -> None:
    ada, boris, chloe = corrections_harness.administrator, corrections_harness.russian, corrections_harness.member
    told = await told_by(ada, "corrections roles", approve=str(GUILD_ID))
    assert "Who may approve: those who may manage the server, and everyone." in told
    answer = await answered(corrections_harness, chloe)
    await told_by(ada, "corrections roles", reset=True)
    await corrects(chloe, answer, answer=PARIS)
    await told_by(ada, "corrections roles", approve=str(GUILD_ID))
    cards = [await did(person, "corrections show", number="1") for person in (ada, boris)]
    outcomes = await asyncio.gather(
        ada.click(cards[0], "correction-approve"), boris.click(cards[1], "correction-reject")
    )
    texts = []
    for outcome, person, card in zip(outcomes, (ada, boris), cards, strict=True):
        refused = outcome.message
        texts.append(
            words(refused) if refused and refused["id"] != card["id"] else words(await person.wait_for_edit(card))
        )
    assert sum("already" in text or "уже" in text for text in texts) == 1
    assert sum("### " in text for text in texts) == 1
    form = await chloe.slash("corrections edit", {"number": "1"}, channel="general")
    await told_by(ada, "corrections roles", reset=True, votes=2)
    assert "**#1**" in words(await (await chloe.submit(form, {"answer": "Paris"})).response())
    card = await did(ada, "corrections show", number="1")
    form = await chloe.slash("corrections edit", {"number": "1"}, channel="general")
    await (await chloe.submit(form, {"answer": "Something bad"})).response()
    unseen = await (await ada.click(card, "Approve")).response()
    assert "#1 has changed since it was shown to you" in unseen["content"]
    assert "Approvals: 1 of 2" in await told_by(ada, "corrections approve", number="1")
    assert "It still needs the approval of others: 1 more" in await told_by(ada, "corrections approve", number="1")
    await told_by(ada, "corrections roles", reset=True, votes=1)


async def test_roles_say_who_corrects_and_who_approves(corrections_harness: BotHarness) -> None:
    ada, chloe, boris = corrections_harness.administrator, corrections_harness.member, corrections_harness.russian
    role = str(MODERATOR_ROLE_ID)
    told = await told_by(ada, "corrections roles", correct=role, approve=role, votes=1)
    assert f"Who may correct me: <@&{role}>." in told
    answer = await answered(corrections_harness, boris)
    refused = await (await boris.message_command("Correct this reply", answer)).response()
    assert f"у кого есть право «Управлять сервером» или роль <@&{role}>" in refused["content"]
    path = f"/guilds/{GUILD_ID}/members/{OTHER_MEMBER_ID}/roles/{role}"
    await ada.request("PUT", path)
    try:
        assert "so it is approved at once" in await corrects(chloe, answer, answer=PARIS)
        await told_by(ada, "corrections roles", correct=str(GUILD_ID))
        await corrects(boris, answer, answer="Лион")
        assert "✅ approved" in await told_by(chloe, "corrections approve", number="2")
        assert "the permission Manage Server" in await told_by(chloe, "corrections roles", votes=1)
    finally:
        await ada.request("DELETE", path)
    assert "no correction #2" in await told_by(chloe, "corrections show", number="2")
    await told_by(ada, "corrections roles", reset=True)


async def test_the_list_has_pages_and_what_is_deleted_is_gone(corrections_harness: BotHarness) -> None:
    ada, chloe = corrections_harness.administrator, corrections_harness.member
    answer = await answered(corrections_harness, chloe)
    for number in range(9):
        await corrects(chloe, answer, asked=f"**Вопрос** `{number}`\nи дальше 🧭" + "щ" * 90, answer=f"Ответ {number}")
    listed = await did(chloe, "corrections list", state="pending")
    assert listed["content"].splitlines()[0] == "**Corrections: 9** · page 1 of 2"
    assert listed["content"].splitlines()[1].startswith("**#9** ⏳ waits for a moderator · `**Вопрос** '8' и дальше")
    await chloe.click(listed, "Older")
    second = await chloe.wait_for_edit(listed)
    assert [line.partition(" ")[0] for line in second["content"].splitlines()[1:]] == ["**#1**"]
    assert all(len(choice["name"]) <= 100 for choice in await _offered(ada, ""))
    asked = await did(chloe, "corrections delete", number="#9")
    assert "Delete correction #9" in asked["content"]
    await chloe.click(asked, "Delete")
    assert "#9 is deleted" in (await chloe.wait_for_edit(asked))["content"]
    assert "no correction #9" in await told_by(ada, "corrections show", number="9")
    assert "**#10**" in await corrects(chloe, answer, answer="Next")


async def test_an_answer_under_way_says_nothing_that_is_taken_back_meanwhile(corrections_harness: BotHarness) -> None:
    harness, ada, chloe = corrections_harness, corrections_harness.administrator, corrections_harness.member
    direct = await harness.dm(ada)
    await told_by(ada, "teach", question=CAPITAL, answer=PARIS)
    form = await ada.slash("teach", {}, channel=direct)
    await (await ada.submit(form, {"asked": CAPITAL, "answer": PARIS})).response()
    harness.chat.says = lambda _model, question: question + " caw" * 90
    for person, place in ((chloe, "general"), (ada, direct)):
        asked = await person.send(place, f"{harness.mention} {CAPITAL}")
        assert PARIS in (await harness.complete_answer_to(asked, reader=person, timeout_s=100))["content"]
        # The taught answer is in the words that come before the stream is held.
        harness.chat.held_after = 60
        harness.chat.goes_on.clear()
        asked = await person.send(place, f"{harness.mention} {CAPITAL}")
        shown = await harness.answer_to(asked, lambda text: PARIS in text, reader=person)
        if place == direct:
            assert "Forgotten" in await told_by(ada, "memory forget", direct, number="1")
        else:
            deleting = await did(ada, "corrections delete", number="1")
            await ada.click(deleting, "Delete")
            await ada.wait_for_edit(deleting)
        harness.chat.held_after = None
        harness.chat.goes_on.set()
        answer = await harness.complete_answer_to(asked, reader=person)
        assert (answer["id"], PARIS in answer["content"]) == (shown["id"], False)
        goes_on = await person.send(place, f"{harness.mention} And then?", reply_to=answer)
        await harness.complete_answer_to(goes_on, reader=person)
        assert PARIS not in str(harness.chat.requests[-1])


async def test_approved_corrections_go_into_a_dataset(corrections_harness: BotHarness) -> None:
    ada, chloe = corrections_harness.administrator, corrections_harness.member
    await told_by(ada, "dataset create", dataset="Исправления")
    assert "No corrections are approved" in await told_by(ada, "dataset add_corrections", dataset="исправления")
    answer = await answered(corrections_harness, chloe)
    await corrects(chloe, answer, answer=PARIS)
    await told_by(ada, "corrections approve", number="1")
    await corrects(ada, answer, asked="Ещё?", answer=LONDON.upper())
    assert "`Исправления v1`: 2. Already there: 0." in await told_by(
        ada, "dataset add_corrections", dataset="исправления"
    )
    assert "`Исправления v1`: 0. Already there: 2." in await told_by(
        ada, "dataset add_corrections", dataset="исправления"
    )
    shown = await told_by(ada, "dataset show", dataset="Исправления")
    assert "1 of what to say, 0 of what not to say, 1 of both" in shown
    assert f"`{CAPITAL}` → `{PARIS}` ✗ `{LONDON}`" in shown
    asked = await did(chloe, "corrections delete", number="1")
    await chloe.click(asked, "Delete")
    assert "Examples removed from datasets: 1." in (await chloe.wait_for_edit(asked))["content"]
    assert "\n1 example:" in await told_by(ada, "dataset show", dataset="Исправления")


async def test_a_deleted_question_takes_corrections_by_others_with_it(corrections_harness: BotHarness) -> None:
    ada, chloe, boris = corrections_harness.administrator, corrections_harness.member, corrections_harness.russian
    corrections_harness.chat.answer = LONDON
    question = await boris.send("general", f"{corrections_harness.mention} {CAPITAL}")
    answer = await corrections_harness.complete_answer_to(question, reader=boris)
    await corrects(chloe, answer, answer="Paris")
    await corrects(boris, answer, answer=PARIS)
    await boris.delete(question)
    await boris.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == answer["id"])
    for _attempt in range(50):
        if "the answer was deleted" in (kept := await told_by(ada, "corrections show", number="2")):
            break
        await asyncio.sleep(0.05)
    assert "the answer was deleted" in kept
    assert LONDON not in kept
    assert f"> {PARIS}" in kept
    for _attempt in range(50):
        if "no correction #1" in (gone := await told_by(ada, "corrections show", number="1")):
            break
        await asyncio.sleep(0.05)
    assert "no correction #1" in gone
