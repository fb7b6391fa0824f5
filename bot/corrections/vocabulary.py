"""Words that the bot did not know, from transcripts that people have corrected."""

from __future__ import annotations

import difflib
import re

MAX_WORDS = 20
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def new_words(heard: str, said: str) -> list[str]:
    """Words of ``said`` that stand where ``heard`` has others, and that ``heard`` has nowhere; as they are written."""
    before, after = _WORD.findall(heard), _WORD.findall(said)
    known = {word.casefold() for word in before}
    matcher = difflib.SequenceMatcher(a=[w.casefold() for w in before], b=[w.casefold() for w in after], autojunk=False)
    found: dict[str, None] = {}
    for kind, _a, _b, start, end in matcher.get_opcodes():
        if kind in ("replace", "insert"):
            found |= dict.fromkeys(word for word in after[start:end] if word.casefold() not in known and len(word) > 1)
    return list(found)[:MAX_WORDS]


def with_words(vocabulary: str, words: list[str], max_characters: int) -> tuple[str, list[str]]:
    """``vocabulary`` with those of ``words`` that it lacks and has room for, and which these are."""
    added: list[str] = []
    known = {word.casefold() for word in _WORD.findall(vocabulary)}
    for word in words:
        longer = f"{vocabulary}, {word}" if vocabulary else word
        if word.casefold() not in known and len(longer) <= max_characters:
            vocabulary = longer
            added.append(word)
    return vocabulary, added
