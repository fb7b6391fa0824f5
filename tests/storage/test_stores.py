"""What is stored, and how it is deleted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.storage.database import Database
from bot.work.job_store import JobState, JobStore

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SNOWFLAKE = 1_300_000_000_000_000_000
FIRST = Exchange(
    reply_message_id=SNOWFLAKE + 1,
    channel_id=3,
    guild_id=4,
    user_id=5,
    prompt_message_id=SNOWFLAKE,
    prompt="Привет 🙂",
    reply="Hello",
    language="ru",
    parent_reply_id=None,
    model="small",
    created_at=NOW,
)


async def test_an_exchange_is_found_by_its_reply(database: Database) -> None:
    exchanges = ExchangeStore(database)
    await exchanges.remember(FIRST)
    assert await exchanges.by_reply(FIRST.reply_message_id) == FIRST
    assert await exchanges.by_reply(1) is None


async def test_a_chain_of_replies_is_told_from_its_beginning_and_bounded(database: Database) -> None:
    exchanges = ExchangeStore(database)
    for number in range(1, 6):
        await exchanges.remember(
            replace(FIRST, reply_message_id=number, parent_reply_id=number - 1 or None, prompt=f"question {number}")
        )
    assert [exchange.reply_message_id for exchange in await exchanges.chain(5, turns=3)] == [3, 4, 5]
    assert [exchange.reply_message_id for exchange in await exchanges.chain(2, turns=9)] == [1, 2]


async def test_a_deleted_question_or_answer_is_forgotten(database: Database) -> None:
    exchanges = ExchangeStore(database)
    await exchanges.remember(FIRST)
    await exchanges.remember(replace(FIRST, reply_message_id=70, prompt_message_id=69))
    assert await exchanges.forget_messages([SNOWFLAKE]) == 1
    assert await exchanges.forget_messages([70]) == 1
    assert await exchanges.chain(70, turns=2) == []


async def test_a_question_that_is_deleted_before_its_answer_is_stored_stays_forgotten(database: Database) -> None:
    exchanges = ExchangeStore(database)
    assert await exchanges.forget_messages([SNOWFLAKE]) == 0
    await exchanges.remember(FIRST)
    assert await exchanges.by_reply(FIRST.reply_message_id) is None


async def test_a_guild_that_was_left_is_forgotten_and_no_other(database: Database) -> None:
    exchanges = ExchangeStore(database)
    await exchanges.remember(FIRST)
    await exchanges.remember(replace(FIRST, reply_message_id=2, guild_id=99))
    assert await exchanges.forget_guild(4) == 1
    assert await exchanges.by_reply(2) is not None


async def test_a_message_that_comes_twice_makes_one_job(database: Database) -> None:
    jobs = JobStore(database)
    made = await asyncio.gather(
        *(jobs.create("answer", channel_id=1, user_id=2, message_id=SNOWFLAKE) for _time in range(5))
    )
    assert len([job for job in made if job is not None]) == 1


async def test_an_interrupted_job_is_found_again_and_an_ended_one_is_not(database: Database) -> None:
    jobs = JobStore(database)
    made = [await jobs.create("answer", channel_id=1, user_id=2, message_id=n, payload={"n": n}) for n in range(4)]
    done, running, failed, queued = (job.id for job in made if job)
    for job_id in (done, running, failed):
        await jobs.start(job_id)
    await jobs.finish(done, JobState.DONE)
    await jobs.finish(failed, JobState.FAILED, reference="00c0ffee")
    await jobs.note(running, posted=[7])
    found = await jobs.unfinished()
    assert [(job.id, job.state, job.attempts) for job in found] == [(running, "running", 1), (queued, "queued", 0)]
    assert found[0].payload == {"n": 1, "posted": [7]}
    ended = await jobs.get(failed)
    assert ended is not None
    assert ended.reference == "00c0ffee"


async def test_a_job_tells_how_often_it_was_begun_until_it_is_wanted_anew(database: Database) -> None:
    jobs = JobStore(database)
    job = await jobs.create("answer", channel_id=1, user_id=2, message_id=3)
    assert job is not None
    for _time in range(3):
        await jobs.start(job.id)
    assert [one.attempts for one in await jobs.unfinished()] == [3]
    anew = await jobs.begin_anew(job.id, {"posted": [8]})
    assert (anew.attempts, anew.state, anew.payload) == (0, "queued", {"posted": [8], "times": 1})
    assert await jobs.of_message("answer", 3) == anew
    assert await jobs.of_message("answer", 4) is None


async def test_what_is_held_for_one_alone_is_stored_nowhere_and_forgotten_with_them(database: Database) -> None:
    exchanges = ExchangeStore(database)
    exchanges.hold(FIRST, NOW)
    assert await exchanges.held(FIRST.reply_message_id) == FIRST
    assert await exchanges.by_reply(FIRST.reply_message_id) is None
    await exchanges.forget_user(FIRST.user_id)
    assert await exchanges.held(FIRST.reply_message_id) is None
    exchanges.hold(FIRST, NOW)
    assert await exchanges.held(FIRST.reply_message_id) is None


async def test_whoever_is_forgotten_by_one_process_is_remembered_by_no_other(database: Database) -> None:
    here, elsewhere = (ExchangeStore(database, is_shared=True) for _process in range(2))
    elsewhere.hold(FIRST, NOW)
    assert await elsewhere.held(FIRST.reply_message_id) == FIRST
    await elsewhere.remember(FIRST)
    assert (await here.forget_user(FIRST.user_id)).rows == 1
    await elsewhere.remember(FIRST)  # its answer was being written meanwhile
    assert await here.by_reply(FIRST.reply_message_id) is None
    assert await elsewhere.held(FIRST.reply_message_id) is None
    later = replace(FIRST, created_at=datetime.now(UTC))
    await elsewhere.remember(later)
    assert await here.by_reply(FIRST.reply_message_id) == later
