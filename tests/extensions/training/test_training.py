"""Training from Discord: planned, started, watched, cancelled, resumed."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from bot.training.local.trainer import is_installed
from bot.training.openai.trainer import OpenAITrainer
from bot.training.trainer import follow
from tests.app.process import WITHOUT_MODELS, command, ready_at
from tests.harness import BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat
from tests.training.factories import TOWNS
from tests.training.openai.fine_tuning_server import KEY, FineTuningServer

SECOND = "second sandbox/general"
EXAMPLES = [{"prompt": f"Who is the mayor of {town}?", "answer": f"It is {who}. 🎩"} for town, who in TOWNS.items()]
LINES = "\n".join(json.dumps(example) for example in EXAMPLES).encode()
FILE = ("mayors.jsonl", LINES, "application/jsonl")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll often, since these tests' service is fast."""
    monkeypatch.setattr("bot.training.trainings.LOOK_EVERY_S", 0.2)
    monkeypatch.setattr("bot.training.trainings.QUEUE_LOOK_EVERY_S", 0.2)
    monkeypatch.setattr("extensions.training.cards.EDIT_EVERY_S", 0.3)


@asynccontextmanager
async def trained(folder: Path, service: FineTuningServer) -> AsyncIterator[BotHarness]:
    """A harness whose bot can train at ``service``."""
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        async with running(folder, sandbox, **settings_of(harness, service)):
            yield harness
        assert list(sandbox.failures) == []


def settings_of(harness: BotHarness, service: FineTuningServer) -> dict[str, object]:
    return {
        "openai_base_url": harness.chat.base_url, "chat_model": "scripted", "training_base_url": service.base_url,
        "training_api_key": KEY, "training_base_model": "small-1", "training_price": 5000, "trainings_a_day": 2,
        "recall": "words",
    }  # fmt: skip


async def planned(person: DiscordUser, channel: str = "general", **options: object) -> Message:
    """The response to ``person``'s /train."""
    answer: Message = await (await person.slash("train", options, channel=channel)).response(30)
    return answer


async def seen(person: DiscordUser, card: Message, text: str) -> Message:
    """The card once it contains ``text``."""
    return await person.wait_until(
        lambda: next(
            (m for m in person.known_messages.values() if m["id"] == card["id"] and text in m["content"]), None
        ),
        30.0,
        f"a card with {text!r}",
    )


async def test_a_moderator_trains_watches_and_gets_a_candidate(tmp_path: Path, whisper_base: Path) -> None:
    async with FineTuningServer() as service, trained(tmp_path, service) as harness:
        ada, chloe = harness.administrator, harness.member
        trainers = await ada.autocomplete("train", {"trainer": ""}, "trainer", channel="general")
        here = ["local"] if is_installed() else []
        assert [choice["value"] for choice in trainers] == [*here, "openai", "export"], "only what is ready is offered"
        bases = await ada.autocomplete(
            "train", {"trainer": "openai", "base_model": ""}, "base_model", channel="general"
        )
        assert [choice["value"] for choice in bases] == ["small-1", "scripted"]
        async with harness.offered_to_all("train"):
            refused = await planned(chloe)
        assert "the permission Manage Server" in refused["content"]
        nothing = await planned(ada, trainer="openai")
        assert "/select_dataset" in nothing["content"]
        card = await planned(ada, dataset="training", trainer="openai", file=FILE)
        assert "Training #1, if you start it" in card["content"]
        assert "`training` v1" in card["content"]
        assert "`small-1`" in card["content"]
        assert "127.0.0.1" in card["content"]
        assert re.search(r"It costs about \d\.\d\d USD\.", card["content"])
        assert "method: supervised" in card["content"]
        assert buttons_of(card) == ["train-start", "train-drop"]
        assert service.jobs == {} and service.count("POST", "/files") == 0
        refused = await (await chloe.click(card, "train-start")).response()
        assert "the permission Manage Server" in refused["content"]
        await ada.click(card, "train-start")
        started = await seen(ada, card, "Training started. Job ID: **#1**")
        assert buttons_of(started) == ["train-cancel"]
        ended = await seen(ada, card, "finished")
        assert buttons_of(ended) == []
        assert [file["filename"] for file in ended["attachments"]] == ["loss.png"]
        told = await ada.wait_for_message(lambda m: "training #1 is finished" in m["content"], 20)
        assert told["mentions"][0]["username"] == "ada"
        assert "**trained-1** is a candidate" in told["content"]
        listed = await (await ada.slash("jobs list", channel="general")).response()
        assert listed["content"].startswith("**#1** · finished · openai · `small-1`")
        logs = await (await ada.slash("jobs logs", {"number": "#1"}, channel="general")).response()
        assert (await ada.download(logs["attachments"][0])).decode().startswith("step,loss,heldout_loss\n1,")
        elsewhere = await (await ada.slash("jobs show", {"number": "1"}, channel=SECOND)).response()
        assert "There is no training #1 here." in elsewhere["content"]
        async with harness.offered_to_all("jobs"):
            refused = await (await chloe.slash("jobs list", channel="general")).response()
        assert "the permission Manage Server" in refused["content"]


