"""The names of streams, their subjects and their queues.

The version of the envelope stands in the subjects of tasks: a worker is never given what it cannot read, so that old
and new ones work side by side during an update, and what is new waits for the new ones.
"""

from __future__ import annotations

import zlib

from bot.work.bus.work_request import Lane, WorkKind

WORK, DONE = "WORK", "DONE"

BUCKETS = 64
"""Sources share so many subjects of a lane, each of which may hold a part of what waits."""

WORKER_INBOX, GATEWAY_INBOX = "_INBOX", "_GATEWAY"
"""Where answers of NATS go: those to gateways are not where workers may listen."""


def work_subject(version: int, kind: WorkKind, lane: Lane, source: int) -> str:
    """Where a task is published."""
    return f"work.{version}.{kind}.{lane}.{zlib.crc32(str(source).encode()) % BUCKETS}"


def queue_name(version: int, kind: WorkKind, lane: Lane) -> str:
    """The durable consumer that gives out the tasks of one lane."""
    return f"v{version}-{kind}-{lane}"


def queue_filter(version: int, kind: WorkKind, lane: Lane) -> str:
    """The subjects of one lane."""
    return f"work.{version}.{kind}.{lane}.*"


def done_subject(gateway: int | str, task: str) -> str:
    """Where the result of a task is published."""
    return f"done.{gateway}.{task}"


def progress_subject(gateway: int | str, task: str) -> str:
    """Where a worker tells how far a task is; kept nowhere."""
    return f"progress.{gateway}.{task}"


def cancel_subject(gateway: int | str, task: str) -> str:
    """Where a gateway takes a task back; kept nowhere."""
    return f"cancel.{gateway}.{task}"


def task_of(subject: str) -> str:
    """The task that a result, a word of progress or a cancellation is about."""
    return subject.rsplit(".", 1)[1]
