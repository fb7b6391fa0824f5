"""The files of a guild and of a person, as moderators and people meet them."""

from __future__ import annotations

import io
import json
import os
import random
import statistics
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.client.discord_user import UnknownCommandError
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.seed import ADMIN_ID, GUILD_ID, MEMBER_ID, OTHER_MEMBER_ID, SECOND_GUILD_ID
from bot.sandbox.server import Sandbox
from bot.storage.file_names import key_of
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

EPHEMERAL = 1 << 6
MANY = 10_000
SECOND = "second sandbox/general"
LONG = "exports/" + "очень-длинное-имя-" * 6 + "🌱.txt"
EXPORT = json.dumps({"prompt": "Столица Франции?", "reply": "Париж"}, ensure_ascii=False).encode() * 2000
NOISE = random.Random(7).randbytes(30 << 20)


def _put(folder: Path, path: str, data: bytes, age_s: float = 0.0) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    when = time.time() - age_s
    os.utime(file, (when, when))


def _fill(data_folder: Path) -> None:
    first, second = data_folder / "guilds" / str(GUILD_ID), data_folder / "guilds" / str(SECOND_GUILD_ID)
    week_ago = time.time() - 7 * 86400
    for number in range(MANY):
        part = first / f"transcripts/{number // 500:02}"
        if number % 500 == 0:
            part.mkdir(parents=True)
        file = os.open(part / f"note-{number:05}.txt", os.O_CREAT | os.O_WRONLY)
        os.utime(file, (week_ago - number, week_ago - number))
        os.close(file)
    _put(first, "exports/march.jsonl", EXPORT, 3600)
    _put(first, "exports/март 🌱.jsonl", b"russian", 7200)
    _put(first, LONG, b"long", 86400)
    _put(first, "noise.bin", NOISE, 90_000)
    _put(first, "moderate.bin", NOISE[: 7 << 20], 90_001)
    _put(first, "empty.txt", b"", 90_002)
    (first / "passwd").symlink_to("/etc/passwd")
    for number in range(30):
        _put(second, f"second-{number:02}.txt", b"x", number * 60)
    _put(data_folder / "users" / str(OTHER_MEMBER_ID), "exports/chloe.txt", b"what chloe said")
    _put(data_folder / "users" / str(MEMBER_ID), "экспорт.txt", b"what boris said")


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files-harness")
    _fill(folder)
    return folder


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def shared_files_harness(data_folder: Path, whisper_base: Path, piper_joe: Path) -> AsyncIterator[BotHarness]:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "guild_files_mb": 74}
        async with running(data_folder, sandbox, **settings), populated(sandbox, chat) as harness:
            yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def files_harness(shared_files_harness: BotHarness) -> AsyncIterator[BotHarness]:
    yield shared_files_harness
    shared_files_harness.sandbox.options.file_limit_bytes = 10 << 20
    assert list(shared_files_harness.sandbox.failures) == []


async def _getfile(harness: BotHarness, path: str, channel: str | None = None) -> Message:
    return await (await harness.administrator.slash("getfile", {"path": path}, channel=channel)).response(30)


async def _complete(harness: BotHarness, typed: str, channel: str | None = None) -> list[Message]:
    return await harness.administrator.autocomplete("getfile", {"path": typed}, "path", channel=channel)


async def test_a_moderator_finds_a_file_by_a_part_of_its_name_and_gets_it(files_harness: BotHarness) -> None:
    choices = await _complete(files_harness, "MARCH")
    assert choices[0]["name"] == "exports/march.jsonl · 130.9 kB · 1 hour ago"
    said = await _getfile(files_harness, choices[0]["value"])
    assert said["content"] == "Here is the file you requested:"
    assert said["flags"] & EPHEMERAL
    assert said["attachments"][0]["filename"] == "march.jsonl"
    assert await files_harness.administrator.download(said["attachments"][0]) == EXPORT


async def test_cyrillic_emoji_and_long_paths_are_chosen_like_others(files_harness: BotHarness) -> None:
    for typed, content in (("март", b"russian"), ("ДЛИННОЕ", b"long")):
        [choice] = await _complete(files_harness, typed)
        assert len(choice["name"]) <= 100
        assert len(choice["value"]) <= 100
        said = await _getfile(files_harness, choice["value"])
        assert await files_harness.administrator.download(said["attachments"][0]) == content


