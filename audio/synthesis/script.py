"""The text of one speech, which may still be growing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


class Script:
    """The sentences of one text in order, with one writer, and any number of readers at any position. For one event
    loop."""

    def __init__(self, *, max_chars: int) -> None:
        """``max_chars``: sentences that would make the text longer than this are left out; if the first one alone is
        longer, its beginning is kept."""
        self._left_chars = max_chars
        self._sentences: list[str] = []
        self._complete = False
        self.told = 0
        """How many sentences were already heard: whoever starts over starts after them."""
        self._full = False
        self._changed = asyncio.Event()

    @property
    def text(self) -> str:
        """All sentences so far, one per line."""
        return "\n".join(self._sentences)

    @property
    def has_words(self) -> bool:
        """Whether anything so far can be said."""
        return any(char.isalnum() for sentence in self._sentences for char in sentence)

    @property
    def is_complete(self) -> bool:
        return self._complete

    def before(self, end: int) -> str:
        """The first ``end`` sentences, one per line."""
        return "\n".join(self._sentences[:end])

    def has_more(self, start: int) -> bool:
        """Whether sentence number ``start`` is there yet."""
        return len(self._sentences) > start

    def chars_from(self, start: int) -> int:
        """How many characters the sentences from number ``start`` on have so far."""
        return sum(map(len, self._sentences[start:]))

    @property
    def is_full(self) -> bool:
        """Whether the limit is reached, and further sentences are left out."""
        return self._full

    def add(self, sentences: Iterable[str]) -> None:
        """Append ``sentences``, none of which is empty."""
        for sentence in sentences:
            fitting = sentence if self._sentences else sentence[: self._left_chars].rstrip()
            self._full = self._full or len(fitting) > self._left_chars
            if self._full:
                break
            self._sentences.append(fitting)
            self._left_chars -= len(fitting) + 1
        self._changed.set()

    def complete(self) -> None:
        """Mark the text as complete."""
        self._complete = True
        self._changed.set()

    async def read(self, start: int, batch_chars: int) -> list[str]:
        """Sentence number ``start``, and those after it that are already there and fit into ``batch_chars`` with it.

        Waits until that sentence is written. Empty if the text ends before it.
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
