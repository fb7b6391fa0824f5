"""The differences between a value and a JSON schema, worded so that they are easy to locate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jsonschema_rs import Draft202012Validator, ValidationError

_MESSAGE_LIMIT = 240


@dataclass(frozen=True, slots=True)
class Difference:
    """``pointer`` is a JSON pointer (RFC 6901) into the value; ``keyword`` is the schema keyword that is violated."""

    pointer: str
    keyword: str
    message: str


def differences(validator: Draft202012Validator, value: object) -> Iterator[Difference]:
    """Every difference; if all alternatives are refused, the difference from the alternative that was meant."""
    found = [_described(error) for error in validator.iter_errors(value)]
    # A part that is wrong counts as unevaluated, which is only a consequence.
    causes = [difference for difference in found if difference.keyword != "unevaluatedProperties"]
    yield from causes or found


def _described(error: ValidationError) -> Difference:
    branches = [[_described(inner) for inner in branch] for branch in getattr(error.kind, "context", None) or ()]
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in error.instance_path)
    meant = [branch for branch in branches if branch and not any(_is_other_kind(inner, pointer) for inner in branch)]
    if meant:
        fewest = min(meant, key=lambda branch: len(branch))
        return max(fewest, key=lambda inner: inner.pointer.count("/"))
    return Difference(pointer, error.kind.name, error.message[:_MESSAGE_LIMIT])


def _is_other_kind(inner: Difference, pointer: str) -> bool:
    """Whether an alternative is for values of another type, or for objects with another ``type``."""
    return (inner.pointer == pointer and inner.keyword == "type") or (
        inner.pointer == f"{pointer}/type" and inner.keyword in ("enum", "const")
    )
