"""What travels on the bus: tasks and results as msgpack, errors as the name of their class and their parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from bot.errors import PLURALS, StarlingError
from bot.work.bus.errors import WorkFailedError

VERSION = 1
"""Of the envelope and of what handlers are given: incremented by changes that an older worker would misread."""

ID_HEADER, REPLY_HEADER = "Nats-Msg-Id", "Reply"
"""The first is the id by which the server drops duplicates; the second is the subject for the result."""
BEGUN_HEADER = "Begun"
"""Marks a progress message that only says that a task whose worker has died was started again."""


_Envelope = TypeVar("_Envelope", bound=msgspec.Struct)


class EnvelopeError(Exception):
    """Raised when bytes are not an envelope of a known version."""


class TaskEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """A task."""

    v: int
    gateway: int
    task: str
    deadline_ms: int
    """From when on nobody waits for it: milliseconds since 1970, by the gateway's clock."""
    timeout_s: float
    """How long one worker may take."""
    body: bytes


class ErrorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An error, as it travels."""

    name: str
    params: dict[str, Any]
    others: dict[str, Any]
    """Its other attributes."""


class ResultEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a task, or the error that it ended with."""

    v: int
    publication: str
    """The publication of the task to which it belongs."""
    body: bytes | None = None
    error: ErrorFacts | None = None


class _Versioned(msgspec.Struct, frozen=True):
    v: int


def encoded(envelope: TaskEnvelope | ResultEnvelope) -> bytes:
    """The envelope as it travels."""
    return msgspec.msgpack.encode(envelope)


def task_from(data: bytes) -> TaskEnvelope:
    """The task in ``data``.

    Raises:
        EnvelopeError: it is of another version, or not an envelope.
    """
    return _decoded(data, TaskEnvelope)


def result_from(data: bytes) -> ResultEnvelope:
    """The result in ``data``.

    Raises:
        EnvelopeError: it is of another version, or not an envelope.
    """
    return _decoded(data, ResultEnvelope)


def _decoded(data: bytes, kind: type[_Envelope]) -> _Envelope:
    try:
        version = msgspec.msgpack.decode(data, type=_Versioned).v
        if version != VERSION:
            raise EnvelopeError(f"version {version}")
        return msgspec.msgpack.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise EnvelopeError(str(error)) from error


def facts_of(error: StarlingError) -> ErrorFacts:
    """``error`` as it travels: numbers, text, booleans and None unchanged, all other values as text."""
    others = {name: _plain(value) for name, value in vars(error).items() if name != "params"}
    params = {name: _plain(value) for name, value in error.params.items()}
    return ErrorFacts(name=type(error).__name__, params=params, others=others)


def error_from(facts: ErrorFacts) -> StarlingError:
    """The error rebuilt; ``WorkFailedError`` if its class is not known here, or has other parameters in this version.
    No attribute of its class is overridden."""
    found = next((kind for kind in _subclasses(StarlingError) if kind.__name__ == facts.name), None)
    if found is None or not _can_be_told(found, facts.params):
        return WorkFailedError()
    error = found.__new__(found)
    StarlingError.__init__(error, **facts.params)
    vars(error).update({name: value for name, value in facts.others.items() if not hasattr(error, name)})
    return error


def _can_be_told(kind: type[StarlingError], params: dict[str, Any]) -> bool:
    """Whether ``params`` has all fields of the sentence, and a number if its plural depends on one."""
    try:
        kind.sentence.format(**params)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        return False
    plural = PLURALS.get(kind.sentence)
    return plural is None or isinstance(params.get(plural.number), int | float)


def _subclasses(kind: type[StarlingError]) -> Iterator[type[StarlingError]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _subclasses(subclass)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
