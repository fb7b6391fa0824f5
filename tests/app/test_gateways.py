"""Several gateways on one PostgreSQL database: each guild and each direct message is answered once, by the gateway that
has its shard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.app import connection, gateways
from bot.app.backup import move_database
from bot.app.check import Check, CheckResult
from bot.app.doctor import examine
from bot.app.gateways import SHARD_LOCKS, GatewaysDifferError, ShardInUseError
from bot.app.health_report import read_report
from bot.app.shared_parts import SharedChatNeededError, SharedDatabaseNeededError
from bot.app.single_instance import DatabaseInUseError, FolderInUseError, TokenInUseError
from bot.corrections.consents import ConsentStore
from bot.errors import StarlingError
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.model.seed import ADMIN_ID
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from bot.settings import read_settings
from bot.storage.advisory_locks import AdvisoryLock, AdvisoryLocks, LocksLostError
from bot.storage.database import Database, async_url
from bot.work.job_store import JobStore
from tests.app.process import WITHOUT_MODELS, StarlingProcess, command, ready_at
from tests.databases import PostgresqlServer
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

SHARDS = 2
INVALID_SESSION = 9


def settings_of(gateway: int, chat: ScriptedChat, url: str, **further: object) -> dict[str, object]:
    shares: dict[str, object] = {"gateways": 2, "gateway": gateway, "shards": SHARDS, "database_url": url}
    return {"openai_base_url": chat.base_url, "chat_model": "scripted", **shares, **further}


def channel_of_shard(harness: BotHarness, shard: int) -> str:
    """A channel of a guild on ``shard`` that Ada and Boris can see."""
    for channel in harness.directory["channels"]:
        guild = channel.get("guild_id")
        if channel["name"] == "general" and guild and (int(guild) >> 22) % SHARDS == shard:
            return str(channel["id"])
    raise LookupError(f"no guild belongs to shard {shard}")


@contextlib.asynccontextmanager
async def place() -> AsyncIterator[tuple[Sandbox, ScriptedChat, BotHarness]]:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        yield sandbox, chat, harness


async def answers_to(harness: BotHarness, person: DiscordUser, asked: Message, text: str) -> list[Message]:
    """All replies of the bot to ``asked``, once ``text`` is among them."""
    await harness.answer_to(asked, lambda said: text in said, reader=person)
    later = await harness.after(asked, reader=person)
    return [one for one in later if (one.get("message_reference") or {}).get("message_id") == asked["id"]]


def syncs(sandbox: Sandbox) -> int:
    """How often all commands were registered with Discord."""
    return sum(one.method == "PUT" and one.path.endswith("/commands") for one in sandbox.requests.all())


async def test_two_gateways_answer_everybody_once_each_what_its_shard_is_told_and_what_it_missed(
    tmp_path: Path, filled_postgresql: str, whisper_base: Path, piper_joe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place() as (sandbox, chat, harness):
        url, ada = filled_postgresql, harness.administrator
        first, second = (settings_of(gateway, chat, url, data_folder=tmp_path) for gateway in (0, 1))

        async def ask(channel: str) -> Message:
            return await ada.send(channel, f"{harness.mention} what is the capital of France?")

        async with running(tmp_path, sandbox, **first):
            assert syncs(sandbox) == 1
            async with running(tmp_path, sandbox, **second):
                assert sorted(session.shard for session in sandbox.bot_sessions) == [(0, 2), (1, 2)]
                assert syncs(sandbox) == 1, "both have the same commands"
                asked = [
                    await ask(channel_of_shard(harness, 0)),
                    await ask(channel_of_shard(harness, 1)),
                    await ada.send(await harness.dm(ada), "what is the capital of France?"),
                ]
                for one in asked:
                    assert len(await answers_to(harness, ada, one, "Paris")) == 1
                assert len(chat.requests) == len(asked)
                for given in (first, second):
                    assert read_report(read_settings(**given))[0].finding is CheckResult.GOOD
                await refused_beside(tmp_path, sandbox, chat, url, monkeypatch)
            missed = await ask(channel_of_shard(harness, 1))
            answered = await ask(channel_of_shard(harness, 0))
            assert len(await answers_to(harness, ada, answered, "Paris")) == 1
            assert await harness.after(missed, reader=ada) == [], "its shard is away"
            async with running(tmp_path, sandbox, **second):
                assert len(await answers_to(harness, ada, missed, "Paris")) == 1
                about = await ada.slash("about", channel=channel_of_shard(harness, 1))
                assert (await about.response())["components"] or (await about.response())["content"]
        assert len(chat.requests) == len(asked) + 2


async def test_what_is_taken_back_by_one_gateway_is_told_to_no_model_by_the_other(
    tmp_path: Path, filled_postgresql: str, whisper_base: Path, piper_joe: Path
) -> None:
    async with place() as (sandbox, chat, harness):
        ada, url = harness.administrator, filled_postgresql
        there, asks = channel_of_shard(harness, 1), f"{harness.mention} who keeps the lighthouse?"
        database = await Database.open(url)
        await ConsentStore(database).give(ADMIN_ID)
        await database.close()

        async def told_to_the_model() -> str:
            chat.requests.clear()
            await harness.complete_answer_to(await ada.send(there, asks), reader=ada)
            return json.dumps(chat.requests)

        async with (
            running(tmp_path, sandbox, **settings_of(0, chat, url, recall="words")),
            running(tmp_path, sandbox, **settings_of(1, chat, url, recall="words")),
        ):
            answer = await harness.complete_answer_to(await ada.send(there, asks), reader=ada)
            form = await ada.message_command("Correct this reply", answer)
            await (await ada.submit(form, {"answer": "Old Penelope"})).response()
            assert "Old Penelope" in await told_to_the_model()
            question = await (await ada.slash("privacy forget", channel=await harness.dm(ada))).response()
            await ada.click(question, "privacy-forget")
            await ada.wait_for_edit(question)
            assert "Old Penelope" not in await told_to_the_model()


async def test_a_gateway_whose_shard_another_process_may_have_stops_and_leaves_what_it_was_writing(
    tmp_path: Path, filled_postgresql: str, whisper_base: Path, piper_joe: Path
) -> None:
    async with place() as (sandbox, chat, harness):
        ada, given = harness.administrator, settings_of(1, chat, filled_postgresql)
        chat.answer, chat.held_after = "one two three four", 2
        with pytest.raises(LocksLostError):
            async with running(tmp_path, sandbox, **given):
                asked = await ada.send(channel_of_shard(harness, 1), f"{harness.mention} count")
                await harness.answer_to(asked, lambda text: "one" in text, reader=ada)
                async with AdvisoryLocks(async_url(filled_postgresql)) as other:
                    await end_sessions_of_locks(filled_postgresql)
                    assert await other.take(AdvisoryLock(SHARD_LOCKS, 1), patience_s=10.0)
                    async with asyncio.timeout(20):
                        while sandbox.bot_sessions:
                            await asyncio.sleep(0.1)
        chat.goes_on.set()
        async with running(tmp_path, sandbox, **given):
            (answer,) = await answers_to(harness, ada, asked, "four")
            assert answer["content"] == chat.answer


async def end_sessions_of_locks(url: str) -> None:
    """End the connections that hold gateways' locks, as a network failure does."""
    database = await Database.open(url)
    async with database.engine.connect() as connection:
        theirs = "application_name = 'starling locks' AND datname = current_database()"
        shards = f"classid = {SHARD_LOCKS}::bigint::oid"
        await connection.execute(
            text(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {theirs} "
                f"AND pid IN (SELECT pid FROM pg_locks WHERE {shards})"
            )
        )
    await database.close()


