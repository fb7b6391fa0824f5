"""What a gateway asks of workers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

TASK = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""The name of a task: a part of a subject of NATS, without its dots, stars and spaces."""

Progress = Callable[[bytes], None]
"""Told how far a task is; not each time is heard of."""

Handler = Callable[[bytes, Progress], Awaitable[bytes]]
"""Does the tasks of one kind: what is asked, and where to tell how far it is, to the result. What it tells is sent from
the event loop alone. Raises a ``StarlingError`` for whoever asked; anything else is a fault of the worker."""


class WorkKind(StrEnum):
    """What is done."""

    HEAR = "hear"
    SPEAK = "speak"


class Lane(StrEnum):
    """For whom, which says who comes first."""

    INTERACTIVE = "interactive"
    """Somebody waits for it, and it is soon done."""
    LONG = "long"
    """Somebody waits for it, and knows that it takes long."""
    BULK = "bulk"
    """Nobody has asked for just this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRequest:
    """One task."""

    task: str
    """What is to be done, named by its content, as ``TASK`` says: with other options or another text it has another
    name. The result serves whoever asks this gateway for the same within ten minutes."""
    kind: WorkKind
    lane: Lane
    source: int
    """The guild, or the person in direct messages, whose turn it takes."""
    body: bytes
    """What the handler is given."""
    timeout_s: float
    """How long it is waited for in all; above 0."""

    def __post_init__(self) -> None:
        if not TASK.fullmatch(self.task):
            raise ValueError(f"{self.task!r} cannot be the name of a task")
