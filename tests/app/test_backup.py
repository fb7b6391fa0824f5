"""Backups that are made, restored and moved, as an operator does it."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import tarfile
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command as alembic
from sqlalchemy import create_engine, select

from bot.app.backup import PlaceNotEmptyError, make_backup, move_database, restore
from bot.app.stores import build_stores
from bot.corrections.service import CorrectionActor, Corrections
from bot.errors import StarlingError
from bot.privacy.tombstones import BESIDE_NAME, TombstoneKind, Tombstones
from bot.sandbox.server import Sandbox
from bot.settings import read_settings
from bot.storage.database import Database, alembic_config
from bot.storage.tables import Base
from tests.app.process import command
from tests.harness import populated, running
from tests.privacy.stored import ROWS, SECRET, THEN, Ids, fill
from tests.scripted_chat import ScriptedChat

MARY, PAUL = Ids(user=101, guild=201, message=301, key="m" * 32), Ids(user=102, guild=202, message=401, key="p" * 32)


async def rows_of(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, ordered by primary key."""
    database = await Database.open(url)
    async with database.engine.connect() as connection:
        found = {
            table.name: [
                dict(row) for row in (await connection.execute(select(table).order_by(*table.primary_key))).mappings()
            ]
            for table in Base.metadata.sorted_tables
        }
    await database.close()
    return found


async def filled(url: str) -> None:
    database = await Database.open(url)
    await fill(database, MARY)
    await fill(database, PAUL)
    await database.close()


async def test_a_backup_while_answers_are_written_is_whole_and_forgets_again_who_withdrew_since(
    tmp_path: Path, whisper_base: Path
) -> None:
    data, backups, new = tmp_path / "data", tmp_path / "backups", tmp_path / "new"
    backups.mkdir()
    file = backups / "monday.tar.gz"
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.answer = "one two three four five six seven eight"
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(data, sandbox, **settings):
            (data / "guilds" / "201").mkdir(parents=True)
            (data / "guilds" / "201" / "town.txt").write_text("The mill is by the river.")
            (data / "trainings" / "t1").mkdir(parents=True)
            (data / "trainings" / "t1" / "adapter.gguf").write_bytes(b"weights")
            for name, person in (("chloe", harness.member), ("boris", harness.russian)):
                asked = await person.send(await harness.dm(person), f"count for me, {name}")
                await harness.answer_to(asked, lambda text: text == chat.answer, reader=person)
            chat.held_after = 2
            asked = await harness.member.send(await harness.dm(harness.member), "and once more")
            await harness.answer_to(asked, lambda text: "two" in text)
            async with command("backup", str(file), DATA_FOLDER=str(data)) as process:  # in the middle of an answer
                out, err = await process.communicate()
            assert (process.returncode, err) == (0, b""), err
            assert b"rows and 2 files" in out, out
            chat.goes_on.set()
            await harness.answer_to(asked, lambda text: text == chat.answer)
            card = await harness.member.slash("privacy forget", {}, channel=await harness.dm(harness.member))
            shown = await card.response()
            await harness.member.click(shown, "privacy-forget")
            await harness.member.wait_for_message(lambda told: "is forgotten" in told["content"], 20)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shutil.rmtree(data)  # the machine is gone; what is beside the backups is not
    async with command("restore", str(file), DATA_FOLDER=str(new)) as process:
        out, err = await process.communicate()
    assert (process.returncode, err) == (0, b""), err
    assert b"people 1, servers 0" in out
    assert (new / "guilds" / "201" / "town.txt").read_text() == "The mill is by the river."
    assert (new / "trainings" / "t1" / "adapter.gguf").read_bytes() == b"weights"
    rows = await rows_of(f"sqlite:///{new / 'starling.db'}")
    member = next(int(user["id"]) for user in harness.directory["users"] if user["name"] == "chloe")
    assert [row["prompt"] for row in rows["exchanges"]] == ["count for me, boris"]
    assert not [row for row in rows["jobs"] if row["user_id"] == member]
    assert b"count for me, chloe" not in (new / "starling.db").read_bytes()


