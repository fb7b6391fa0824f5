"""Which lane a worker takes its next task from."""

from __future__ import annotations

from collections.abc import Sequence

from bot.work.bus.work_request import Lane, WorkKind

BULK_EVERY = 8
"""Every eighth time, work that nobody asked for comes first, so that it is done at all."""


def lanes_in_order(turn: int, kinds: Sequence[WorkKind], *, may_be_long: bool) -> list[tuple[WorkKind, Lane]]:
    """The lanes of ``kinds`` in order of preference; those of long tasks only if ``may_be_long``. The kinds take turns
    at coming first."""
    lanes = [Lane.INTERACTIVE, Lane.LONG, Lane.BULK]
    if turn % BULK_EVERY == BULK_EVERY - 1:
        lanes = [Lane.BULK, Lane.INTERACTIVE, Lane.LONG]
    first = turn % max(1, len(kinds))
    in_turn = [*kinds[first:], *kinds[:first]]
    return [(kind, lane) for lane in lanes if may_be_long or lane is not Lane.LONG for kind in in_turn]


def may_take_long(long_ones: int, at_once: int) -> bool:
    """Whether a worker with ``long_ones`` long tasks under way may take one more: one of its places is kept free of
    them, unless it has only one."""
    return long_ones < max(1, at_once - 1)
