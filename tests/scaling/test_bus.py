"""Tasks travel over the bus and come back, each once."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from types import ModuleType, SimpleNamespace

import pytest
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from audio.errors import EngineFailedError
from bot.i18n.translation import translate_error
from bot.work.bus import work_bus, work_server
from bot.work.bus.envelope import ID_HEADER, REPLY_HEADER, ErrorFacts, error_from, result_from, task_from
from bot.work.bus.errors import WorkFailedError, WorkQueueFullError, WorkTimeoutError
from bot.work.bus.lane_inbox import LaneInbox
from bot.work.bus.lanes import lanes_in_order, may_take_long
from bot.work.bus.last_chance import LastChance
from bot.work.bus.subjects import DONE, WORK
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Handler, Lane, Progress, WorkKind, WorkRequest
from bot.work.bus.work_server import WorkServer
from tests.scaling.nats import NatsServer
from tests.scaling.quick import QUICK


def asked(task: str = "hear-1", **changes: object) -> WorkRequest:
    values = {
        "task": task, "kind": WorkKind.HEAR, "lane": Lane.INTERACTIVE, "source": 1, "body": b"words", "timeout_s": 20.0,
    }  # fmt: skip
    return WorkRequest(**{**values, **changes})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def serving(url: str, handler: Handler, *, at_once: int = 4) -> AsyncIterator[WorkServer]:
    server, stop = WorkServer(url, dict.fromkeys(WorkKind, handler), at_once=at_once, timing=QUICK), asyncio.Event()
    serving = asyncio.create_task(server.serve(stop))
    try:
        yield server
    finally:
        stop.set()
        await serving


async def test_what_is_asked_is_done_elsewhere_and_told_while_it_is(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        progress(b"half")
        await asyncio.sleep(0.05)
        return body.upper()

    heard: list[bytes] = []
    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler) as server:
        assert await bus.run(asked(), progress=heard.append) == b"WORDS"
        assert heard == [b"half"]
        assert (server.done, server.failed, bus.under_way) == (1, 0, 0)
        assert await bus.run(asked()) == b"WORDS"
        assert server.done == 1, "it was done again, and not looked up"


async def test_an_error_of_a_worker_is_raised_by_its_class_and_facts(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        raise EngineFailedError("whistle", "out of breath")

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler) as server:
        for attempt in (1, 2):
            with pytest.raises(EngineFailedError, match="The voice engine whistle failed: out of breath") as raised:
                await bus.run(asked())
            assert raised.value.reason == "out of breath"
            assert server.failed == attempt, "an error is not kept as a result is: it is tried again"


async def test_what_failed_is_tried_again_also_before_the_worker_has_settled_it(
    nats: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        raise EngineFailedError("whistle", "out of breath")

    settle = WorkServer._settle

    async def slowly(server: WorkServer, sending: Coroutine[None, None, None]) -> None:
        try:
            await asyncio.sleep(QUICK.look_s)
        finally:
            await settle(server, sending)

    monkeypatch.setattr(WorkServer, "_settle", slowly)
    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler) as server:
        for attempt in (1, 2):
            with pytest.raises(EngineFailedError):
                await bus.run(asked())
            assert server.failed == attempt


@pytest.mark.parametrize(("whose", "ahead_s"), [(work_bus, -7200), (work_server, 7200)])
async def test_a_clock_that_is_wrong_makes_no_task_late(
    nats: NatsServer, monkeypatch: pytest.MonkeyPatch, whose: ModuleType, ahead_s: int
) -> None:
    """Otherwise, workers would skip each task of a gateway whose clock is slow, and nobody would learn why."""

    async def handler(body: bytes, progress: Progress) -> bytes:
        return body.upper()

    wrong = SimpleNamespace(time=lambda: time.time() + ahead_s, monotonic=time.monotonic)
    monkeypatch.setattr(whose, "time", wrong)
    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler):
        for number in range(2):
            assert await bus.run(asked(f"hear-{number}", timeout_s=5.0)) == b"WORDS"


@pytest.mark.parametrize(
    "facts",
    [
        ErrorFacts(name="WorkTimeoutError", params={}, others={}),
        ErrorFacts(name="PersonQueueFullError", params={"limit": "many"}, others={}),
        ErrorFacts(name="ErrorOfTomorrow", params={}, others={}),
    ],
    ids=lambda facts: facts.name,
)
def test_an_error_of_another_version_has_a_sentence(facts: ErrorFacts) -> None:
    for locale in ("en-US", "ru"):
        assert "Something went wrong" in str(error_from(facts))
        assert translate_error(error_from(facts), locale)


async def until(is_so: Callable[[], bool], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_what_is_too_large_for_nats_or_a_fault_of_the_worker_ends_with_a_sentence(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        if body == b"large":
            return bytes(9 << 20)
        raise ZeroDivisionError

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler):
        for body in (b"large", b"faulty"):
            with pytest.raises(WorkFailedError):
                await bus.run(asked(f"hear-{body.decode()}", body=body))


async def test_who_stops_takes_the_work_back_unless_another_waits_for_the_same(nats: NatsServer) -> None:
    begun: list[bytes] = []
    may_end = asyncio.Event()

    async def handler(body: bytes, progress: Progress) -> bytes:
        begun.append(body)
        await may_end.wait()
        return body

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler, at_once=1) as server:
        one, other = (asyncio.create_task(bus.run(asked("hear-1", body=b"1"))) for _waiting in range(2))
        waits = asyncio.create_task(bus.run(asked("hear-2", body=b"2")))
        await until(lambda: len(begun) == 1)
        await until(lambda: bus.under_way == 2)
        one.cancel()
        waits.cancel()
        await asyncio.wait({one, waits})
        assert server.running == 1, "the other one still waits for it"
        other.cancel()
        await until(lambda: not server.running)
        info = await bus.connection.jetstream.stream_info(WORK)
        while info.state.messages:
            info = await bus.connection.jetstream.stream_info(WORK)
        assert begun == [b"1"], "what waited was taken out of its queue"

        may_end.set()
        assert await bus.run(asked("hear-1", body=b"1")) == b"1"
        assert len(begun) == 2, "the same may be asked again at once"


async def test_who_waited_long_enough_is_told_so_and_the_worker_stops(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        await asyncio.sleep(60)
        return body

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler) as server:
        with pytest.raises(WorkTimeoutError, match="I waited 1 s for this"):
            await bus.run(asked(timeout_s=1.0))
        await until(lambda: not server.running)


async def test_a_full_queue_refuses_what_comes_after(nats: NatsServer) -> None:
    async with WorkBus(nats.url, gateway=0, queue=3, per_source=10, timing=QUICK) as bus:
        waiting = [asyncio.create_task(bus.run(asked(f"hear-{number}"))) for number in range(3)]
        info = await bus.connection.jetstream.stream_info(WORK)
        while info.state.messages < 3:
            info = await bus.connection.jetstream.stream_info(WORK)
        with pytest.raises(WorkQueueFullError):
            await bus.run(asked("hear-4"))
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


async def test_who_floods_waits_and_others_do_not(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        await asyncio.sleep(0.05)
        return body

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler, at_once=8):

        async def others() -> float:
            """The median wait of 20 sources that ask one after another."""
            waits = []
            for source in range(2, 22):
                began_s = time.monotonic()
                await bus.run(asked(f"hear-{time.monotonic_ns()}", source=source))
                waits.append(time.monotonic() - began_s)
            return sorted(waits)[len(waits) // 2]

        idle_s = await others()
        flood = [asyncio.create_task(bus.run(asked(f"flood-{number}", timeout_s=60))) for number in range(500)]
        await until(lambda: any(task.done() for task in flood))
        flooded_s = await others()
        assert 0 < sum(task.done() for task in flood) < 500, "it goes on, and was not over before"
        for task in flood:
            task.cancel()
        await asyncio.wait(flood)
    assert flooded_s < 3 * idle_s


def test_a_worker_takes_what_is_waited_for_first_and_now_and_then_what_is_not() -> None:
    first = [lanes_in_order(turn, [WorkKind.HEAR, WorkKind.SPEAK], may_be_long=True)[0] for turn in range(16)]
    assert [lane for _kind, lane in first] == ([Lane.INTERACTIVE] * 7 + [Lane.BULK]) * 2
    assert [kind for kind, _lane in first] == [WorkKind.HEAR, WorkKind.SPEAK] * 8
    assert Lane.LONG not in [lane for _kind, lane in lanes_in_order(0, [WorkKind.HEAR], may_be_long=False)]
    assert [may_take_long(long_ones, 4) for long_ones in range(4)] == [True, True, True, False]
    assert may_take_long(0, 1)


async def test_what_is_long_leaves_a_place_to_what_is_short(nats: NatsServer) -> None:
    may_end = asyncio.Event()
    begun: list[bytes] = []

    async def handler(body: bytes, progress: Progress) -> bytes:
        begun.append(body)
        if body == b"long":
            await may_end.wait()
        return body

    async with (
        WorkBus(nats.url, gateway=0, per_source=10, timing=QUICK) as bus,
        serving(nats.url, handler, at_once=3),
    ):
        long_ones = [
            asyncio.create_task(bus.run(asked(f"long-{number}", lane=Lane.LONG, body=b"long"))) for number in range(4)
        ]
        await until(lambda: begun.count(b"long") == 2)
        for lane in (Lane.INTERACTIVE, Lane.BULK):
            assert await bus.run(asked(f"short-{lane}", lane=lane)) == b"words"
        assert begun.count(b"long") == 2
        may_end.set()
        assert await asyncio.gather(*long_ones) == [b"long"] * 4


async def test_what_a_worker_cannot_read_is_left_to_another_and_given_up_in_the_end(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        return b"read"

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler) as old:
        # A newer gateway's task: its subject contains the envelope's version, so the old worker never gets it.
        await bus.connection.jetstream.publish("work.2.hear.interactive.1", b"new")
        # Somebody writes a newer envelope to the old subject.
        odd = {ID_HEADER: "0.odd.0", REPLY_HEADER: "done.0.odd"}
        envelope = b"\x81\xa1v\x02"
        await bus.connection.jetstream.publish("work.1.hear.interactive.1", envelope, headers=odd)
        assert await bus.run(asked()) == b"read"
        await until(lambda: old.failed == 1)
        assert old.done == 1
        stream = await bus.connection.jetstream.stream_info(WORK)
        while stream.state.messages > 1:
            stream = await bus.connection.jetstream.stream_info(WORK)
        told = await bus.connection.jetstream.get_msg(DONE, subject="done.0.odd")
        assert told.data is not None
        result = result_from(told.data)
        assert result.error is not None
        assert result.error.name == "WorkerGaveUpError"
        left = await bus.connection.jetstream.get_msg(WORK, subject="work.2.hear.interactive.1")
        assert left.data == b"new"


async def test_a_queue_that_is_gone_or_has_fallen_silent_is_made_anew(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        return body

    quick = dataclasses.replace(QUICK, silence_s=0.6)
    async with WorkBus(nats.url, gateway=0, timing=quick) as bus, serving(nats.url, handler):
        jetstream = bus.connection.jetstream
        await jetstream.delete_consumer(WORK, "v1-hear-interactive")
        assert await bus.run(asked("hear-gone")) == b"words"

        # One task is held for good, and the queue delivers no second one.
        info = await jetstream.consumer_info(WORK, "v1-speak-bulk")
        stuck = ConsumerConfig(**{**vars(info.config), "max_ack_pending": 1, "ack_wait": 60.0})
        await jetstream.add_consumer(WORK, stuck)
        await jetstream.publish("work.1.speak.bulk.1", b"", headers={ID_HEADER: "held", REPLY_HEADER: "done.0.held"})
        silent = asked("speak-1", kind=WorkKind.SPEAK, lane=Lane.BULK)
        assert await bus.run(silent) == b"words"


async def test_a_task_that_the_server_has_lost_is_asked_again(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        return body

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus:
        waiting = asyncio.create_task(bus.run(asked()))
        while not (await bus.connection.jetstream.stream_info(WORK)).state.messages:
            await asyncio.sleep(0.01)
        await bus.connection.jetstream.delete_stream(WORK)
        async with serving(nats.url, handler):
            assert await waiting == b"words"


async def test_a_worker_that_is_told_to_stop_ends_what_it_has_and_takes_nothing_new(nats: NatsServer) -> None:
    begun = asyncio.Event()

    async def slow(body: bytes, progress: Progress) -> bytes:
        begun.set()
        await asyncio.sleep(0.3)
        return b"by the first"

    async def quick(body: bytes, progress: Progress) -> bytes:
        return b"by the second"

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus:
        async with serving(nats.url, slow):
            first = asyncio.create_task(bus.run(asked("hear-1")))
            await begun.wait()
        assert await first == b"by the first"
        second = asyncio.create_task(bus.run(asked("hear-2")))
        async with serving(nats.url, quick):
            assert await second == b"by the second"


async def test_what_is_given_out_too_late_is_taken_all_the_same(nats: NatsServer) -> None:
    late: asyncio.Queue[Msg] = asyncio.Queue()
    lane = (WorkKind.HEAR, Lane.INTERACTIVE)
    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus:
        waiting = asyncio.create_task(bus.run(asked()))
        while not (await bus.connection.jetstream.stream_info(WORK)).state.messages:
            await asyncio.sleep(0.01)
        hasty = dataclasses.replace(QUICK, answer_s=0.0)
        inbox = LaneInbox(bus.connection, *lane, hasty, late.put_nowait)
        await inbox.open()
        assert await inbox.ask(None) == (None, False)
        async with asyncio.timeout(5):
            assert task_from((await late.get()).data).body == b"words"
        patient = LaneInbox(bus.connection, *lane, QUICK, late.put_nowait)
        await patient.open()
        assert [await patient.ask(None) for _question in range(3)] == [(None, True)] * 3
        waiting.cancel()
        await asyncio.wait({waiting})


async def test_a_last_attempt_runs_alone() -> None:
    turns, running = LastChance(), list[str]()
    seen: list[set[str]] = []

    async def run(name: str, *, is_last: bool) -> None:
        async with turns.turn(is_last=is_last):
            running.append(name)
            seen.append(set(running))
            await asyncio.sleep(0.01)
            running.remove(name)

    names = {"a": False, "b": False, "last": True, "c": False, "last too": True}
    await asyncio.gather(*(run(name, is_last=is_last) for name, is_last in names.items()))
    assert {"last"} in seen
    assert {"last too"} in seen
    assert {"a", "b"} in seen
    assert all(len(names) == 1 or not names & {"last", "last too"} for names in seen)
    assert not turns.is_wanted
