"""When two texts say the same."""

from __future__ import annotations

import hashlib
import unicodedata

import regex

_ENDS = regex.compile(r"^[\p{P}\s]+|[\p{P}\s]+$")


def key_of_text(text: str) -> str:
    """32 hexadecimal digits, the same for texts that differ in case, spaces, forms of characters (NFKC), or
    punctuation at their ends only."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256((_ENDS.sub("", plain) or plain).encode()).hexdigest()[:32]