async def test_a_database_that_crashes_and_comes_back_leaves_the_gateways_where_they_are(
    tmp_path: Path, mortal_postgresql: PostgresqlServer, whisper_base: Path, piper_joe: Path
) -> None:
    async with place() as (sandbox, chat, harness):
        ada, url = harness.administrator, mortal_postgresql.url
        async with (
            running(tmp_path, sandbox, **settings_of(0, chat, url)),
            running(tmp_path, sandbox, **settings_of(1, chat, url)),
        ):
            before = {session.id for session in sandbox.bot_sessions}
            channels = [channel_of_shard(harness, shard) for shard in range(SHARDS)]
            chat.answer, chat.held_after = "one two three four", 2
            asked = [await ada.send(channel, f"{harness.mention} count") for channel in channels]
            for one in asked:
                await harness.answer_to(one, lambda text: "one" in text, reader=ada)
            await asyncio.to_thread(mortal_postgresql.crash)
            chat.goes_on.set()
            for one in asked:
                await harness.answer_to(
                    one, lambda text: "I will finish this answer when it is back" in text, reader=ada
                )
            await asyncio.to_thread(mortal_postgresql.start)
            async with asyncio.timeout(30):
                while len(await held_shards(url)) < SHARDS:
                    await asyncio.sleep(0.2)
            asked += [await ada.send(channel, f"{harness.mention} count") for channel in channels]
            for one in asked:
                await harness.complete_answer_to(one, reader=ada)
                (answer,) = await answers_to(harness, ada, one, "four")
                assert answer["content"] == chat.answer
            assert {session.id for session in sandbox.bot_sessions} == before
            database = await Database.open(url)
            assert await JobStore(database).unfinished() == []
            await database.close()


