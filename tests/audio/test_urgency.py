"""Short recordings are not held up by long ones, and few long ones are in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from audio.long_recordings import LongRecordings
from audio.urgent_first import UrgentFirst


class Held:
    """A pool of one thread, which is kept busy until ``let_go``."""

    def __init__(self) -> None:
        self.pool = UrgentFirst(1, "held")
        self.taken: list[str] = []
        self._gate = threading.Event()
        busy = threading.Event()

        def wait() -> None:
            busy.set()
            self._gate.wait()

        self.pool.submit(0, "gate", wait)
        busy.wait()

    def add(self, deadline_s: float, name: str, owner: str = "") -> None:
        self.pool.submit(deadline_s, owner or name, lambda: self.taken.append(name))

    def let_go(self) -> None:
        done = threading.Event()
        self.pool.submit(float("inf"), "last", done.set)
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
    pool = UrgentFirst(1, "closed")
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(0, "late", lambda: None)


def test_so_many_long_recordings_are_let_in() -> None:
    line, called = LongRecordings(2), list[str]()

    def entered(name: str) -> bool:
        return line.enter(name, lambda: called.append(name))

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
