"""Datasets, as moderators make them and members do not see them."""

from __future__ import annotations

import asyncio
import io
import json
import random
import statistics
import string
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
import pytest_asyncio

from bot.sandbox.client.discord_user import DiscordUser, UnknownCommandError
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

EPHEMERAL = 1 << 6
SECOND = "second sandbox/general"
SEA = "Море и горы 🌊"
CAPITALS = ["Париж", "Рим", "Мадрид", "Осло", "Вена", "Каир", "Лима", "Киото", "Прага", "Дели", "Минск", "Берн"]
ROWS = [("Где варят кофе?", "На кухне"), ("Who let the dogs out?", "I did")]
ROWS += [(f"Чем знаменит город {city}?", f"Там хорошо, и это {city}.") for city in CAPITALS]
TABLE = ("question;answer\r\n" + "".join(f"{asked};{answer}\r\n" for asked, answer in ROWS)).encode("utf-8-sig")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def shared_datasets_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "guild_files_mb": 1}
        folder = tmp_path_factory.mktemp("datasets-harness")
        async with running(folder, sandbox, **settings), populated(sandbox, chat) as harness:
            yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def datasets_harness(shared_datasets_harness: BotHarness) -> AsyncIterator[BotHarness]:
    """A harness with no datasets."""
    yield shared_datasets_harness
    ada = shared_datasets_harness.administrator
    for channel in ("general", SECOND):
        # Autocompletion offers at most as many as Discord shows.
        while offered := await ada.autocomplete("dataset show", {"dataset": ""}, "dataset", channel=channel):
            for choice in offered:
                asked = await _did(ada, "dataset delete", channel, dataset=choice["value"])
                await _pressed(ada, asked, "Delete")
    assert list(shared_datasets_harness.sandbox.failures) == []


async def _did(person: DiscordUser, command: str, channel: str = "general", **options: object) -> Message:
    said = await (await person.slash(command, options, channel=channel)).response(30)
    assert said["flags"] & EPHEMERAL
    return said


async def _told(person: DiscordUser, command: str, channel: str = "general", **options: object) -> str:
    return str((await _did(person, command, channel, **options))["content"])


async def _pressed(person: DiscordUser, asked: Message, button: str) -> str:
    """Press a button of a question, and return the text that replaces it."""
    await person.click(asked, button)
    edited = await person.wait_for_edit(asked)
    assert edited["components"] == []
    return str(edited["content"])


def _file(data: bytes, name: str = "примеры.csv") -> tuple[str, bytes, str]:
    return name, data, "application/octet-stream"


async def _filled(person: DiscordUser, name: str, channel: str = "general") -> None:
    await _told(person, "dataset create", channel, dataset=name)
    told = await _told(person, "dataset add", channel, dataset=name, file=_file(TABLE))
    assert told == f"Added to `{name} v1`: 14. Already there: 0."


