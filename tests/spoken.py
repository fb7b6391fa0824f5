"""What the recordings say, and whether a text contains it.

On another processor, the same speech model writes different commas and capitals, and now and then a different word. So
texts are compared by their words, and a few of them may be wrong.
"""

from __future__ import annotations

from types import CodeType

import jiwer

JFK = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
"""The words of jfk.ogg."""

AMERICANS = "and so my fellow americans"
"""The words of americans.ogg: a single chunk, which takes a third of the time of the three chunks in jfk.ogg."""

PISETS = "нейронные сети это хорошо"
"""The words of pisets-ru.ogg. Without a hint, the base model hears "нейронной"."""

SAOIRSE = "i read the book by saoirse blackwood yesterday"
"""The words of saoirse.ogg. Without a hint, the base model hears "search of Blackwood" on every processor."""


def words(text: str) -> str:
    """``text`` in lower case, with one space for each run of other characters than letters and digits."""
    return " ".join("".join(char if char.isalnum() else " " for char in text.lower()).split())


def word_error_rate(said: str, text: str) -> float:
    """The share of the words ``said`` that are wrong in ``text``, missing or superfluous (from 0, and possibly above
    1)."""
    return jiwer.wer(words(said), words(text))


def is_heard(said: str, text: str, max_error_rate: float = 0.25) -> bool:
    """Whether a part of ``text`` consists of the words ``said``, of which up to ``max_error_rate`` may be wrong."""
    wanted, found = words(said), words(text).split()
    length = len(wanted.split())
    return any(
        jiwer.wer(wanted, " ".join(found[start : start + size])) <= max_error_rate
        for size in range(max(1, length - 2), length + 3)
        for start in range(max(1, len(found) - size + 1))
    )


def compares_transcripts(code: CodeType) -> bool:
    """Whether a function calls ``word_error_rate`` or ``is_heard``."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return not _COMPARING.isdisjoint(code.co_names) or any(map(compares_transcripts, inner))


_COMPARING = frozenset({word_error_rate.__name__, is_heard.__name__})
