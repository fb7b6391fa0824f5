"""What a button or a form names by its id must belong to the server where it is used: ids of another server do nothing
there, and show nothing. Every existing button and form is tried."""

from __future__ import annotations

import json
import pkgutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import extensions
from bot.corrections.consents import ConsentStore
from bot.corrections.correction import CorrectedAnswer
from bot.corrections.feedback import FeedbackStore
from bot.corrections.store import CorrectionStore
from bot.datasets.example import Example, ExampleSource
from bot.datasets.store import DatasetStore
from bot.sandbox.client.outcome import Outcome
from bot.sandbox.server import Sandbox
from bot.storage.database import Database
from bot.storage.file_names import key_of
from bot.training.evaluating.comparisons import ComparisonStore
from bot.training.model_store import ModelKind, ModelStore, NoticedAnswer, NoticedAnswers
from bot.training.specs import TrainingSpec, TrainingStarter
from bot.training.store import DatasetRef, TrainingStore
from bot.ui.screen import Screen
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

SECRET = "the sparrow sleeps at noon"
SECOND = "second sandbox/general"
FILE = "notes/sparrow.txt"
FIELDS = ("question", "said", "asked", "answer", "reason")
"""Names of form fields; Discord allows five in a form."""


@dataclass(frozen=True)
class TwoGuilds:
    """Objects of the first server, by their ids."""

    asker: str
    other_asker: str
    channel: str
    question: str
    reply: str
    job: str
    correction: str
    number: int
    dataset: str
    planned: str
    queued: str
    comparison: str


BUTTONS: dict[str, Callable[[TwoGuilds], str]] = {
    "stop": lambda guilds: guilds.job,
    "stop-hearing": lambda guilds: guilds.job,
    "again": lambda guilds: guilds.job,
    "goon": lambda guilds: guilds.job,
    "goonasked": lambda guilds: guilds.reply,
    "aloud": lambda _town: "",
    "compare-vote": lambda guilds: f"{guilds.comparison}:a",
    "compare-reveal": lambda guilds: guilds.comparison,
    "compare-learn": lambda guilds: guilds.comparison,
    "compare-agree": lambda guilds: guilds.comparison,
    "compare-take-back": lambda guilds: guilds.comparison,
    "train-promote": lambda _town: "trained-7",
    "model-notice": lambda _town: "trained-7",
    "model-noticed": lambda _town: "trained-7:1",
    "train-again": lambda _town: "trained-7",
    "train-start": lambda guilds: guilds.planned,
    "train-drop": lambda guilds: guilds.planned,
    "train-cancel": lambda guilds: guilds.queued,
    "correction-delete": lambda guilds: f"{guilds.asker}:{guilds.correction}",
    "good": lambda _town: "",
    "bad": lambda _town: "",
    "vote-learn": lambda _town: "",
    "correct": lambda _town: "",
    "recalled": lambda guilds: str(guilds.number),
    "recalled-correct": lambda guilds: guilds.reply,
    "corrections-page": lambda _town: "approved:1",
    "correction-approve": lambda guilds: f"{guilds.correction}:1",
    "correction-reject": lambda guilds: f"{guilds.correction}:1",
    "correction-retire": lambda guilds: f"{guilds.correction}:1:{guilds.number}",
    "correction-edit": lambda guilds: guilds.correction,
    "consent-agree": lambda guilds: f"new:{guilds.channel}:{guilds.reply}",
    "consent-give": lambda guilds: f"new:{guilds.channel}:{guilds.reply}",
    "consent-agree-named": lambda guilds: f"new:{guilds.channel}:{guilds.reply}",
    "consent-give-named": lambda guilds: f"new:{guilds.channel}:{guilds.reply}",
    "consent-refuse": lambda _town: "",
    "file-delete": lambda guilds: f"{guilds.asker}:{key_of(FILE)}",
    "file-keep": lambda guilds: guilds.asker,
    "files-page": lambda _town: "1",
    "dataset-delete": lambda guilds: f"{guilds.asker}:all:{guilds.dataset}",
    "set": lambda _town: "limits",
    "test-cancel": lambda guilds: guilds.job,
    "privacy-forget": lambda guilds: guilds.other_asker,
    "memory-page": lambda _town: "1",
    "help": lambda _town: "talk",
    "note-aloud": lambda guilds: guilds.question,
    "note-answer": lambda guilds: guilds.question,
    "note-text": lambda guilds: guilds.question,
    "note-translate": lambda guilds: guilds.question,
    "recalled-misfit": lambda guilds: f"{guilds.reply}:{guilds.number}",
    "access": lambda _town: "limits",
    "translations": lambda guilds: str(guilds.channel),
}
"""For each button, the rest of its custom id with an id from the first server, or its usual rest if it names
nothing."""