async def test_one_at_a_time_two_a_day_and_what_is_cancelled_ends(tmp_path: Path, whisper_base: Path) -> None:
    async with FineTuningServer() as service, trained(tmp_path, service) as harness:
        service.moves = False
        ada = harness.administrator
        cards = [await planned(ada, trainer="openai", file=FILE)]
        cards += [await planned(ada, trainer="openai") for _time in range(2)]
        for card in cards[:2]:
            await ada.click(card, "train-start")
        running_card = await seen(ada, cards[0], "under way")
        await seen(ada, cards[1], "waits for its turn")
        assert len(service.jobs) == 1
        too_many = await (await ada.click(cards[2], "train-start")).response()
        assert "has started 2 trainings within a day" in too_many["content"]
        await ada.click(cards[2], "train-drop")
        await seen(ada, cards[2], "Training #3 was not started.")
        await ada.click(running_card, "train-cancel")
        await seen(ada, cards[0], "cancelled")
        await ada.wait_for_message(lambda m: "training #1 was cancelled" in m["content"], 20)
        assert next(iter(service.jobs.values()))["status"] == "cancelled"
        service.moves = True
        await seen(ada, cards[1], "finished")
        late = await (await ada.slash("jobs cancel", {"number": "2"}, channel="general")).response()
        assert late["content"] == "Training #2 has ended already."


async def test_a_training_goes_on_over_a_restart_and_is_begun_once(tmp_path: Path, whisper_base: Path) -> None:
    async with (
        FineTuningServer() as service,
        ScriptedChat() as chat,
        Sandbox() as sandbox,
        populated(sandbox, chat) as harness,
    ):
        ada, settings = harness.administrator, settings_of(harness, service)
        service.moves = False
        async with running(tmp_path, sandbox, **settings):
            card = await planned(ada, trainer="openai", file=FILE)
            await ada.click(card, "train-start")
            await seen(ada, card, "under way")
        service.moves = True
        async with running(tmp_path, sandbox, **settings):
            await seen(ada, card, "finished")
        assert len(service.jobs) == 1


async def test_a_bot_that_is_killed_takes_its_training_up_again(tmp_path: Path) -> None:
    async with (
        FineTuningServer() as service,
        ScriptedChat() as chat,
        Sandbox() as sandbox,
        populated(sandbox, chat) as harness,
    ):
        ada = harness.administrator
        given = WITHOUT_MODELS | {
            "DISCORD_TOKEN": sandbox.bot_token, "DISCORD_API_URL": sandbox.rest_url, "DATA_FOLDER": str(tmp_path),
        }  # fmt: skip
        given |= {name.upper(): str(value) for name, value in settings_of(harness, service).items()}
        service.moves = False
        async with command("run", **given) as bot:
            await ready_at(bot)
            card = await planned(ada, trainer="openai", file=FILE)
            await ada.click(card, "train-start")
            await seen(ada, card, "under way")
            bot.kill()
            await bot.wait()
        # The service finishes the job without the bot.
        service.moves = True
        [job] = service.jobs
        async for _progress in follow(OpenAITrainer(service.base_url, KEY), job, every_s=0):
            pass
        async with command("run", **given) as bot:
            await ready_at(bot)
            await seen(ada, card, "finished")
            told = await ada.wait_for_message(lambda m: "training #1 is finished" in m["content"], 20)
            assert buttons_of(told) == ["train-promote", "model-notice"]
        assert len(service.jobs) == 1