async def test_a_moderator_makes_a_dataset_and_sees_what_is_in_it(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    assert (await _told(ada, "dataset list")).startswith("There are no datasets on this server yet.")
    made = await _told(ada, "dataset create", dataset=f" {SEA} ")
    assert made == f"`{SEA}` has been created and is empty. Add examples with /dataset add."
    assert "no examples" in await _told(ada, "select_dataset", dataset=SEA)
    assert "**`Море и горы 🌊 v1`**\n0 examples" in await _told(ada, "dataset show", dataset=SEA)
    assert "Added to `Море и горы 🌊 v1`: 14" in await _told(ada, "dataset add", dataset=SEA, file=_file(TABLE))
    assert "v1`: 0. Already there: 14." in await _told(ada, "dataset add", dataset=SEA, file=_file(TABLE))
    wrong = _file(b'{"input": "2+2?", "output": "5"}\n', "wrong.jsonl")
    await _told(ada, "dataset add", dataset=SEA.upper(), file=wrong, positive=False)
    shown = await _did(ada, "dataset show", dataset=SEA)
    lines = shown["content"].splitlines()
    assert lines[1] == "15 examples: 14 of what to say, 1 of what not to say, 0 of both"
    assert lines[3] == "In Russian (13), English (1). People who gave them: 1."
    assert lines[4] == "- `Где варят кофе?` → `На кухне`"
    png = await ada.download(shown["attachments"][0])
    assert matplotlib.image.imread(io.BytesIO(png)).shape[:2] == (600, 900)
    assert (await _told(ada, "dataset list")).startswith(f"- `{SEA} v1`: 15 examples")


async def test_a_russian_moderator_reads_russian(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    await _filled(ada, SEA)
    await ada.set_locale("ru")
    try:
        shown = await _told(ada, "dataset show", dataset=SEA)
        assert shown.splitlines()[1] == "14 примеров: как говорить — 14, как не говорить — 0, и то и другое — 0"
        [choice] = await ada.autocomplete("archive", {"dataset": "МОРЕ"}, "dataset", channel="general")
        assert choice["name"].startswith(f"{SEA} v1 · изменено ")
        told = await _told(ada, "dataset add", dataset=SEA, file=_file(b"prompt,answer\na\n"))
        assert told.splitlines()[1] == "- Строка 2: В ней ячеек 1, а столбцов 2."
        assert "не может быть именем" in await _told(ada, "dataset create", dataset="../..")
    finally:
        await ada.set_locale("en-US")


async def test_a_bad_file_changes_nothing_and_everything_is_told(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    await _filled(ada, "d")
    before = await _told(ada, "dataset show", dataset="d")
    bad = "".join(
        [
            '{"prompt": "good", "answer": "good"}\n',
            '{"prompt": "a"\n',
            '{"messages": [{"role": "robot", "content": "x"}]}\n',
        ]
    )
    said = await _did(ada, "dataset add", dataset="d", file=_file(bad.encode(), "bad.jsonl"))
    assert said["content"].splitlines() == [
        "Nothing in `bad.jsonl` was taken. Please correct this and upload it again:",
        "- Line 2: This is not valid JSON, from character 15 on (Expecting ',' delimiter).",
        "- Line 3: Message 1 has the role `robot`; it must be system, user or assistant.",
    ]
    long = b"prompt,answer\n" + b"".join(b"%s,x,y\n" % (b"w" * 300) for _ in range(30))
    said = await _did(ada, "dataset add", dataset="d", file=_file(long, "long.csv"))
    assert len(said["content"]) <= 2000
    assert "Line 21: Its cells (3) do not match the columns (2)." in said["content"]
    many = b"[" + b'{"messages": [{"role": "robotrobotrobotrobotrobotrobotrobot"}]},' * 30 + b"{}]"
    said = await _did(ada, "dataset add", dataset="d", file=_file(many, "many.json"))
    assert "the rest is in the file" in said["content"]
    assert b"Item 20: " in await ada.download(said["attachments"][0])
    for data, name, problem in (
        (b"", "empty.csv", "It is empty"),
        (bytes(2000), "binary.csv", "binary data, not text"),
        (b"PK\x03\x04nothing", "a.zip", "This zip is damaged"),
        (b" " * ((8 << 20) + 1), "big.csv", "larger than 8 MB"),
    ):
        assert problem in await _told(ada, "dataset add", dataset="d", file=_file(data, name))
    after = await _told(ada, "dataset show", dataset="d")
    assert after.splitlines()[-1] == before.splitlines()[-1]
    assert after.splitlines()[1] == before.splitlines()[1]
    assert "no dataset `nothing` here" in await _told(ada, "dataset add", dataset="nothing", file=_file(TABLE))


async def test_what_was_selected_stays_as_it_was_and_is_archived_when_another_is(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    await _filled(ada, SEA)
    said = await _did(ada, "select_dataset", dataset=SEA)
    lines = said["content"].splitlines()
    assert lines[0] == f"Training now learns to speak like `{SEA} v1`."
    assert lines[2] == "14 examples: 14 of what to say, 0 of what not to say, 0 of both"
    assert said["attachments"][0]["filename"] == "dataset.png"
    [choice] = await ada.autocomplete("dataset remove", {"dataset": SEA, "example": "КОФЕ"}, "example")
    assert choice["name"] == "Где варят кофе? → На кухне"
    removed = await _told(ada, "dataset remove", dataset=SEA, example=choice["value"])
    assert removed.splitlines()[0] == f"Removed from `{SEA} v2`: one example."
    assert "so this is a new one: v2" in removed
    assert "no such example" in await _told(ada, "dataset remove", dataset=SEA, example=choice["value"])
    one = _file(b'{"prompt": "New?", "answer": "Yes", "rejected": "No"}', "new.json")
    assert await _told(ada, "dataset add", dataset=SEA, file=one) == f"Added to `{SEA} v2`: 1. Already there: 0."
    assert (await _told(ada, "dataset diff", dataset=SEA)).splitlines() == [
        f"`{SEA}`, from v1 to v2: 1 added, 1 removed.",
        "**+** `New?` → `Yes` ✗ `No`",
        "**−** `Где варят кофе?` → `На кухне`",
    ]
    assert "no dataset" in await _told(ada, "dataset diff", dataset=SEA, older=7)
    assert "14 examples: 14 of" in await _told(ada, "dataset show", dataset=SEA, version=1)
    said = await _did(ada, "select_dataset", dataset=SEA)
    path = next(line for line in said["content"].splitlines() if "selected before" in line).split("`")[3]
    assert path.startswith(f"datasets/{SEA} v1 ")
    listed = (await _told(ada, "dataset list")).splitlines()
    assert [("✅" in line) for line in listed] == [True]
    negative = await _told(ada, "select_dataset", dataset=SEA, positive=False)
    assert negative.startswith(f"Training now learns not to speak like `{SEA} v2`.")


async def test_an_archive_comes_through_getfile_and_back_by_an_upload(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    await _filled(ada, "d")
    told = await _told(ada, "archive", dataset="d")
    path = told.split("`")[3]
    assert path.startswith("datasets/d v1 ")
    archive = await ada.download((await _did(ada, "getfile", path=path))["attachments"][0])
    await _told(ada, "dataset create", dataset="restored")
    restored = await _told(ada, "dataset add", dataset="restored", file=_file(archive, "d v1.zip"))
    assert restored == "Added to `restored v1`: 14. Already there: 0."
    hashes = [(await _told(ada, "dataset show", dataset=name)).splitlines()[-1] for name in ("d", "restored")]
    assert hashes[0] == hashes[1]
    changed = archive.replace(b"manifest.json", b"manifest.jsom")
    assert "Nothing in `d.zip` was taken." in await _told(
        ada, "dataset add", dataset="restored", file=_file(changed, "d.zip")
    )


async def test_a_guild_without_room_keeps_what_it_has_selected(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    big = {"prompt": "Read?", "answer": ""}
    lines = (json.dumps(big | {"answer": random_text(number)}) + "\n" for number in range(60))
    await _told(ada, "dataset create", dataset="big")
    await _told(ada, "dataset add", dataset="big", file=_file("".join(lines).encode(), "big.jsonl"))
    await _filled(ada, "small")
    await _told(ada, "select_dataset", dataset="big")
    refused = await _told(ada, "select_dataset", dataset="small")
    assert "There is no room for" in refused
    assert "v1`: 60 examples" in next(line for line in (await _told(ada, "dataset list")).splitlines() if "✅" in line)


def random_text(seed: int) -> str:
    """Twenty thousand characters that barely compress."""
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=19_990))


async def test_what_is_doubtful_is_told(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    await _filled(ada, "d")
    assert "found no problems" in await _told(ada, "dataset lint", dataset="d")
    doubtful = b"prompt,answer\nWho let the dogs out,Nobody\nMy card?,It is 4111 1111 1111 1111\n"
    await _told(ada, "dataset add", dataset="d", file=_file(doubtful))
    told = await _told(ada, "dataset lint", dataset="d")
    assert "**Contradictions (1)**" in told
    assert "`Who let the dogs out?`: `I did` and `Nobody`" in told
    assert "This holds a number of a bank card: `My card?`" in told
    assert "4111" not in told


async def test_deleting_asks_first_and_only_the_one_who_was_asked_may_answer(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    await _filled(ada, "d")
    await _told(ada, "select_dataset", dataset="d")
    await _told(ada, "dataset add", dataset="d", file=_file(b"prompt,answer\nNew?,Yes\n"))
    asked = await _did(ada, "dataset delete", dataset="d", version=1)
    assert asked["content"].endswith("⚠️ It is selected for training.")
    assert await _pressed(ada, asked, "Keep") == "Nothing was deleted."
    asked = await _did(ada, "dataset delete", dataset="d", version=1)
    assert await _pressed(ada, asked, "Delete") == "Deleted: `d v1`"
    assert "✅" not in await _told(ada, "dataset list")
    asked = await _did(ada, "dataset delete", dataset="d")
    assert asked["content"].startswith("Delete `d` with all its 1 versions, and whatever was packed")
    again = await _did(ada, "dataset delete", dataset="d")
    assert await _pressed(ada, asked, "Delete") == "Deleted: `d`"
    assert "no longer exists" in (await (await ada.click(again, "Delete")).response(30))["content"]


async def test_another_guild_has_datasets_of_its_own(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    await _filled(ada, "first's")
    assert (await _told(ada, "dataset list", SECOND)).startswith("There are no datasets")
    assert await ada.autocomplete("dataset show", {"dataset": ""}, "dataset", channel=SECOND) == []
    for command, options in (
        ("dataset show", {}), ("dataset lint", {}), ("dataset diff", {}), ("dataset delete", {}), ("archive", {}),
        ("dataset add", {"file": _file(TABLE)}), ("dataset remove", {"example": "x"}),
    ):  # fmt: skip
        assert "no dataset `first's` here" in await _told(ada, command, SECOND, dataset="first's", **options)
    assert "no dataset" in await _told(ada, "select_dataset", SECOND, dataset="first's")
    await _filled(ada, "first's", SECOND)
    asked = await _did(ada, "dataset delete", SECOND, dataset="first's")
    await _pressed(ada, asked, "Delete")
    assert "14 examples" in await _told(ada, "dataset show", dataset="first's")


async def test_a_member_is_not_offered_them_and_refused_when_the_guild_offers_them(
    datasets_harness: BotHarness,
) -> None:
    chloe, ada = datasets_harness.member, datasets_harness.administrator
    await _filled(ada, "d")
    offered = {command["name"]: command for command in await ada.commands("general")}
    uses: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "dataset": [
            ("dataset list", {}), ("dataset create", {"dataset": "hers"}), ("dataset show", {"dataset": "d"}),
            ("dataset add", {"dataset": "d", "file": _file(TABLE)}), ("dataset lint", {"dataset": "d"}),
            ("dataset remove", {"dataset": "d", "example": "x"}), ("dataset diff", {"dataset": "d"}),
            ("dataset delete", {"dataset": "d"}),
        ],
        "select_dataset": [("select_dataset", {"dataset": "d"})],
        "archive": [("archive", {"dataset": "d"})],
    }  # fmt: skip
    for command, asked in uses.items():
        path = f"/applications/{datasets_harness.bot_id}/commands/{offered[command]['id']}"
        with pytest.raises(UnknownCommandError):
            await chloe.slash(*asked[0], channel="general")
        await datasets_harness.as_bot("PATCH", path, {"default_member_permissions": None})
        try:
            for name, options in asked:
                assert "permission Manage Server" in await _told(chloe, name, **options)
            if command == "dataset":
                assert await chloe.autocomplete("dataset show", {"dataset": ""}, "dataset", channel="general") == []
        finally:
            again = {"default_member_permissions": str(int(Permissions.MANAGE_GUILD))}
            await datasets_harness.as_bot("PATCH", path, again)
    assert len((await _told(ada, "dataset list")).splitlines()) == 1


async def test_many_datasets_and_examples_are_completed_while_one_types(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    for number in range(27):
        await _told(ada, "dataset create", dataset=f"набор {number:02} " + "ж" * 40)
    choices = await ada.autocomplete("dataset show", {"dataset": ""}, "dataset", channel="general")
    assert len(choices) == 25
    assert all(len(choice["name"]) <= 100 and len(choice["value"]) <= 100 for choice in choices)
    name = choices[7]["value"]
    lines = (json.dumps({"input": f"Question {n}? " + "w" * 300, "output": f"O{n}"}) + "\n" for n in range(3_000))
    await _told(ada, "dataset add", dataset=name, file=_file("".join(lines).encode(), "many.jsonl"))
    took_s = []
    for typed in ("НАБОР 07", "набор 0", "7"):
        began_s = time.perf_counter()
        assert name in {
            choice["value"]
            for choice in await ada.autocomplete("archive", {"dataset": typed}, "dataset", channel="general")
        }
        took_s.append(time.perf_counter() - began_s)
    for typed, count in (("question 29", 25), ("question 2999?", 1), ("o2999", 1), ("nothing like it", 0)):
        began_s = time.perf_counter()
        choices = await ada.autocomplete(
            "dataset remove", {"dataset": name, "example": typed}, "example", channel="general"
        )
        took_s.append(time.perf_counter() - began_s)
        assert len(choices) == count
        assert all(len(choice["name"]) <= 100 for choice in choices)
    # Discord does not wait any longer.
    assert statistics.median(took_s) < 3


async def test_two_moderators_at_once_leave_one_clear_result(datasets_harness: BotHarness) -> None:
    ada = datasets_harness.administrator
    made = await asyncio.gather(*(_told(ada, "dataset create", dataset=name) for name in ("Спор", "спор")))
    assert sorted("already" in told for told in made) == [False, True]
