"""Text that was broken off in the middle of a sign."""

from __future__ import annotations


def with_whole_signs(text: str) -> str:
    """``text`` in which halves of surrogate pairs are a sign where two belong together, else U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