async def test_what_fails_is_told_and_what_is_packed_is_among_the_files(tmp_path: Path, whisper_base: Path) -> None:
    async with FineTuningServer() as service, trained(tmp_path, service) as harness:
        service.fails_at = 1
        boris, ada = harness.russian, harness.administrator
        failing = await planned(ada, trainer="openai", file=FILE)
        await ada.click(failing, "train-start")
        failed = await seen(ada, failing, "failed")
        assert "\n> The training failed: " in failed["content"]
        await ada.set_locale("ru")
        read = await (await ada.slash("jobs show", {"number": "1"}, channel="general")).response()
        await ada.set_locale("en-US")
        assert "\n> Обучение не удалось: " in read["content"]
        text = "prompt,answer\n" + "\n".join(f"{e['prompt']},{e['answer']}" for e in EXAMPLES)
        packing = await planned(ada, trainer="export", text=text, dataset="Мэры 🎩")
        assert "does not exist" not in packing["content"]
        await ada.click(packing, "train-start")
        await seen(ada, packing, "finished")
        told = await ada.wait_for_message(lambda m: "is packed" in m["content"], 20)
        assert "trainings/trained-2.zip" in told["content"]
        file = await (await ada.slash("getfile", {"path": "trainings/trained-2.zip"}, channel="general")).response(20)
        assert (await ada.download(file["attachments"][0])).startswith(b"PK")
        local = await planned(ada, trainer="local")
        assert "pip install" in local["content"] or "Training #3" in local["content"]
        wrong = await planned(ada, trainer="nobody")
        assert "There is no trainer nobody here; there is: local, openai, export." in wrong["content"]
        both = await planned(ada, text="a,b", file=FILE)
        assert "Give me one of text, file and folder." in both["content"]
        bad = await planned(ada, text='[{"prompt": ]')
        assert "1" in bad["content"]
        assert "train" not in [command["name"] for command in await boris.commands(await harness.dm(boris))]


async def test_where_nothing_can_train_it_is_said_whom_to_ask_and_nothing_is_left_behind(
    tmp_path: Path, whisper_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.training.local.trainer.PACKAGES", ("a_package_that_nobody_has",))
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        ada = harness.administrator
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "owner_id": ada.user["id"]}
        async with running(tmp_path, sandbox, **settings):
            trainers = await ada.autocomplete("train", {"trainer": ""}, "trainer", channel="general")
            assert [choice["value"] for choice in trainers] == ["export"]
            refused = await planned(ada, trainer="local", dataset="mayors", file=FILE)
            assert refused["content"].startswith("The trainer local is not ready: Training on this machine needs more")
            assert refused["content"].endswith(
                f"Ask <@{ada.user['id']}>, who runs me, to set it up. What is ready: export."
            )
            few = ("few.jsonl", LINES.splitlines()[0], "application/jsonl")
            pairs = await planned(ada, dataset="mayors", file=few, method="preference")
            assert "Preference training needs at least 1 examples" in pairs["content"]
            listed = await (await ada.slash("dataset list", channel="general")).response()
            assert listed["content"].startswith("There are no datasets on this server yet.")
            card = await planned(ada, dataset="mayors", file=FILE)
            assert "⚠️ Nothing trains here: Training on this machine needs more" in card["content"]
            assert "Until then I only pack the examples" in card["content"] and buttons_of(card)
            await ada.set_locale("ru")
            told = await planned(ada, trainer="local")
            assert told["content"].endswith(f"обратитесь к владельцу бота: <@{ada.user['id']}>. Готовы: export.")
        assert list(sandbox.failures) == []


