"""A key by which texts that differ only in form are the same."""

from __future__ import annotations

import hashlib
import unicodedata

import regex

_MARKS = regex.compile(r"[\p{P}\s]*")


def key_of_text(text: str) -> str:
    """32 hexadecimal digits, the same for texts that differ only in case, white space, character forms (NFKC), or
    punctuation at either end."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256((_without_ends(plain) or plain).encode()).hexdigest()[:32]


def _without_ends(text: str) -> str:
    """Strip punctuation and white space from both ends. The end is stripped by reversing the text: a regular expression
    for trailing marks would start over at each mark of a long run."""
    return _behind_marks(_behind_marks(text)[::-1])[::-1]


def _behind_marks(text: str) -> str:
    found = _MARKS.match(text)
    return text[found.end() :] if found else text
