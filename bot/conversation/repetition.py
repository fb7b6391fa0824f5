"""Streams that repeat what they have already sent."""

from __future__ import annotations

_SURE_CHARS = 8
"""An event that begins with all of the previous one, if that has at least this many characters, repeats it."""
_SURE_EVENTS = 2
"""After more events than this, each beginning with all of the previous one, they repeat it however short it is."""


class Repetition:
    """Notices if each event contains the whole reply so far, or if the last event repeats it."""

    def __init__(self) -> None:
        self._events = 0
        self._last = ""
        """The text of the last event."""
        self._said: list[str] = []
        self._repeats = False
        """Whether each event contains the whole reply so far."""
        self._may_repeat = True

    def without(self, text: str, *, is_last: bool) -> str | None:
        """What is new in the next ``text`` of the reply; None if ``text`` replaces all that was said before.

        ``is_last``: whether the reply ends with it.
        """
        if not text:
            return text
        last, self._last = self._last, text
        self._events += 1
        if self._repeats:
            return text.removeprefix(last)
        if self._events > 1:
            if is_last and len(text) > _SURE_CHARS // 2 and text.strip() == "".join(self._said).strip():
                return ""
            self._may_repeat = self._may_repeat and len(text) > len(last) and text.startswith(last)
            if self._may_repeat and (len(last) >= _SURE_CHARS or self._events > _SURE_EVENTS):
                self._repeats = True
                return None
        self._said.append(text)
        return text
