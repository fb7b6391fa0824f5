"""What a gateway asks of workers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

TASK = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""The name of a task: part of a NATS subject, and so without dots, stars and spaces."""

Progress = Callable[[bytes], None]
"""Called to report how far a task is; not every report arrives."""

Handler = Callable[[bytes, Progress], Awaitable[bytes]]
"""Does the tasks of one kind: takes the request and a callback for progress, and returns the result. It may call back
only from the event loop. It raises a ``StarlingError`` for whoever asked; any other error is a fault of the worker."""


class WorkKind(StrEnum):
    """What is to be done."""

    HEAR = "hear"
    SPEAK = "speak"


class Lane(StrEnum):
    """For whom it is done, which decides its priority."""

    INTERACTIVE = "interactive"
    """Somebody is waiting for it, and it is done soon."""
    LONG = "long"
    """Somebody is waiting for it, and knows that it takes long."""
    BULK = "bulk"
    """Nobody has asked for this in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRequest:
    """One task."""

    task: str
    """A name, as ``TASK`` allows it, that identifies the work by its content: other options or another text give
    another name. The result serves whoever asks this gateway for the same within ten minutes."""
    kind: WorkKind
    lane: Lane
    source: int
    """The guild, or the person in direct messages, whose turn it takes."""
    body: bytes
    """What the handler is given."""
    timeout_s: float
    """How long to wait for it in all; above 0."""

    def __post_init__(self) -> None:
        if not TASK.fullmatch(self.task):
            raise ValueError(f"{self.task!r} cannot be the name of a task")
