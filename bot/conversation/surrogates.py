"""Text that was cut in the middle of a surrogate pair."""

from __future__ import annotations


def without_lone_surrogates(text: str) -> str:
    """``text`` with surrogate pairs joined into characters, and unpaired surrogates replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
