"""What the recordings say, and whether a text has it.

The same speech model gives other commas and capitals on another processor, and now and then another word. So texts are
compared by their words, and a few of them may be wrong.
"""

from __future__ import annotations

from types import CodeType

import jiwer

JFK = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
"""The words of jfk.ogg."""

AMERICANS = "and so my fellow americans"
"""The words of americans.ogg: one chunk, which costs a third of the three in jfk.ogg."""

PISETS = "нейронные сети это хорошо"
"""The words of pisets-ru.ogg. The base model hears "нейронной" unless it is told of them beforehand."""

SAOIRSE = "i read the book by saoirse blackwood yesterday"
"""The words of saoirse.ogg. On every processor the base model hears "search of Blackwood" unless it is told of her."""


def words(text: str) -> str:
    """``text`` in lower case, with one space for all that is neither letter nor digit."""
    return " ".join("".join(char if char.isalnum() else " " for char in text.lower()).split())


def word_error_rate(said: str, text: str) -> float:
    """How many of the words ``said`` are wrong in ``text``, missing from it or too many there (0 to 1 and more)."""
    return jiwer.wer(words(said), words(text))


def is_heard(said: str, text: str, max_error_rate: float = 0.25) -> bool:
    """Whether a stretch of ``text`` has the words ``said``, of which a share of ``max_error_rate`` may be wrong."""
    wanted, found = words(said), words(text).split()
    length = len(wanted.split())
    return any(
        jiwer.wer(wanted, " ".join(found[start : start + size])) <= max_error_rate
        for size in range(max(1, length - 2), length + 3)
        for start in range(max(1, len(found) - size + 1))
    )


def compares_transcripts(code: CodeType) -> bool:
    """Whether a function uses what is above."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return not _COMPARING.isdisjoint(code.co_names) or any(map(compares_transcripts, inner))


_COMPARING = frozenset({word_error_rate.__name__, is_heard.__name__})
