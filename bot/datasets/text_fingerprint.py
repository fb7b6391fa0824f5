"""When two texts say the same."""

from __future__ import annotations

import hashlib
import unicodedata

import regex

_MARKS = regex.compile(r"[\p{P}\s]*")


def key_of_text(text: str) -> str:
    """32 hexadecimal digits, the same for texts that differ in case, spaces, forms of characters (NFKC), or
    punctuation at their ends only."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256((_without_ends(plain) or plain).encode()).hexdigest()[:32]


def _without_ends(text: str) -> str:
    """Looked for from both ends: a search for marks before the end would begin anew at each mark of a long row."""
    return _behind_marks(_behind_marks(text)[::-1])[::-1]


def _behind_marks(text: str) -> str:
    found = _MARKS.match(text)
    return text[found.end() :] if found else text
