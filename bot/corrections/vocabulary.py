"""Words that are new to the bot, from transcripts that people have corrected."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_WORDS = 20
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def new_words(heard: str, said: str) -> list[str]:
    """The words of ``said`` that do not occur in ``heard``, each once, as written; at most ``MAX_WORDS``."""
    known = {word.casefold() for word in _WORD.findall(heard)}
    words = (word for word in _WORD.findall(said) if word.casefold() not in known and len(word) > 1)
    return list(dict.fromkeys(words))[:MAX_WORDS]


def unknown_words(vocabulary: str, said: Sequence[str]) -> list[str]:
    """The words of ``said``, a sequence of comma-separated lists, that ``vocabulary`` lacks; each once, at most
    ``MAX_WORDS``."""
    known = {word.casefold() for word in _WORD.findall(vocabulary)}
    found = {word.casefold(): word for text in said for word in _WORD.findall(text)}
    return [word for key, word in found.items() if key not in known][:MAX_WORDS]


def with_words(vocabulary: str, words: list[str], max_characters: int) -> tuple[str, list[str]]:
    """``vocabulary`` with those of ``words`` that it lacks and that fit into ``max_characters``; and these words."""
    added: list[str] = []
    known = {word.casefold() for word in _WORD.findall(vocabulary)}
    for word in words:
        longer = f"{vocabulary}, {word}" if vocabulary else word
        if word.casefold() not in known and len(longer) <= max_characters:
            vocabulary = longer
            added.append(word)
    return vocabulary, added