async def test_ten_thousand_files_are_completed_while_one_types(files_harness: BotHarness) -> None:
    newest = await _complete(files_harness, "")
    assert len(newest) == 25
    assert newest[0]["value"] == "exports/march.jsonl"
    assert [choice["value"] for choice in newest[6:8]] == [
        "transcripts/00/note-00000.txt",
        "transcripts/00/note-00001.txt",
    ]
    took_s = []
    for typed in ("n", "no", "not", "note-0", "note-09", "note-099", "note-0999", "note-09999", "nothing like this"):
        began_s = time.perf_counter()
        choices = await _complete(files_harness, typed)
        took_s.append(time.perf_counter() - began_s)
        assert all(typed in choice["name"] for choice in choices)
    assert choices == []
    # Discord does not wait any longer.
    assert statistics.median(took_s) < 3


@pytest.mark.parametrize(
    "path", ["nothing.txt", "passwd", "exports", "transcripts/00", "key:0123456789abcdef0123456789abcdef"]
)
async def test_what_is_not_there_or_no_file_is_not_found(files_harness: BotHarness, path: str) -> None:
    said = await _getfile(files_harness, path)
    missing = "This file no longer exists." if path.startswith("key:") else f"File not found: `{path}`"
    assert said["content"].startswith(missing)
    assert "Reference: " not in said["content"]
    assert said["flags"] & 64
    assert not said["attachments"]


@pytest.mark.parametrize(
    "path",
    ["../../starling.db", "/etc/passwd", "C:\\boot.ini", f"../{SECOND_GUILD_ID}/second-00.txt", "a\u202eb", ".."],
)
async def test_a_path_that_leads_elsewhere_is_refused(files_harness: BotHarness, path: str) -> None:
    said = await _getfile(files_harness, path)
    assert "cannot be the name of a file here" in said["content"]
    assert not said["attachments"]


async def test_another_guild_has_files_of_its_own(files_harness: BotHarness) -> None:
    assert await _complete(files_harness, "march", SECOND) == []
    assert (await _complete(files_harness, "", SECOND))[0]["value"] == "second-00.txt"
    for path in ("exports/march.jsonl", key_of(LONG), f"../{GUILD_ID}/exports/march.jsonl"):
        said = await _getfile(files_harness, path, SECOND)
        assert not said["attachments"]
    assert await _complete(files_harness, "second-00") == []
    assert "File not found" in (await _getfile(files_harness, "second-00.txt"))["content"]


async def test_in_a_direct_message_everyone_has_their_own(files_harness: BotHarness) -> None:
    chloe, channel = files_harness.member, await files_harness.dm(files_harness.member)
    [choice] = await chloe.autocomplete("getfile", {"path": ""}, "path", channel=channel)
    said = await (await chloe.slash("getfile", {"path": choice["value"]}, channel=channel)).response(30)
    assert await chloe.download(said["attachments"][0]) == b"what chloe said"
    assert not said["flags"] & EPHEMERAL
    for path in ("exports/march.jsonl", "экспорт.txt"):
        said = await (await chloe.slash("getfile", {"path": path}, channel=channel)).response(30)
        assert said["content"].startswith("File not found")
    assert await _complete(files_harness, "chloe", await files_harness.dm(files_harness.administrator)) == []


async def test_a_russian_reads_russian(files_harness: BotHarness) -> None:
    boris, channel = files_harness.russian, await files_harness.dm(files_harness.russian)
    [choice] = await boris.autocomplete("getfile", {"path": "экс"}, "path", channel=channel)
    assert choice["name"].startswith("экспорт.txt · 15 байт · ")
    said = await (await boris.slash("getfile", {"path": choice["value"]}, channel=channel)).response(30)
    assert said["content"] == "Вот файл, который вы просили:"
    said = await (await boris.slash("getfile", {"path": "нет.txt"}, channel=channel)).response(30)
    assert said["content"].startswith("Файл не найден: `нет.txt`")
    said = await (await boris.slash("files usage", channel=channel)).response(30)
    assert said["content"].splitlines()[1] == "Занято 15 байт из 74 МБ, 1 файл."


