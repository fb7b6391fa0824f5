"""Millions of rows: lookups use an index, and expired rows are deleted in batches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from bot.conversation.exchanges import ExchangeStore
from bot.storage.database import Database
from bot.work.job_store import JobStore
from tests.storage.test_stores import FIRST, NOW

LOOKUPS: dict[str, Callable[[JobStore, ExchangeStore], Awaitable[object]]] = {
    "jobs of deleted messages": lambda jobs, _: jobs.of_messages([1, 2]),
    "jobs that are forgotten with messages": lambda jobs, _: jobs.forget_messages([1, 2]),
    "jobs of a person": lambda jobs, _: jobs.forget_user(5),
    "jobs of a guild": lambda jobs, _: jobs.forget_guild(4),
    "exchanges of deleted messages": lambda _, exchanges: exchanges.forget_messages([1, 2]),
    "exchanges of a person": lambda _, exchanges: exchanges.forget_user(5),
    "how many those are": lambda _, exchanges: exchanges.count(5),
    "expired exchanges": lambda _, exchanges: exchanges.delete_before(NOW),
}


@pytest.mark.parametrize("lookup", LOOKUPS.values(), ids=LOOKUPS)
async def test_what_is_looked_up_is_found_by_an_index(
    database: Database, lookup: Callable[[JobStore, ExchangeStore], Awaitable[object]]
) -> None:
    asked: list[tuple[str, object]] = []

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith(("SELECT", "DELETE", "UPDATE")):
            asked.append((statement, parameters))

    await lookup(JobStore(database), ExchangeStore(database))
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert asked
    is_sqlite = database.engine.dialect.name == "sqlite"
    async with database.engine.connect() as connection:
        if not is_sqlite:
            # PostgreSQL would scan a nearly empty table whatever indexes there are.
            await connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in asked:
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            plan = await connection.exec_driver_sql(explain + statement, parameters)  # type: ignore[arg-type]
            steps = [str(row[-1]) for row in plan]
            assert not [step for step in steps if step.startswith("SCAN") or "Seq Scan" in step], steps


async def test_what_has_expired_goes_in_batches_and_what_has_not_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.batches.BATCH_ROWS", 3)
    monkeypatch.setattr("bot.storage.batches.PAUSE_S", 0.0)
    exchanges = ExchangeStore(database)
    commits: list[object] = []
    for number in range(1, 9):
        await exchanges.remember(
            replace(FIRST, reply_message_id=number, prompt_message_id=100 + number, created_at=NOW - timedelta(number))
        )
    event.listen(database.engine.sync_engine, "commit", commits.append)
    assert await exchanges.delete_before(NOW - timedelta(1, hours=1)) == 7
    assert len(commits) == 3
    assert [one.reply_message_id for one in await exchanges.of_user(FIRST.user_id)] == [1]
