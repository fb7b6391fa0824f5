"""An example: what a model should say to a prompt, what it should not say, or both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class ExampleSource(StrEnum):
    """Where an example comes from."""

    CORRECTION = "correction"
    COMPARISON = "comparison"
    """Two model answers of which people preferred one; the prompt is the giver's."""
    UPLOAD = "upload"


class ExampleKind(StrEnum):
    """What an example says."""

    POSITIVE = "positive"
    """What to say."""
    NEGATIVE = "negative"
    """What not to say."""
    PAIR = "pair"
    """Both."""


MAX_EXAMPLES = 20_000
"""Per dataset."""
MAX_CHARS = 20_000
"""Per text: more than any message or any answer of ours has."""
MAX_TURNS = 64
MAX_TOTAL_CHARS = 4_000_000
"""All texts of a dataset together; its archive then unpacks to less than 64 MiB."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """One example, as a person gave it. It has an answer, a rejected answer, or both."""

    prompt: str
    answer: str | None
    """What to say."""
    rejected: str | None
    """What not to say."""
    given_by: int
    """The Discord id of the user who submitted it or asked for it."""
    source: ExampleSource
    created_at: datetime
    """Aware, UTC: when it was submitted."""
    system: str | None = None
    turns: tuple[Turn, ...] = ()
    """The messages before the prompt, oldest first."""
    language: str | None = None
    """The language of the prompt, as an ISO 639 code."""
    origin_id: str | None = None
    """The id of the correction or comparison that it comes from; taking that back removes the example too."""

    def __post_init__(self) -> None:
        if not self.prompt or not (self.answer or self.rejected):
            raise ValueError("an example needs a prompt, and an answer or a rejected answer")

    @property
    def kind(self) -> ExampleKind:
        if self.answer is None:
            return ExampleKind.NEGATIVE
        return ExampleKind.POSITIVE if self.rejected is None else ExampleKind.PAIR

    @property
    def texts(self) -> list[str]:
        """All texts of the example, the prompt first."""
        texts = (self.prompt, self.system, *(turn.text for turn in self.turns), self.answer, self.rejected)
        return [text for text in texts if text is not None]

    @property
    def chars(self) -> int:
        """The number of characters in all its texts."""
        return sum(map(len, self.texts))

    @property
    def key(self) -> str:
        """32 hexadecimal digits, the same for examples with the same texts and turns, whoever gave them."""
        turns = [[turn.role, turn.text] for turn in self.turns]
        content = [self.prompt, self.answer, self.rejected, self.system, turns]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:32]


def content_hash(keys: Iterable[str]) -> str:
    """The hash of a dataset whose examples have these keys, in any order: 64 hexadecimal digits."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
