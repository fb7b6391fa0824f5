"""Cutting text between the signs that people see: a family emoji, a flag or a letter with its accents is one sign."""

from __future__ import annotations

import regex

_SIGN = regex.compile(r"\X")
_AROUND = 64
"""Characters behind a cut that can still belong to the sign before it; longer signs are cut."""


def beginning(text: str, limit: int) -> str:
    """The longest beginning of ``text`` that has at most ``limit`` characters and ends with a whole sign; where the
    first sign alone is longer, a part of that."""
    if len(text) <= limit:
        return text
    end = 0
    for sign in _SIGN.finditer(text[: limit + _AROUND]):
        if sign.end() > limit:
            break
        end = sign.end()
    return text[: end or limit]
