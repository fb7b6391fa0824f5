"""The names of streams, their subjects and their queues.

The subjects of tasks contain the version of the envelope: a worker is never given a task that it cannot read, so that
old and new workers run side by side during an update, and new tasks wait for the new workers.
"""

from __future__ import annotations

import zlib

from bot.work.bus.work_request import Lane, WorkKind

WORK, DONE = "WORK", "DONE"

BUCKETS = 64
"""How many subjects of a lane the sources share, each of which may hold only a part of the waiting tasks."""

WORKER_INBOX, GATEWAY_INBOX = "_INBOX", "_GATEWAY"
"""The prefixes of subjects for NATS's answers; workers may not listen to those for gateways."""


def work_subject(version: int, kind: WorkKind, lane: Lane, source: int) -> str:
    """Where a task is published."""
    return f"work.{version}.{kind}.{lane}.{zlib.crc32(str(source).encode()) % BUCKETS}"


def queue_name(version: int, kind: WorkKind, lane: Lane) -> str:
    """The durable consumer that gives out the tasks of one lane."""
    return f"v{version}-{kind}-{lane}"


def queue_filter(version: int, kind: WorkKind, lane: Lane) -> str:
    """A pattern for all subjects of one lane."""
    return f"work.{version}.{kind}.{lane}.*"


def done_subject(gateway: int | str, task: str) -> str:
    """Where the result of a task is published."""
    return f"done.{gateway}.{task}"


def progress_subject(gateway: int | str, task: str) -> str:
    """Where a worker reports the progress of a task; not stored."""
    return f"progress.{gateway}.{task}"


def cancel_subject(gateway: int | str, task: str) -> str:
    """Where a gateway takes a task back; not stored."""
    return f"cancel.{gateway}.{task}"


def task_of(subject: str) -> str:
    """The task that a result, a progress report or a cancellation is about, from its subject."""
    return subject.rsplit(".", 1)[1]