MENUS: dict[str, Callable[[TwoGuilds], str]] = {
    "corrections-open": lambda guilds: str(guilds.number),
    "wanted-correct": lambda guilds: f"{guilds.channel}:{guilds.reply}",
    "wanted-dismiss": lambda guilds: f"{guilds.channel}:{guilds.reply}",
    "wanted-take": lambda _town: "sparrow",
}
"""For each menu, whose own custom id names nothing, the value that is chosen."""

FORMS: dict[str, Callable[[TwoGuilds], str]] = {
    "ask-about": lambda guilds: f"{guilds.channel}:{guilds.question}",
    "bad": lambda guilds: guilds.reply,
    "correction": lambda guilds: f"edit:{guilds.correction}:1",
    "instruction": lambda _town: "kept:first",
    "set-limits": lambda _town: "",
    "access-limits": lambda _town: "",
    "transcript": lambda guilds: guilds.question,
}
"""For each form, the rest of its custom id, likewise."""


def registered() -> tuple[set[str], set[str]]:
    """The prefixes of the custom ids that are handled: of buttons, and of forms."""
    modules = [import_module(each.name) for each in pkgutil.walk_packages(extensions.__path__, "extensions.")]
    screens = [value for module in modules for value in vars(module).values() if isinstance(value, Screen)]
    return {id_ for each in screens for id_ in each.buttons}, {id_ for each in screens for id_ in each.forms}


def stored_of_others(folder: Path, guild: str) -> dict[str, list[str]]:
    """All rows except those of ``guild`` and those that belong to people themselves: their usage and consents."""
    with sqlite3.connect(f"file:{folder / 'starling.db'}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        rows = {name: [repr(row) for row in database.execute(f"select * from {name}")] for name in tables}
    own = {"usage", "consents"}
    return {name: sorted(row for row in found if guild not in row) for name, found in rows.items() if name not in own}


async def founded(harness: BotHarness, folder: Path) -> TwoGuilds:
    """An answered question of Chloe's, and one of every other kind of object, in the first server."""
    chloe, ada = harness.member, harness.administrator
    asked = await chloe.send("general", f"{harness.mention} Where? {SECRET}")
    answer = await harness.complete_answer_to(asked)
    job = next(
        part["custom_id"].partition(":")[2]
        for row in answer["components"]
        for part in row["components"]
        if part["custom_id"].startswith("again:")
    )
    guild, channel = int(harness.directory["guild_id"]), int(harness.channel("general"))
    written = folder / "guilds" / str(guild) / FILE
    written.parent.mkdir(parents=True)
    written.write_text(SECRET)
    database = await Database.open(f"sqlite:///{folder / 'starling.db'}")
    try:
        datasets, author = DatasetStore(database), int(chloe.user["id"])
        dataset = await datasets.create(guild, "d", author)
        example = Example(SECRET, SECRET, None, author, ExampleSource.UPLOAD, datetime.now(UTC))
        await datasets.add(guild, "d", [example], author)
        await ConsentStore(database).give(author)
        corrections = CorrectionStore(database, datasets)
        about = CorrectedAnswer(guild, channel, int(answer["id"]), SECRET, int(asked["id"]), author)
        correction = await corrections.submit(about, SECRET, SECRET, author)
        approved = await corrections.submit(about, SECRET, f"{SECRET}!", author)
        await corrections.approve(guild, approved.id, author)
        await FeedbackStore(database).vote(
            message_id=int(answer["id"]), channel_id=channel, guild_id=guild, user_id=int(ada.user["id"]), good=False
        )
        trainings, ids = TrainingStore(database), []
        for _time in range(2):
            training = await trainings.plan(
                TrainingStarter(guild, author, channel, "ru"), TrainingSpec("export", "b"),
                [DatasetRef(dataset.id, "d", 1, "positive")], content_hash="0", examples=1,
            )  # fmt: skip
            ids.append(training.id)
        await trainings.queue(guild, ids[1], author, max_per_day=9)
        models = ModelStore(database)
        model = await models.add(
            guild_id=guild,
            training_id=ids[1],
            name="trained-7",
            kind=ModelKind.ADAPTER,
            base="b",
            remote_name="r",
            path=None,
        )
        noticed = NoticedAnswers(SECRET, (NoticedAnswer(SECRET, SECRET, SECRET),))
        assert await models.note_noticed(model, noticed, await models.taken_back_from(model))
        comparison = await ComparisonStore(database).add(
            guild_id=guild, channel_id=channel, asked_by=author, prompt=SECRET, models=("a", "b"),
            answers=(SECRET, SECRET),
        )  # fmt: skip
    finally:
        await database.close()
    return TwoGuilds(
        str(ada.user["id"]), str(author), str(channel), str(asked["id"]), str(answer["id"]), job, correction.id,
        approved.number, dataset.id, ids[0], ids[1], comparison.id,
    )  # fmt: skip


async def chosen(harness: BotHarness, id_: str, about: str) -> Outcome:
    """Choose ``about`` in a menu in the second server, as the administrator of both."""
    ada, option = harness.administrator, {"label": "It", "value": about}
    row = {"type": 1, "components": [{"type": 3, "custom_id": id_, "options": [option]}]}
    message = await harness.as_bot(
        "POST", f"/channels/{ada.channel_id(SECOND)}/messages", {"content": "Choose", "components": [row]}
    )
    return await ada.click(message, id_, [about])


async def used(harness: BotHarness, id_: str, about: str, *, is_form: bool) -> Outcome:
    """Press a button, or submit a form, that names ``about`` there."""
    ada, custom_id = harness.administrator, f"{id_}:{about}" if about else id_
    button = {"type": 2, "style": 1, "label": "Press", "custom_id": "stop:none" if is_form else custom_id}
    body = {"content": "Press", "components": [{"type": 1, "components": [button]}]}
    message = await harness.as_bot("POST", f"/channels/{ada.channel_id(SECOND)}/messages", body)
    outcome = await ada.click(message, "Press")
    if not is_form:
        return outcome
    names = ("text",) if id_ == "instruction" else FIELDS
    fields = [
        {"type": 4, "id": number, "custom_id": name, "style": 1, "required": False, "max_length": 4000, "label": name}
        for number, name in enumerate(names, 1)
    ]
    form = {"custom_id": custom_id, "title": "Form", "components": [
        {"type": 1, "id": 10 + number, "components": [field]} for number, field in enumerate(fields)
    ]}  # fmt: skip
    # No bot can make Discord open another bot's form: this is what a broken Discord would send.
    harness.sandbox.services.interactions._by_id[int(outcome.id)].modal = form
    opened = form | {"id": outcome.id, "channel_id": ada.channel_id(SECOND)}
    return await ada.submit(opened, dict.fromkeys(names, "words"))


async def test_ids_of_another_server_do_nothing_and_show_nothing(tmp_path: Path, whisper_base: Path) -> None:
    buttons, forms = registered()
    assert (set(BUTTONS) | set(MENUS), set(FORMS)) == (buttons, forms), "each button, menu and form is tried"
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings):
            guilds = await founded(harness, tmp_path)
            second = harness.directory["guilds"][1]["id"]
            before = stored_of_others(tmp_path, second)
            told: list[Message] = []
            for ids, is_form in ((BUTTONS, False), (FORMS, True)):
                for id_, about in ids.items():
                    outcome = await used(harness, id_, about(guilds), is_form=is_form)
                    told += outcome.messages
                    assert stored_of_others(tmp_path, second) == before, f"{id_} has changed the first server"
            for id_, about in MENUS.items():
                told += (await chosen(harness, id_, about(guilds))).messages
                assert stored_of_others(tmp_path, second) == before, f"{id_} has changed the first server"
            told += await harness.administrator.messages(SECOND)
            assert SECRET not in json.dumps(told)
            assert SECRET not in json.dumps([each["messages"] for each in chat.requests[1:]])
            assert (tmp_path / "guilds" / harness.directory["guild_id"] / FILE).read_text() == SECRET
        assert list(sandbox.failures) == []


