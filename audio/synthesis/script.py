"""The text of one speech, which may still be being written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


class Script:
    """The sentences of one text in order: added by one, read from any place by any number. For one event loop."""

    def __init__(self, *, max_chars: int) -> None:
        """``max_chars``: sentences that would make the whole longer are left out; of a first one that is longer itself
        the beginning is kept."""
        self._left_chars = max_chars
        self._sentences: list[str] = []
        self._complete = False
        self.told = 0
        """The sentences that were heard already: whoever begins anew begins behind them."""
        self._full = False
        self._changed = asyncio.Event()

    @property
    def text(self) -> str:
        """All so far, one sentence a line."""
        return "\n".join(self._sentences)

    @property
    def has_words(self) -> bool:
        """Whether anything so far can be said."""
        return any(char.isalnum() for sentence in self._sentences for char in sentence)

    @property
    def is_complete(self) -> bool:
        return self._complete

    def before(self, end: int) -> str:
        """The first ``end`` sentences, one a line."""
        return "\n".join(self._sentences[:end])

    def has_more(self, start: int) -> bool:
        """Whether the sentence number ``start`` is there."""
        return len(self._sentences) > start

    def chars_from(self, start: int) -> int:
        """How long the sentences from number ``start`` on are that are there."""
        return sum(map(len, self._sentences[start:]))

    @property
    def is_full(self) -> bool:
        """Whether what is added is left out."""
        return self._full

    def add(self, sentences: Iterable[str]) -> None:
        """Go on with ``sentences``, each not empty."""
        for sentence in sentences:
            fitting = sentence if self._sentences else sentence[: self._left_chars].rstrip()
            self._full = self._full or len(fitting) > self._left_chars
            if self._full:
                break
            self._sentences.append(fitting)
            self._left_chars -= len(fitting) + 1
        self._changed.set()

    def complete(self) -> None:
        """Nothing more comes."""
        self._complete = True
        self._changed.set()

    async def read(self, start: int, batch_chars: int) -> list[str]:
        """The sentence number ``start``, and those after it that are there and fit into ``batch_chars`` with it.

        Waits for it to be written. Empty when the text ends before it.
        """
        while len(self._sentences) <= start and not self._complete:
            self._changed.clear()
            await self._changed.wait()
        found: list[str] = []
        chars = 0
        for sentence in self._sentences[start:]:
            chars += len(sentence) + 1
            if found and chars > batch_chars:
                break
            found.append(sentence)
        return found
