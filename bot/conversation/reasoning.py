"""Leaving out what a reasoning model says to itself."""

from __future__ import annotations

OPENING, CLOSING = "<think>", "</think>"


class ReasoningFilter:
    """Takes a stream of text in parts, and gives it back without its ``<think>...</think>`` blocks.

    A mark may be cut between two parts, so at most seven characters are held back until more is there.
    """

    def __init__(self) -> None:
        self._held = ""
        self._inside = False

    def feed(self, part: str) -> str:
        """What can be shown after ``part`` has come."""
        self._held += part
        shown = ""
        while True:
            mark = CLOSING if self._inside else OPENING
            found = self._held.find(mark)
            if found < 0:
                keep = _overlap(self._held, mark)
                if not self._inside:
                    shown += self._held[: len(self._held) - keep]
                self._held = self._held[len(self._held) - keep :]
                return shown
            if not self._inside:
                shown += self._held[:found]
            self._held = self._held[found + len(mark) :]
            self._inside = not self._inside

    def end(self) -> str:
        """What was held back and turned out not to be a mark."""
        held, self._held = self._held, ""
        return "" if self._inside else held


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``mark``."""
    return next((n for n in range(min(len(text), len(mark) - 1), 0, -1) if mark.startswith(text[-n:])), 0)
