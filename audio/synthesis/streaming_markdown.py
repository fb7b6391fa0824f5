"""Reading aloud what is still being written: the sentences of a message as soon as they are certain."""

from __future__ import annotations

import re

from audio.synthesis.normalization import normalize_for_speech
from audio.synthesis.sentences import LONGEST_SENTENCE, certain_ends, sentences

LONGEST_WAIT = 4 * LONGEST_SENTENCE
"""How many characters are held back at most while an emphasis mark may still be closed, or a sentence may still end."""
MAX_ENDS_TRIED = 8
"""How many of the latest sentence ends are tried as the place to cut an unfinished line."""

_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?(`{3,}(?=[^`]*$)|~{3,})")
_MAYBE_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?(?:`{1,}|~{1,}|\d*|[-*+])$")
_TABLE_ROW = re.compile(r"[\s>]*\|")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[[^\[\]]*\]\([^()]*\)")
_TAG = re.compile(r"<[^<>\s]*>")
_MARKS = (re.compile(r"\*\*"), re.compile(r"__"), re.compile(r"~~"), re.compile(r"\|\|"))
_STAR = re.compile(r"(?<=\S)\*|\*(?=\S)")
_UNDERSCORE = re.compile(r"(?<!\w)_(?=\S)|(?<=\S)_(?!\w)")


class StreamingMarkdown:
    """One message in Discord's markdown that arrives in parts.

    However it is split, the same sentences are returned as for the whole message, in the same order. Code blocks are
    never kept, and nothing else is held back beyond ``LONGEST_WAIT`` characters, so that memory and time per part are
    bounded.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        """Finished lines that are not yet returned: a table, or emphasis that is still open."""
        self._line = ""
        self._fence: str | None = None
        """The marker that opened the current code block."""

    def write(self, part: str) -> list[str]:
        """Add the next ``part``, and return the sentences that are certain now, as plain text."""
        *finished, self._line = (self._line + part).split("\n")
        ready = [sentence for line in finished for sentence in self._end_line(line)]
        return ready + self._end_sentences()

    def end(self) -> list[str]:
        """End the message, and return the remaining sentences."""
        last, self._line = self._line, ""
        return self._end_line(last) + self._take_sentences()

    def _end_line(self, line: str) -> list[str]:
        if self._fence is not None:
            bare = line.strip(" >\t\r")
            if bare and not bare.strip(self._fence[0]) and len(bare) >= len(self._fence):
                self._fence = None
            return []
        if fence := _FENCE.match(line):
            self._fence = fence[1]
            return self._take_sentences()
        if _TABLE_ROW.match(line):
            ready = [] if self._lines and _TABLE_ROW.match(self._lines[-1]) else self._take_sentences()
            self._lines.append(line)
            return ready if sum(map(len, self._lines)) < LONGEST_WAIT else ready + self._take_sentences()
        table = bool(self._lines) and _TABLE_ROW.match(self._lines[-1])
        ready = self._take_sentences() if table or not line.strip() else []
        self._lines.append(line)
        kept = "\n".join(self._lines)
        return ready + self._take_sentences() if len(kept) > LONGEST_WAIT or not _has_open_mark(kept) else ready

    def _end_sentences(self) -> list[str]:
        """The sentences of the unfinished line that are certain."""
        if self._fence is not None:
            self._line = self._line[-LONGEST_WAIT:]
            return []
        if _TABLE_ROW.match(self._line) or _MAYBE_FENCE.match(self._line):
            if len(self._line) > LONGEST_WAIT:
                return self._cut(LONGEST_WAIT)
            return []
        end = 0
        for possible in certain_ends(self._line)[-MAX_ENDS_TRIED:]:
            if not _has_open_mark("\n".join([*self._lines, self._line[:possible]])):
                end = possible
        if not end and len(self._line) > LONGEST_WAIT:
            end = self._line.rfind(" ") + 1 or len(self._line)
        return self._cut(end) if end else []

    def _cut(self, end: int) -> list[str]:
        """Return everything up to character ``end`` of the unfinished line."""
        self._lines.append(self._line[:end])
        self._line = self._line[end:]
        return self._take_sentences()

    def _take_sentences(self) -> list[str]:
        text, self._lines = "\n".join(self._lines), []
        # Indentation belongs to a list that was already returned.
        return sentences(normalize_for_speech("\n".join(line.strip() for line in text.split("\n"))))


def _has_open_mark(text: str) -> bool:
    """Whether code, a link, a mention or emphasis has begun in ``text`` and not ended."""
    bare = _TAG.sub("", _LINK.sub("", _CODE_SPAN.sub("", _ESCAPED.sub("", text))))
    if "`" in bare or bare.count("[") > bare.count("]") or re.search(r"<[^<>\s]*$|\]\([^)]*$", bare):
        return True
    for mark in _MARKS:
        if len(mark.findall(bare)) % 2:
            return True
        bare = mark.sub("", bare)
    return len(_STAR.findall(bare)) % 2 == 1 or len(_UNDERSCORE.findall(bare)) % 2 == 1
