"""Sentences that people will read, kept with what fills them until somebody's language is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as ``bot.errors.translatable`` marks them: English, the key of its translations, with its facts."""

    text: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        return self.text.format(**self.facts)


def filled(text: str, **facts: object) -> Sentence:
    """``text``, already marked by ``_("...")``, with ``facts`` for its ``{fields}``."""
    return Sentence(text, facts)