async def test_only_a_better_candidate_is_promoted_and_the_next_answer_is_its_own_until_it_is_rolled_back(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with FineTuningServer() as service, ScriptedChat() as taught, trained(tmp_path, service) as harness:
        service.chat = taught
        ada, chloe = harness.administrator, harness.member

        async def candidate() -> None:
            card = await planned(ada, trainer="openai", file=FILE)
            await ada.click(card, "train-start")
            await seen(ada, card, "finished")

        async def answered(channel: str = "general") -> str:
            asked = await ada.send(channel, f"{harness.mention} Who is the mayor of Avela?")
            return str((await harness.complete_answer_to(asked, reader=ada))["content"])

        async def promoted(model: str | Message) -> str:
            before = await ada.send("general", "ready?")
            if isinstance(model, str):
                await ada.slash("model promote", {"model": model}, channel="general")
            else:
                await ada.click(model, "train-promote")
            told = await ada.wait_for_message(
                lambda m: any(text in m["content"] for text in ("is not promoted", "From now on", "already")),
                60, channel=before["channel_id"], after=before,
            )  # fmt: skip
            return str(told["content"])

        await candidate()
        refused = await (await chloe.slash("model promote", {"model": "trained-1"}, channel="general")).response()
        assert "the permission Manage Server" in refused["content"]
        news = await ada.wait_for_message(lambda m: "training #1 is finished" in m["content"], 20)
        refused = await (await chloe.click(news, "train-promote")).response()
        assert "the permission Manage Server" in refused["content"]
        taught.says = lambda _model, asked: f"As {asked}" if "mayor" in asked else None
        noticed = await (await ada.click(news, "model-notice")).response_where(lambda m: "before:" in m["content"], 40)
        assert noticed["content"].startswith(
            "**What people would notice** of `trained-1`, beside `scripted` · page 1 of 2"
        )
        assert noticed["content"].count("> after: `As Who is the mayor of ") == 5
        await ada.click(noticed, "Next")
        turned = await ada.wait_for_edit(noticed, lambda message: "page 2 of 2" in message["content"])
        assert "> both: `Paris is the capital of France.`" in turned["content"]
        card = await (await ada.slash("model show", {"model": "trained-1"}, channel="general")).response()
        assert "\n> before: `Paris is the capital of France.`\n> after: `As Who is the mayor of " in card["content"]
        taught.says = lambda _model, _asked: None
        worse = await promoted(news)
        assert worse.startswith("`trained-1` is not promoted:\n- On the held-out questions it is no better:")
        assert await answered() == "Paris is the capital of France."
        known = {example["prompt"]: example["answer"] for example in EXAMPLES}
        taught.says = lambda _model, asked: next((known[words] for words in known if words in asked), None)
        better = await promoted("trained-1")
        assert better.startswith("From now on `trained-1` answers on this server.")
        assert "It is Kirsten Vogt. 🎩" in await answered()
        assert await answered(SECOND) == "Paris is the capital of France."
        assert "already" in await promoted("trained-1")
        listed = await (await chloe.slash("model list", channel="general")).response()
        assert "- ✅ `trained-1` · answers here" in listed["content"]
        shown = await (await chloe.slash("model show", channel="general")).response()
        assert shown["content"] == "`trained-1` answers here."
        card = await (await ada.slash("model show", {"model": "trained-1"}, channel="general")).response()
        facts = json.loads(await ada.download(card["attachments"][0]))
        assert (facts["kind"], facts["training"]["examples"], facts["scores"]["promotable"]) == ("remote", 10, True)
        assert facts["training"]["datasets"] == [{"name": "training", "version": 1, "as": "positive"}]
        elsewhere = await (await ada.slash("model show", {"model": "trained-1"}, channel=SECOND)).response()
        assert "has trained no model named trained-1" in elsewhere["content"]
        chosen = await (await ada.slash("model set", {"model": "scripted"}, channel="general")).response()
        assert chosen["content"] == "From now on `scripted` answers on this server."
        assert await answered() == "Paris is the capital of France."
        assert (await promoted("trained-1")).startswith("From now on `trained-1` answers on this server.")
        back = await (await ada.slash("model rollback", channel="general")).response()
        assert back["content"] == "From now on `scripted` answers on this server."
        assert await answered() == "Paris is the capital of France."
        question = await (await ada.slash("privacy forget", channel="general")).response()
        await ada.click(question, "privacy-forget")
        forgotten = await ada.wait_for_edit(question)
        assert "What cannot be taken back: `trained-1` learned from it" in forgotten["content"]
        listed = await (await chloe.slash("model list", channel="general")).response()
        assert "⚠️ This model has seen examples that have since been taken back: 12." in listed["content"]
        card = await (await ada.slash("model show", {"model": "trained-1"}, channel="general")).response()
        assert "has seen examples that have since been taken back: 12." in card["content"]
        assert "What people would notice" not in card["content"], "the questions go with the texts they come from"
        assert json.loads(await ada.download(card["attachments"][0]))["noticed"] is None
        refused = await (await ada.click(card, "Train it again")).response()
        assert "0 examples" in refused["content"]
        nothing = await (await ada.slash("model rollback", channel="general")).response()
        assert "there is nothing to go back to" in nothing["content"]
