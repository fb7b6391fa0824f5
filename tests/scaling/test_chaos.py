"""kill -9 in the middle: every note is answered, and answered once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.scaling.chaos import Machines
from tests.scaling.nats import NatsServer


@contextmanager
def machines(nats: NatsServer, folder: Path) -> Iterator[Machines]:
    running = Machines(nats, folder, notes=60, each_s=0.02, lasts_s=0.1)
    try:
        yield running
    finally:
        running.close()


@pytest.mark.parametrize(
    ("what", "away_s"),
    [({"worker"}, 0.0), ({"server"}, 3.0), ({"gateway"}, 0.5), ({"worker", "server", "gateway"}, 0.5)],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else f"{value:g}s",
)
async def test_notes_are_answered_once_whatever_is_killed(
    nats: NatsServer, tmp_path: Path, what: Collection[str], away_s: float
) -> None:
    with machines(nats, tmp_path) as running:
        await running.answered(10, timeout_s=30)
        await running.kill(what, away_s=away_s)
        counts = await running.end(timeout_s=45)
        assert running.gateway.poll() == 0
    print(counts)
    assert (counts.sent, counts.once, counts.twice, counts.never) == (60, 60, 0, 0)
