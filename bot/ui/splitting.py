"""Cutting long text into Discord messages."""

from __future__ import annotations

import re

MESSAGE_LIMIT = 2000
"""Characters that a message may have (Discord, Create Message)."""

_FENCE = re.compile(r"^ {0,3}```([^\s`]*)[^`]*$", re.MULTILINE)
"""A line that opens or closes a code block."""


def split(text: str, limit: int = MESSAGE_LIMIT) -> list[str]:
    """``text`` in pieces of at most ``limit`` characters, none of them blank.

    Cuts are made, in this order of liking, at an empty line, a line's end, a sentence's end, a space; inside a word
    only when it is longer than half a piece. A code block that is cut is closed, and opened again with its language
    in the next piece. The pieces of a text do not change when more is added behind it, except for the last one, so
    that a reply that grows can be shown by edits. ``limit`` is at least 64.
    """
    pieces: list[str] = []
    rest, opening = text.strip(), ""
    while rest:
        head = opening + rest
        if len(head) <= limit:
            pieces.append(head)
            break
        room = limit - len("\n```")
        cut = _cut(head, room, at_least=max(len(opening) + 1, room // 2))
        piece = head[:cut].rstrip()
        language = _open_block(piece)
        rest = head[cut:].lstrip("\n") if language is not None else head[cut:].lstrip()
        if language is None:
            opening = ""
        else:
            opening = f"```{language}\n"
            piece += "\n```"
        if piece.strip():
            pieces.append(piece)
    return pieces


def _cut(text: str, room: int, *, at_least: int) -> int:
    """Where to cut ``text`` so that at most ``room`` characters stay in front."""
    window = text[:room]
    for separator in ("\n\n", "\n", ". ", "! ", "? ", "… ", "。", " "):
        found = window.rfind(separator)
        if found >= at_least:
            return found + len(separator)
    return room


def _open_block(text: str) -> str | None:
    """The language of the code block that is still open at the end of ``text`` ("" when it names none), or None."""
    language: str | None = None
    for fence in _FENCE.finditer(text):
        language = fence[1][:20] if language is None else None
    return language
