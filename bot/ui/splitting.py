"""Cutting long text into Discord messages."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.ui.graphemes import beginning

MESSAGE_LIMIT = 2000
"""The most characters in a message (Discord, Create Message)."""

_FENCE = re.compile(r"^((?:[ \t]|>)*)((?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,})([^\s`]*)[^`\n]*$", re.MULTILINE)
"""A line that opens or closes a code block, also within a quote or after a list marker."""
_LINE_ENDS = (re.compile(r"\n\n(?=\S)"), re.compile(r"\n(?=\S)"), re.compile(r"\n"))
"""Where a message may end, the best first: Discord drops the spaces at the beginning of a message, so a line that
begins with one is the last choice."""
_ENDS = (". ", "! ", "? ", "… ", "。", " ")
_MAX_LANGUAGE_CHARS = 20
_MAX_INDENT_CHARS = 24
"""The deepest indentation of a code block that is reopened; a deeper one moves to the left."""


class _Block(NamedTuple):
    """A code block that is open at the end of a text."""

    indent: str
    """What stands before its fences: spaces and quote markers."""
    marks: str
    language: str

    @property
    def opening(self) -> str:
        return f"{self.indent}{self.marks}{self.language}\n"

    @property
    def closing(self) -> str:
        return f"\n{self.indent}{self.marks}"


def split(text: str, limit: int = MESSAGE_LIMIT) -> list[str]:
    """``text`` in pieces of at most ``limit`` characters, none of them blank.

    Cuts are made, in order of preference, at an empty line, the end of a line, the end of a sentence or a space; inside
    a word only if it is longer than half a piece, and then between two graphemes. A code block that is cut is closed,
    and reopened with its language and indentation in the next piece. If more text is appended, only the last piece
    changes, so that a growing reply can be shown by edits. ``limit`` is at least 64.
    """
    pieces: list[str] = []
    rest, opening = text.strip(), ""
    while rest:
        head = opening + rest
        if len(head) <= limit:
            pieces.append(head)
            break
        room = limit - max((len(block.closing) for block in map(_block, _FENCE.finditer(head[:limit]))), default=0)
        cut = _cut(head, room, at_least=max(len(opening) + 1, room // 2))
        piece = head[:cut].rstrip()
        block = _open_block(piece)
        rest = head[cut:]
        # A line's leading spaces show how deep in a list or a program it stands.
        rest = rest.lstrip("\n") if block is not None or head[cut - 1] == "\n" else rest.lstrip()
        opening = "" if block is None else block.opening
        if block is not None:
            piece += block.closing
        if piece.strip():
            pieces.append(piece)
    return pieces


def _cut(text: str, room: int, *, at_least: int) -> int:
    """Where to cut ``text`` so that at most ``room`` characters stay before the cut."""
    window = text[: room + 1]
    for end in _LINE_ENDS:
        cuts = [found.end() for found in end.finditer(window) if at_least <= found.start() and found.end() <= room]
        if cuts:
            return cuts[-1]
    for separator in _ENDS:
        found = text.rfind(separator, 0, room)
        if found >= at_least:
            return found + len(separator)
    return max(len(beginning(text, room)), min(at_least, room))


def _block(fence: re.Match[str]) -> _Block:
    indent = fence[1] + " " * len(fence[2] or "")
    return _Block(indent[:_MAX_INDENT_CHARS], fence[3][:8], fence[4][:_MAX_LANGUAGE_CHARS])


def _open_block(text: str) -> _Block | None:
    """The code block that is still open at the end of ``text``, or None."""
    block: _Block | None = None
    for fence in _FENCE.finditer(text):
        if block is None:
            block = _block(fence)
        elif len(fence[3]) >= len(block.marks):
            block = None
    return block
