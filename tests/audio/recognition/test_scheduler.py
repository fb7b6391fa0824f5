"""Short recordings are not held up by long ones, and few long ones are in memory at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from audio.recognition.long_recordings import LongRecordings
from audio.recognition.scheduler import Scheduler, Step


class Held:
    """A pool of one thread, which is blocked until ``let_go``."""

    def __init__(self) -> None:
        self.pool = Scheduler(1, "held", max_together=3)
        self.taken: list[str] = []
        self._gate = threading.Event()
        busy = threading.Event()

        def wait(_: object) -> None:
            busy.set()
            self._gate.wait()

        self.pool.submit(Step(0, "gate", wait))
        busy.wait()

    def add(self, deadline_s: float, name: str, owner: str = "", kind: str | None = None) -> None:
        def take(items: Sequence[str]) -> None:
            self.taken.append(" + ".join(items))

        self.pool.submit(Step(deadline_s, owner or name, take, name, kind))

    def let_go(self) -> None:
        done = threading.Event()
        self.pool.submit(Step(float("inf"), "last", lambda _: done.set()))
        self._gate.set()
        done.wait(5)


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.let_go()
    held.pool.shutdown()


def test_the_earliest_deadline_comes_first_and_then_who_came_first(held: Held) -> None:
    for deadline_s, name in [(600, "long"), (3, "short"), (600, "long too"), (3, "short too"), (1, "shortest")]:
        held.add(deadline_s, name)

    held.let_go()

    assert held.taken == ["shortest", "short", "short too", "long", "long too"]


def test_what_nobody_waits_for_is_forgotten(held: Held) -> None:
    held.add(1, "one", owner="ada")
    held.add(2, "two", owner="boris")
    held.add(3, "three", owner="ada")

    held.pool.forget("ada")
    held.let_go()

    assert held.taken == ["two"]


def test_a_pool_that_is_shut_down_takes_nothing() -> None:
    pool = Scheduler(1, "closed")
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(Step(0, "late", lambda _: None))


def test_what_is_of_one_kind_is_done_together_but_not_too_much_of_it(held: Held) -> None:
    for number in range(1, 5):
        held.add(number, f"short {number}", kind="short")
        held.add(number + 0.5, f"long {number}", kind="long")
    held.add(2.2, "alone")

    held.let_go()

    assert held.taken == ["short 1 + short 2 + short 3", "long 1 + long 2 + long 3", "alone", "short 4", "long 4"]


@pytest.mark.parametrize(("shares", "largest"), [(True, 2), (False, 4)])
def test_a_thread_leaves_others_their_part_unless_all_at_once_is_cheaper(shares: bool, largest: int) -> None:
    pool, gate = Scheduler(2, "two", max_together=4, shares=shares), threading.Event()
    sizes, done = list[int](), threading.Semaphore(0)
    running = threading.Barrier(3)

    def wait(_: object) -> None:
        running.wait(30)
        gate.wait(30)

    def take(items: Sequence[int]) -> None:
        sizes.append(len(items))
        done.release(len(items))

    for _ in range(2):
        pool.submit(Step(0, "gate", wait))
    running.wait(30)
    for number in range(4):
        pool.submit(Step(number, "any", take, number, "kind"))
    gate.set()
    assert all(done.acquire(timeout=30) for _ in range(4))
    pool.shutdown()
    assert max(sizes) == largest


def test_a_worker_is_kept_free_of_what_can_wait() -> None:
    pool, gate, running = Scheduler(2, "two"), threading.Event(), threading.Semaphore(0)

    def wait(_: object) -> None:
        running.release()
        gate.wait(5)

    for _ in range(3):
        pool.submit(Step(0, "long", wait, background=True))
    assert running.acquire(timeout=30)
    assert not running.acquire(timeout=0.2)
    done = threading.Event()
    pool.submit(Step(100, "short", lambda _: done.set()))
    assert done.wait(5)
    gate.set()
    assert running.acquire(timeout=30) and running.acquire(timeout=30)
    pool.shutdown()


def test_so_much_sound_of_long_recordings_is_let_in() -> None:
    line, called = LongRecordings(200), list[str]()

    def entered(name: str, duration_s: float = 100) -> bool:
        return line.enter(name, duration_s, lambda: called.append(name))

    assert [entered(name) for name in ("a", "b", "c", "d", "e")] == [True, True, False, False, False]
    assert entered("a")
    line.leave("d")
    line.leave("nobody")
    assert called == []
    line.leave("a")
    assert called == ["c"]
    assert entered("c")
    line.leave("c")
    line.leave("b")
    assert called == ["c", "e"]


def test_hours_of_sound_are_let_in_alone_and_are_not_overtaken() -> None:
    line, called = LongRecordings(200), list[str]()
    assert line.enter("short", 100, lambda: None)
    assert not line.enter("hours", 7200, lambda: called.append("hours"))
    assert not line.enter("late", 50, lambda: called.append("late"))
    line.leave("short")
    assert called == ["hours"]
    line.leave("hours")
    assert called == ["hours", "late"]


def test_on_a_slow_machine_long_recordings_are_heard_in_small_batches() -> None:
    pool, sizes, done = Scheduler(1, "slow", max_together=4, background_s=0.01), list[int](), threading.Event()

    def take(items: Sequence[int]) -> None:
        time.sleep(0.02 * len(items))
        sizes.append(len(items))
        if sum(sizes) == 8:
            done.set()

    # All of them are waiting when the first batch is formed.
    ready = threading.Event()

    def wait(_: object) -> None:
        ready.wait()

    pool.submit(Step(-1, "gate", wait))
    for number in range(8):
        pool.submit(Step(number, "talk", take, number, "talk", background=True))
    ready.set()
    assert done.wait(10)
    pool.shutdown()
    assert sizes == [4, 1, 1, 1, 1]
