"""Counting tokens without asking anyone."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

MESSAGE_TOKENS = 4
"""What the marks around one message take, beside its text (OpenAI's cookbook: 3, and 1 for the role)."""

_PIECE = 100_000
"""Characters that are counted at once: the library refuses a million."""


@dataclass(slots=True)
class TokenUse:
    """What one or several replies have taken."""

    prompt_tokens: int = 0
    reply_tokens: int = 0
    """What a reasoning model says to itself included."""


def count_tokens(text: str) -> int:
    """How many tokens ``text`` has in o200k, the encoding of OpenAI's models since GPT-4o.

    Other models' counts differ: those of current multilingual ones by a fifth or so, those of small English ones by a
    factor of three for Russian or Chinese. The first call loads the encoding, which takes half a second.
    """
    return sum(len(_encoding().encode_ordinary(text[at : at + _PIECE])) for at in range(0, len(text), _PIECE))


def first_tokens(text: str, tokens: int) -> str:
    """The longest beginning of ``text`` that has at most ``tokens`` tokens."""
    # A token has a byte at the least and the longest of o200k have 128, so most of a long text need not be looked at.
    known = text[: max(0, tokens) * 128]
    if count_tokens(known) <= tokens:
        return known
    fits, too_long = 0, len(known)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if count_tokens(known[:middle]) <= tokens:
            fits = middle
        else:
            too_long = middle
    return known[:fits]


@functools.cache
def _encoding() -> Any:
    import bpe_openai

    return bpe_openai.get_encoding("o200k_base")
