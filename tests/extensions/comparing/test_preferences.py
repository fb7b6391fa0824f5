"""Where people's preferences agree, they become pairs that a model learns from; they can be taken back."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat


async def told(person: DiscordUser, command: str, **options: object) -> Message:
    said: Message = await (await person.slash(command, options, channel="general")).response(40)
    return said


async def added(person: DiscordUser) -> str:
    return str((await told(person, "dataset add_comparisons", dataset="liked"))["content"])


async def kept(person: DiscordUser) -> str:
    """The line that says how many examples the dataset has."""
    return str((await told(person, "dataset show", dataset="liked"))["content"]).splitlines()[1]


def words(message: Message) -> str:
    return json.dumps(message, ensure_ascii=False)


def pressed_of(card: Message) -> list[str]:
    return [button for part in card["components"] for button in buttons_of(part)]


async def compared(harness: BotHarness) -> Message:
    """A comparison of Chloe's for which Boris has voted, with the names shown."""
    chloe = harness.member
    card = await told(chloe, "compare", prompt="Tell me a joke", model="scripted", against="other")
    await harness.russian.click(card, "A")
    assert "Nothing here says yet" in await added(harness.administrator)
    await chloe.click(card, "Show the names")
    return await chloe.wait_for_edit(card, lambda message: "compare-take-back" in pressed_of(message))


async def answered(person: DiscordUser, prompt: str) -> Message:
    """The complete answer to /ask."""
    asked = await person.slash("ask", {"prompt": prompt}, channel="general")
    answer: Message = await asked.response_where(lambda message: "good" in buttons_of(message), 40)
    return answer


async def voted(person: DiscordUser) -> Message:
    """The second of two answers to the same question, which the person likes better than the first; or the offer to
    learn from that vote, if there is one."""
    first, second = [await answered(person, "Where is the key?") for _time in range(2)]
    await person.click(first, "bad")
    thanked: Message = await (await person.click(second, "good")).response_where(
        lambda message: message["id"] != second["id"]
    )
    return second if "vote-learn" not in buttons_of(thanked) else thanked


async def test_what_people_prefer_is_learned_from_where_they_agree_and_taken_back_with_what_it_is_of(
    tmp_path: Path, whisper_base: Path, piper_joe: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        times = itertools.count()
        chat.models = ["scripted", "other"]
        chat.says = lambda model, question: f"{model} says {next(times)} to {question}"
        ada, boris, chloe = harness.administrator, harness.russian, harness.member
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            await told(ada, "dataset create", dataset="liked")
            card = await compared(harness)
            assert "It is learned from only if <@" in words(card)
            assert (await added(ada)).endswith("Of others it is not learned: 1.")
            refused = await (await boris.click(card, "compare-learn")).response_where(lambda m: m["id"] != card["id"])
            assert refused["content"] == "Это может сделать только тот, кто спросил."
            asked = await (await chloe.click(card, "compare-learn")).response_where(lambda m: m["id"] != card["id"])
            assert "The questions that you give to /compare and /ask" in words(asked)
            await chloe.click(asked, "I agree")
            card = await chloe.wait_for_edit(card, lambda message: "agrees that this is learned from" in words(message))
            assert pressed_of(card) == ["compare-take-back"]
            answer = await voted(chloe)
            assert "Added to `liked v1`: 2. Already there: 0." in await added(ada)
            thanked = await voted(boris)
            assert "Этот ответ вам нравится больше" in thanked["content"]
            assert await kept(ada) == "2 examples: 0 of what to say, 0 of what not to say, 2 of both"
            assert "Left out, because those who asked have not agreed that it is learned from: 1." in await added(ada)
            agreement = await (await boris.click(thanked, "vote-learn")).response_where(
                lambda message: message["id"] != thanked["id"]
            )
            await boris.click(agreement, "consent-agree")
            await boris.wait_for_edit(agreement, lambda message: "Спасибо за согласие." in words(message))
            assert "Added to `liked v1`: 1. Already there: 2." in await added(ada)
            packed = str((await told(ada, "archive", dataset="liked"))["content"]).split("`")[3]
            [file] = (await told(ada, "getfile", path=packed))["attachments"]
            archive = await ada.download(file)
            plan = await told(ada, "train", dataset="liked", trainer="export", method="preference")
            assert "Training #1, if you start it" in plan["content"], plan["content"]
            await chloe.click(card, "compare-take-back")
            await chloe.wait_for_edit(card, lambda message: "was taken back" in words(message))
            assert (await kept(ada)).startswith("2 examples")
            assert "File not found" in (await told(ada, "getfile", path=packed))["content"]
            await ada.delete(answer)
            async with asyncio.timeout(30):
                while not (await kept(ada)).startswith("1 example:"):
                    await asyncio.sleep(0.1)
            restored = await told(ada, "dataset add", dataset="liked", file=("a.zip", archive, "application/zip"))
            assert "Left out because the people who gave them took them back: 2." in restored["content"]
        assert list(sandbox.failures) == []