MALFORMED = ("", ":::", "ё:🧭:٣", f"{'9' * 20}:{'9' * 40}")
"""Rests of custom ids with missing parts, too long, without numbers, or with numbers beyond any database's range."""


async def test_what_no_button_of_ours_has_is_one_sentence_and_changes_nothing(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings):
            guilds = await founded(harness, tmp_path)
            before = stored_of_others(tmp_path, "no guild")
            used_so_far: list[tuple[str, Outcome]] = []
            for ids, is_form in ((BUTTONS, False), (FORMS, True)):
                for id_, about in ids.items():
                    # If nothing follows the name, nothing can be missing.
                    tried = MALFORMED if about(guilds) else MALFORMED[1:]
                    used_so_far += [
                        (f"{id_}:{each}", await used(harness, id_, each, is_form=is_form)) for each in tried
                    ]
            for id_ in MENUS:
                used_so_far += [(f"{id_}={each}", await chosen(harness, id_, each)) for each in MALFORMED if each]
            changed = {name for name, rows in stored_of_others(tmp_path, "no guild").items() if rows != before[name]}
        said = {id_: json.dumps([message["content"] for message in outcome.messages]) for id_, outcome in used_so_far}
        assert sorted(id_ for id_, text in said.items() if "on our side" in text) == []
        assert changed <= UNHARMED, "what has no state does what it always does"
        assert list(sandbox.failures) == []


UNHARMED = {"preferences", "votes"}