async def test_a_member_is_not_offered_the_files_and_refused_when_the_guild_offers_them(
    files_harness: BotHarness,
) -> None:
    chloe, application = files_harness.member, files_harness.bot_id
    offered = {command["name"]: command for command in await files_harness.administrator.commands()}
    for command in ("getfile", "files"):
        path = f"/applications/{application}/commands/{offered[command]['id']}"
        with pytest.raises(UnknownCommandError):
            await chloe.slash(f"{command} list" if command == "files" else command, {})
        await files_harness.as_bot("PATCH", path, {"default_member_permissions": None})
        try:
            if command == "getfile":
                assert await chloe.autocomplete("getfile", {"path": ""}, "path") == []
                asked = [await chloe.slash("getfile", {"path": "exports/march.jsonl"})]
            else:
                asked = [await chloe.slash("files list"), await chloe.slash("files usage")]
                asked.append(await chloe.slash("files delete", {"path": "exports/march.jsonl"}))
            for outcome in asked:
                said = await outcome.response(30)
                assert "permission Manage Server" in said["content"]
                assert said["flags"] & EPHEMERAL
                assert not said["attachments"]
        finally:
            again = {"default_member_permissions": str(int(Permissions.MANAGE_GUILD))}
            await files_harness.as_bot("PATCH", path, again)


async def test_a_large_file_comes_in_parts_that_join_to_a_zip(files_harness: BotHarness) -> None:
    outcome = await files_harness.administrator.slash("getfile", {"path": "noise.bin"})
    await files_harness.administrator.wait_until(
        lambda: sum(len(message["attachments"]) for message in outcome.messages) == 4 or None, 60, "the parts"
    )
    first, second = outcome.messages
    assert first["content"].startswith(
        "`noise.bin` is 30 MB, and Discord accepts at most 10 MB here, so it comes as a zip"
    )
    assert "in 4 parts" in first["content"]
    assert first["content"].endswith("\nPart 1–3 of 4")
    assert second["content"] == "Part 4 of 4"
    assert second["flags"] & EPHEMERAL
    files = first["attachments"] + second["attachments"]
    assert [file["filename"] for file in files] == [f"noise.bin.zip.{number:03}" for number in range(1, 5)]
    joined = b"".join([await files_harness.administrator.download(file) for file in files])
    with zipfile.ZipFile(io.BytesIO(joined)) as archive:
        assert archive.read("noise.bin") == NOISE


async def test_a_file_that_a_zip_makes_small_enough_comes_whole(files_harness: BotHarness) -> None:
    files_harness.sandbox.options.file_limit_bytes = 50 << 10
    said = await _getfile(files_harness, "exports/march.jsonl")
    assert said["content"].endswith("Discord accepts at most 50 kB here, so here it is as a zip:")
    [file] = said["attachments"]
    assert file["filename"] == "march.jsonl.zip"
    with zipfile.ZipFile(io.BytesIO(await files_harness.administrator.download(file))) as archive:
        assert archive.read("march.jsonl") == EXPORT


async def test_for_what_is_too_large_the_operator_is_named(files_harness: BotHarness) -> None:
    files_harness.sandbox.options.file_limit_bytes = 100 << 10
    outcome = await files_harness.administrator.slash("getfile", {"path": "moderate.bin"})
    said = await outcome.response(30)
    assert said["content"].startswith(
        "`moderate.bin` is 7 MB, which is too much to send through Discord even in parts."
    )
    assert f"`guilds/{GUILD_ID}/moderate.bin`" in said["content"]
    assert len(outcome.messages) == 1


async def test_an_empty_file_is_told_of(files_harness: BotHarness) -> None:
    said = await _getfile(files_harness, "empty.txt")
    assert said["content"] == "`empty.txt` is empty, so there is nothing to send."


async def test_the_list_has_pages(files_harness: BotHarness) -> None:
    ada = files_harness.administrator
    page = await (await ada.slash("files list", channel=SECOND)).response(30)
    assert page["flags"] & EPHEMERAL
    lines = page["content"].splitlines()
    assert lines[0] == "**Files: 30** · page 1 of 3"
    assert lines[1].startswith("`second-00.txt` · 1 byte · <t:")
    assert len(lines) == 13
    for button, first in (("Older", "second-12"), ("Older", "second-24"), ("Newer", "second-12")):
        assert (await ada.click(page, button)).succeeded
        page = await ada.wait_for_edit(page, lambda message, first=first: f"\n`{first}" in message["content"])  # type: ignore[misc]


