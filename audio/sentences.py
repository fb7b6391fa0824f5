"""Cutting plain text into what can be said in one breath."""

from __future__ import annotations

import re

LONGEST_SENTENCE = 400
"""Characters: about 30 s of speech. Voice models slow down and lose their melody over longer ones."""

_END = re.compile(
    r"""
      (?<=[.!?…])["'”’»)\]]*\s+     # an end mark, with what closes after it, before a space
    | (?<=[。！？])["”」』）]*       # scripts that need no space
    | (?<=[।։؟۔])\s*               # Hindi, Armenian, Arabic, Urdu
    | \n+
    """,
    re.VERBOSE,
)
_PAUSE = re.compile(r"(?<=[,;:，；：、—–])\s*|\s+")


def sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, none empty and none longer than ``LONGEST_SENTENCE`` characters."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        found += _breaths(text[start : end.end()].strip())
        start = end.end()
    return found + _breaths(text[start:].strip())


def shortened(text: str, max_chars: int) -> str:
    """``text`` if it has at most ``max_chars`` characters, or else as many of its first sentences as fit, at least one.

    A first sentence that is longer itself is cut.
    """
    if len(text) <= max_chars:
        return text
    kept = 0
    for end in _END.finditer(text):
        if end.end() > max_chars:
            break
        kept = end.end()
    return text[: kept or max_chars].rstrip()


def _breaths(sentence: str) -> list[str]:
    """``sentence``, cut at its commas or spaces where it is too long."""
    parts: list[str] = []
    while len(sentence) > LONGEST_SENTENCE:
        pauses = [pause.end() for pause in _PAUSE.finditer(sentence, 1, LONGEST_SENTENCE) if pause.end() > 0]
        cut = pauses[-1] if pauses else LONGEST_SENTENCE
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [part for part in (*parts, sentence) if part]