async def test_what_was_taken_back_one_by_one_since_a_backup_is_taken_back_again(tmp_path: Path, url: str) -> None:
    old, new, backups = read_settings(data_folder=tmp_path / "old"), tmp_path / "new", tmp_path / "backups"
    backups.mkdir()
    await filled(old.database)
    await make_backup(old, backups / "x.tar.gz")
    async with AsyncExitStack() as stack:
        stores = await build_stores(old, stack, clock=lambda: datetime.now(UTC))
        tombstones = Tombstones(old.data_folder)
        corrections = Corrections(stores.corrections, stores.datasets, stores.preferences, tombstones=tombstones)
        await corrections.withdraw(MARY.guild, MARY.key, CorrectionActor(1, approves=True))
        await stores.memories.forget(MARY.user, 1)
        vote = await stores.feedback.vote(
            message_id=MARY.message + 1, channel_id=1, guild_id=MARY.guild, user_id=MARY.user, good=False
        )
        assert vote is None, "it was taken back"
    settings = read_settings(data_folder=new, database_url=url)
    assert (await restore(settings, backups / "x.tar.gz", None)).texts == 3
    rows = await rows_of(settings.database)
    assert {row["guild_id"]: row["prompt"] for row in rows["corrections"]} == {MARY.guild: "", PAUL.guild: SECRET}
    for table in ("dataset_examples", "memories", "votes"):
        assert len(rows[table]) == 1, table

    # People forgotten on the restored installation stay forgotten, even if it has never been backed up.
    Tombstones(new).add(TombstoneKind.USER, [PAUL.user])
    again = await restore(read_settings(data_folder=tmp_path / "again"), backups / "x.tar.gz", None)
    assert (again.users, again.texts) == (1, 3)


async def test_a_database_goes_to_postgresql_and_back_and_its_backup_too(tmp_path: Path, empty_postgresql: str) -> None:
    url = empty_postgresql
    first, last = tmp_path / "first", tmp_path / "last"
    settings = read_settings(data_folder=first)
    await filled(settings.database)
    expected = await rows_of(settings.database)
    assert sum((await move_database(settings, url)).values()) == sum(map(len, expected.values()))
    assert await rows_of(url) == expected

    there = read_settings(data_folder=tmp_path / "there", database_url=url)
    await add_numbered(url)  # PostgreSQL continues numbering where SQLite stopped
    expected = await rows_of(url)
    with pytest.raises(StarlingError, match="is not empty"):
        await move_database(settings, url)
    back = f"sqlite:///{tmp_path / 'back' / 'starling.db'}"
    await move_database(there, back)
    assert await rows_of(back) == expected

    file = tmp_path / "postgresql.tar.gz"
    (tmp_path / "there").mkdir(exist_ok=True)
    await make_backup(there, file)
    await restore(read_settings(data_folder=last), file, None)
    assert await rows_of(f"sqlite:///{last / 'starling.db'}") == expected
    with pytest.raises(StarlingError, match="is not empty"):
        await restore(read_settings(data_folder=tmp_path / "again", database_url=url), file, None)


async def add_numbered(url: str) -> None:
    """Insert one more row into each table whose ids the database assigns."""
    database = await Database.open(url)
    async with database.sessions.begin() as session:
        for name in ("instructions", "feedback", "promotions", "correction_decisions"):
            await session.execute(Base.metadata.tables[name].insert().values(ROWS[name](PAUL)))
    await database.close()


def of_version_0_1_0(file: Path) -> None:
    """A database as version 0.1.0 left it, with some data in it."""
    file.parent.mkdir(parents=True)
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        alembic.upgrade(alembic_config(connection), "0011")
    engine.dispose()
    with closing(sqlite3.connect(file)) as old, old:
        then = THEN.isoformat(sep=" ")
        old.execute("INSERT INTO settings VALUES ('guild', 201, 'vocabulary', '\"Xanthippe\"', ?)", (then,))
        old.execute(
            "INSERT INTO exchanges (reply_message_id, channel_id, guild_id, user_id, prompt_message_id, prompt, reply, "
            "model, created_at, has_files) VALUES (302, 1, 201, 101, 301, ?, 'so it does', 'm', ?, 0)",
            (SECRET, then),
        )


