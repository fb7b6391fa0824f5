"""What a JSON schema has against a value, said so that one finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jsonschema_rs import Draft202012Validator, ValidationError

_MESSAGE_LIMIT = 240


@dataclass(frozen=True, slots=True)
class Difference:
    """``pointer`` is RFC 6901, into the value; ``keyword`` is the schema's that is not met."""

    pointer: str
    keyword: str
    message: str


def differences(validator: Draft202012Validator, value: object) -> Iterator[Difference]:
    """Every difference; of alternatives that are all refused, what is wrong with the one that came furthest."""
    for error in validator.iter_errors(value):
        yield _described(error)


def _described(error: ValidationError) -> Difference:
    branches = getattr(error.kind, "context", None) or ()
    inner = [_described(branch[0]) for branch in branches if branch]
    deeper = [found for found in inner if found.pointer.count("/") > len(error.instance_path)]
    if deeper:
        return max(deeper, key=lambda found: found.pointer.count("/"))
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in error.instance_path)
    return Difference(pointer, error.kind.name, error.message[:_MESSAGE_LIMIT])