async def test_the_buttons_of_an_earlier_run_work_for_those_who_may(files_harness: BotHarness) -> None:
    ada, boris = files_harness.administrator, files_harness.russian
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Older", "custom_id": "files-page:3"}]}
    old = await files_harness.as_bot(
        "POST", f"/channels/{ada.channel_id(SECOND)}/messages", {"content": "page 2", "components": [row]}
    )
    refused = await (await boris.click(old, "Older")).response(30)
    assert "право «Управлять сервером»" in refused["content"]
    assert refused["flags"] & EPHEMERAL
    await ada.click(old, "Older")
    shown = await ada.wait_for_edit(old, lambda message: "page 3 of 3" in message["content"])
    assert "`second-29.txt`" in shown["content"]


async def test_a_list_of_thousands_is_a_file(files_harness: BotHarness) -> None:
    said = await (await files_harness.administrator.slash("files list")).response(30)
    assert said["content"].splitlines()[0].startswith(f"**Files: {MANY + 6}** · the newest are below")
    assert not said["components"]
    text = (await files_harness.administrator.download(said["attachments"][0])).decode()
    assert len(text.splitlines()) == MANY + 6
    assert "\ttranscripts/19/note-09999.txt\n" in text


async def test_who_has_no_files_is_told_so(files_harness: BotHarness) -> None:
    channel = await files_harness.dm(files_harness.administrator)
    said = await (await files_harness.administrator.slash("files list", channel=channel)).response(30)
    assert said["content"] == "There are no files here yet."


async def test_usage_is_a_bar_and_a_sentence(files_harness: BotHarness) -> None:
    said = await (await files_harness.administrator.slash("files usage")).response(30)
    assert said["content"] == f"{'▰' * 11}{'▱' * 9}\n37.1 MB of 74 MB are taken, by 10006 files."


async def test_a_file_is_deleted_only_when_the_one_who_asked_says_so_again(
    files_harness: BotHarness, data_folder: Path
) -> None:
    ada, boris, path = files_harness.administrator, files_harness.russian, "old-minutes.txt"
    _put(data_folder / "guilds" / str(SECOND_GUILD_ID), path, b"x")
    question = await (await ada.slash("files delete", {"path": path}, channel=SECOND)).response(30)
    assert question["content"].startswith(f"Delete `{path}` (1 byte, ")
    assert question["flags"] & EPHEMERAL
    await ada.click(question, "Keep")
    kept = await ada.wait_for_edit(question)
    assert (kept["content"], kept["components"]) == ("Nothing was deleted.", [])
    assert (await _getfile(files_harness, path, SECOND))["attachments"]

    # The same buttons in public: one asked of Ada, and one asked of Boris, who may not delete.
    for asker, sentence in ((ADMIN_ID, "только тот, кого спросили"), (MEMBER_ID, "право «Управлять сервером»")):
        button = {"type": 2, "style": 4, "label": "Delete", "custom_id": f"file-delete:{asker}:{key_of(path)}"}
        body = {"content": "Delete?", "components": [{"type": 1, "components": [button]}]}
        shown = await files_harness.as_bot("POST", f"/channels/{ada.channel_id(SECOND)}/messages", body)
        said = await (await boris.click(shown, "Delete")).response(30)
        assert sentence in said["content"]
    assert (await _getfile(files_harness, path, SECOND))["attachments"]

    question = await (await ada.slash("files delete", {"path": path}, channel=SECOND)).response(30)
    await ada.click(question, "Delete")
    done = await ada.wait_for_edit(question)
    assert (done["content"], done["components"]) == (f"Deleted: `{path}`", [])
    assert "File not found" in (await _getfile(files_harness, path, SECOND))["content"]
    assert await _complete(files_harness, "old-minutes", SECOND) == []
    twice = await ada.slash("files delete", {"path": path}, channel=SECOND)
    assert "File not found" in (await twice.response(30))["content"]