async def held_shards(url: str) -> list[int]:
    async with AdvisoryLocks(async_url(url)) as locks:
        return await locks.others_in(SHARD_LOCKS, SHARDS)


async def refused_beside(
    folder: Path, sandbox: Sandbox, chat: ScriptedChat, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check what may not run beside two gateways, on the same machine or another one."""
    second = settings_of(1, chat, url)
    alone = {name: second[name] for name in ("openai_base_url", "chat_model", "database_url")}

    async def refused(where: Path, error: type[StarlingError], **settings: object) -> None:
        with pytest.raises(error):
            async with running(where, sandbox, **settings):
                pass

    await refused(folder, FolderInUseError, **second)
    await refused(folder, FolderInUseError, **alone)
    await refused(folder / "other", TokenInUseError, **second)
    await refused(folder / "other", TokenInUseError, **alone)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))  # as on another machine
    monkeypatch.setattr(gateways, "TAKING_OVER_S", 0.5)
    await refused(folder / "other", ShardInUseError, **second)
    await refused(folder / "other", GatewaysDifferError, **second | {"gateways": 3, "gateway": 2, "shards": 3})
    await refused(folder / "other", DatabaseInUseError, **alone)
    monkeypatch.undo()


async def told_by_doctor(**settings: object) -> list[Check]:
    return [check for check in await examine(read_settings(**settings)) if check.what == "gateways"]


async def test_what_only_one_process_can_have_is_refused_to_several(tmp_path: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        given = settings_of(0, chat, "postgresql://starling@localhost/starling")
        for error, lacking in (
            (SharedDatabaseNeededError, given | {"database_url": None}),
            (SharedDatabaseNeededError, given | {"database_url": f"sqlite:///{tmp_path / 'x.db'}"}),
            (SharedChatNeededError, given | {"openai_base_url": None}),
        ):
            with pytest.raises(error, match="GATEWAYS=2 spreads Starling over several processes"):
                async with running(tmp_path, sandbox, **lacking):
                    pass
            (check,) = await told_by_doctor(**lacking)
            assert (check.finding, check.detail[:10]) == (CheckResult.BAD, "GATEWAYS=2")
        (check,) = await told_by_doctor(**given | {"gateway": 1, "shards": 5})
        assert (check.finding, check.detail) == (CheckResult.GOOD, "this is number 1 of 0 to 1, with 2 of 5 shards")
        assert await told_by_doctor() == []


async def test_what_one_process_has_promised_is_kept_by_two_gateways_on_a_copy_of_its_database(
    tmp_path: Path, empty_postgresql: str, whisper_base: Path, piper_joe: Path
) -> None:
    async with place() as (sandbox, chat, harness):
        ada, boris = harness.administrator, harness.russian
        chat.answer, chat.word_delay_s = "one two three four five six seven eight nine ten", 0.3
        single = {"openai_base_url": chat.base_url, "chat_model": "scripted", "stop_timeout_s": 0.0}
        async with running(tmp_path, sandbox, **single):
            asked = [
                (person, await person.send(channel_of_shard(harness, shard), f"{harness.mention} count"))
                for person, shard in ((ada, 0), (boris, 1))
            ]
            asked.append((boris, await boris.send(await harness.dm(boris), "count")))
            for person, one in asked:
                await harness.answer_to(one, lambda text: "two" in text, reader=person)
        asked.append((ada, await ada.send(channel_of_shard(harness, 1), f"{harness.mention} count, nobody is there")))
        chat.word_delay_s = 0.0
        await move_database(read_settings(data_folder=tmp_path), empty_postgresql)
        async with (
            running(tmp_path, sandbox, **settings_of(1, chat, empty_postgresql)),
            running(tmp_path, sandbox, **settings_of(0, chat, empty_postgresql)),
        ):
            for person, one in asked:
                (answer,) = await answers_to(harness, person, one, "ten")
                await harness.complete_answer_to(one, reader=person)
                assert answer["content"] == chat.answer
        database = await Database.open(empty_postgresql)
        try:
            assert await JobStore(database).unfinished() == []
        finally:
            await database.close()


async def test_a_gateway_that_is_killed_in_the_middle_of_answers_ends_them_once_when_it_is_back(
    tmp_path: Path, filled_postgresql: str, whisper_base: Path, piper_joe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(max_concurrency=1, identify_interval_s=1.0)
    monkeypatch.setattr(connection, "IDENTIFY_PAUSE_S", 1.2)  # the pause before the other gateway may identify
    async with (
        ScriptedChat() as chat,
        Sandbox(options=options) as sandbox,
        populated(sandbox, chat) as harness,
        contextlib.AsyncExitStack() as stack,
    ):
        ada, boris = harness.administrator, harness.russian

        async def start_second() -> StarlingProcess:
            return await stack.enter_async_context(
                command(
                    "run", **WITHOUT_MODELS, DISCORD_TOKEN=sandbox.bot_token, DISCORD_API_URL=sandbox.rest_url,
                    OPENAI_BASE_URL=chat.base_url, CHAT_MODEL="scripted", DATA_FOLDER=str(tmp_path),
                    DATABASE_URL=filled_postgresql, GATEWAYS="2", GATEWAY="1", SHARDS=str(SHARDS),
                )
            )  # fmt: skip

        await stack.enter_async_context(running(tmp_path, sandbox, **settings_of(0, chat, filled_postgresql)))
        second = await start_second()
        await ready_at(second)
        assert sorted(session.shard for session in sandbox.bot_sessions) == [(0, 2), (1, 2)]
        refused = [entry for entry in sandbox.services.wire.entries() if entry.get("op") == INVALID_SESSION]
        assert refused == [], "they identify in turn, as far apart as Discord wants it"
        chat.answer, chat.held_after = "one two three four", 2
        there, elsewhere = channel_of_shard(harness, 1), channel_of_shard(harness, 0)
        asked = [
            (ada, await ada.send(there, f"{harness.mention} count")),
            (boris, await boris.send(there, f"{harness.mention} count as well")),
            (ada, await ada.send(elsewhere, f"{harness.mention} count")),
        ]
        for person, one in asked:
            await harness.answer_to(one, lambda text: "one" in text, reader=person)
        second.kill()
        await second.wait()
        third = await start_second()
        await ready_at(third)
        async with asyncio.timeout(20):
            while len(chat.requests) < len(asked) + 2:
                await asyncio.sleep(0.1)
        chat.goes_on.set()
        for person, one in asked:
            answers = await answers_to(harness, person, one, "four")
            assert [answer["content"] for answer in answers] == [chat.answer]
        assert len(chat.requests) == len(asked) + 2, "the first is still writing what it was asked"
        third.terminate()
        async with asyncio.timeout(30):
            assert await third.wait() == 0
