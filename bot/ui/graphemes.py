"""Cutting text between graphemes: a family emoji, a flag or a letter with its accents is one."""

from __future__ import annotations

import regex

_SIGN = regex.compile(r"\X")
_AROUND = 64
"""Characters after a cut that may still belong to the grapheme before it; longer graphemes are cut."""


def beginning(text: str, limit: int) -> str:
    """The longest beginning of ``text`` that has at most ``limit`` characters and ends with a whole grapheme; if the
    first grapheme alone is longer, a part of it."""
    if len(text) <= limit:
        return text
    end = 0
    for sign in _SIGN.finditer(text[: limit + _AROUND]):
        if sign.end() > limit:
            break
        end = sign.end()
    return text[: end or limit]
