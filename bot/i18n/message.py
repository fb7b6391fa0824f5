"""Sentences for people to read, kept with their parameters until the reader's language is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LazyMessage:
    """A sentence marked by ``bot.errors.translatable`` (English, the key of its translations), with its params."""

    text: str
    params: Mapping[str, object]

    def __str__(self) -> str:
        return self.text.format(**self.params)


def lazy(text: str, **params: object) -> LazyMessage:
    """``text``, already marked by ``_("...")``, with ``params`` for its ``{fields}``."""
    return LazyMessage(text, params)
