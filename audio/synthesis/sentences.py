"""Splitting plain text into sentences, and long sentences into parts that can be said in one breath."""

from __future__ import annotations

import itertools
import re

from sentencex import segment

from audio.language import detect_language
from audio.language_tags import base_language

LONGEST_SENTENCE = 400
"""In characters: about 30 s of speech. Voice models slow down and lose their melody over longer ones."""

_PAUSE = re.compile(r"(?<=[,;:，；：、—–])\s*|\s+")
_NEEDS_SPACE = re.compile(r"[.!?…][\"'”’»)\]]*$")
"""An end mark that ends a sentence only if a space follows, unlike those in 3.14, Node.js, a?b=c."""
_ENUMERATOR = re.compile(r"\s*[(\[]?(?:\d{1,3}|[^\W\d_])[.)]\s*")
_ABBREVIATED = re.compile(r"(?:^|\W)(?:approx|vols?|figs?|рис|табл|стр|гл|см|им|ср|напр|\w+\.\w+)\.\s*$", re.IGNORECASE)
"""Abbreviations that sentencex does not know, and any with a full stop inside, such as т.е."""


def sentences(text: str, language: str | None = None) -> list[str]:
    """The sentences of ``text`` in order, none empty and none longer than ``LONGEST_SENTENCE`` characters.

    Each line end ends a sentence. ``language``: the text's, as a BCP-47 tag, for its abbreviations; None detects it.
    """
    known = base_language(language or detect_language(text))
    return [breath for line in text.splitlines() for whole in _whole(line, known) for breath in _breaths(whole.strip())]


def certain_ends(text: str) -> list[int]:
    """The positions in one unfinished line where a sentence has ended whatever comes next, in characters from its
    beginning.

    The last sentence has never ended for sure: "It costs 3." may go on with "14", "Dr." with a name.
    """
    parts = _whole(text, base_language(detect_language(text)))
    return list(itertools.accumulate(map(len, parts[:-1])))


def _whole(line: str, language: str) -> list[str]:
    """``line`` split after its sentences; no character is left out."""
    found: list[str] = []
    for part in segment(language, line):
        if found and _belongs(found[-1], part):
            found[-1] += part
        else:
            found.append(part)
    return found


def _belongs(before: str, part: str) -> bool:
    """Whether ``part`` continues the sentence ``before`` although the library split there."""
    if not _has_words(part) or not _has_words(before) or _ENUMERATOR.fullmatch(before):
        return True
    if _NEEDS_SPACE.search(before) and not part[:1].isspace():
        return True
    return bool(_ABBREVIATED.search(before)) and not part.lstrip()[:1].isupper()


def _has_words(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _breaths(sentence: str) -> list[str]:
    """``sentence``, split at its commas or spaces if it is too long."""
    parts: list[str] = []
    while len(sentence) > LONGEST_SENTENCE:
        pauses = [pause.end() for pause in _PAUSE.finditer(sentence, 1, LONGEST_SENTENCE) if pause.end() > 0]
        cut = pauses[-1] if pauses else LONGEST_SENTENCE
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [part for part in (*parts, sentence) if part]
