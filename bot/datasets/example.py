"""An example: what a model is to say to a prompt, what not, or both."""

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
    """Two answers of models, of which people preferred one; the prompt is the giver's."""
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
"""Of one dataset."""
MAX_CHARS = 20_000
"""Of one text: more than any message and any answer of ours has."""
MAX_TURNS = 64
MAX_TOTAL_CHARS = 4_000_000
"""Of all texts of a dataset together; its archive then unpacks to less than 64 MiB."""


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
    """The user who submitted it, or asked for it; Discord's id."""
    source: ExampleSource
    created_at: datetime
    """Aware, UTC: when it was submitted."""
    system: str | None = None
    turns: tuple[Turn, ...] = ()
    """What was said before the prompt, oldest first."""
    language: str | None = None
    """ISO 639, of the prompt."""
    origin_id: str | None = None
    """The correction or the comparison that it comes from, with which it is taken back."""

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
        """All its texts, the prompt first."""
        texts = (self.prompt, self.system, *(turn.text for turn in self.turns), self.answer, self.rejected)
        return [text for text in texts if text is not None]

    @property
    def chars(self) -> int:
        """Of all its texts."""
        return sum(map(len, self.texts))

    @property
    def key(self) -> str:
        """32 hexadecimal digits, the same for examples that teach the same, whoever gave them."""
        turns = [[turn.role, turn.text] for turn in self.turns]
        content = [self.prompt, self.answer, self.rejected, self.system, turns]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:32]


def content_hash(keys: Iterable[str]) -> str:
    """64 hexadecimal digits for a dataset whose examples have these keys, in whatever order."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