async def test_what_version_0_1_0_left_is_backed_up_as_it_is_restored_and_moved(tmp_path: Path, url: str) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    of_version_0_1_0(old / "starling.db")
    file = tmp_path / "old.tar.gz"
    manifest = await make_backup(read_settings(data_folder=old), file)
    assert (manifest.rows["settings"], manifest.rows["exchanges"]) == (1, 1)
    with closing(sqlite3.connect(old / "starling.db")) as left:
        assert left.execute("SELECT version_num FROM alembic_version").fetchone() == ("0011",)
    settings = read_settings(data_folder=new, database_url=url)
    await restore(settings, file, None)
    rows = await rows_of(settings.database)
    assert [row["prompt"] for row in rows["exchanges"]] == [SECRET]
    assert [(row["scope_id"], row["value"]) for row in rows["preferences"]] == [(201, "Xanthippe")]
    await move_database(read_settings(data_folder=old), f"sqlite:///{tmp_path / 'moved.db'}")
    assert (await rows_of(f"sqlite:///{tmp_path / 'moved.db'}"))["exchanges"] == rows["exchanges"]


async def test_what_cannot_be_backed_up_or_restored_is_one_sentence(tmp_path: Path) -> None:
    data = read_settings(data_folder=tmp_path / "data")
    with pytest.raises(StarlingError, match="there is no database"):
        await make_backup(data, tmp_path / "none.tar.gz")
    await filled(data.database)
    with pytest.raises(StarlingError, match="was not made: No such file"):
        await make_backup(data, tmp_path / "nowhere" / "x.tar.gz")
    file = tmp_path / "x.tar.gz"
    await make_backup(data, file)
    lists = [tmp_path / BESIDE_NAME, tmp_path / "data" / "forgotten.jsonl", tmp_path / "data" / "backup-folders.json"]
    before = [each.stat().st_ino for each in lists]
    await make_backup(data, file)
    assert [each.stat().st_ino for each in lists] == before, "a full data folder would hinder a further backup"
    assert not list(tmp_path.glob(".*"))  # noqa: ASYNC240
    assert (tmp_path / BESIDE_NAME).is_file()
    with pytest.raises(PlaceNotEmptyError, match="there is backup-folders"):
        await restore(data, file, None)
    (tmp_path / "text.tar.gz").write_text("shopping list")
    with tarfile.open(tmp_path / "other.tar", "w:gz") as other:
        other.add(tmp_path / "text.tar.gz", "../../escaped")
    with tarfile.open(tmp_path / "linked.tar", "w:gz") as linked:
        entry = tarfile.TarInfo("guilds")
        entry.type, entry.linkname = tarfile.SYMTYPE, str(tmp_path)
        linked.addfile(entry)
        linked.add(tmp_path / "text.tar.gz", "guilds/escaped")
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[:2000])
    whole = file.read_bytes()
    # The last bytes are a checksum of the whole archive.
    (tmp_path / "nearly.tar.gz").write_bytes(whole[:-4])
    (tmp_path / "damaged.tar.gz").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    damaged = ("text.tar.gz", "other.tar", "linked.tar", "cut.tar.gz", "nearly.tar.gz", "damaged.tar.gz")
    for name in (*damaged, "missing"):
        reason = "no such file" if name == "missing" else "no whole backup"
        with pytest.raises(StarlingError, match=reason) as refused:
            await restore(read_settings(data_folder=tmp_path / "into"), tmp_path / name, None)
        assert "\n" not in str(refused.value)
        assert not (tmp_path / "escaped").exists()
    await restore(read_settings(data_folder=tmp_path / "into"), file, None)
