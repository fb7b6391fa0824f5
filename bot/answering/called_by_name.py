"""Whether a speaker calls the bot by name, however the recogniser spells it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from anyascii import anyascii

NAME = "Starling"

SURE, LIKELY = 0.9, 0.74
"""Similarities of what is heard to a name: from ``SURE`` on it is the name, from ``LIKELY`` on only if a pause
follows."""
MAX_BEFORE = 2
"""How many words may come before the name: "Hey", "Good morning"."""
MAX_WORDS = 3
"""How many words a name may be heard as: "star link"."""

MIN_SHARE = 0.7
"""The least ratio of the lengths of the heard letters and the name's, the shorter to the longer."""

_PAUSE = re.compile(r"\s*(?:[,.!?;:…—–、。！？，-]|$)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_GREETINGS = frozenset(
    [
        *("hey", "hi", "hello", "ok", "okay", "yo", "good", "morning", "evening", "oh", "so", "well", "dear", "please"),
        *("um", "uh", "er", "ah", "and", "there", "you", "listen"),
        *("эй", "привет", "ну", "так", "слушай", "добрый", "день", "доброе", "утро", "вечер", "окей", "здравствуй"),
        *("а", "и", "э", "эм", "хай", "алло", "здравствуйте", "послушай", "скажи", "уважаемый", "дорогой"),
        *("hallo", "hola", "oye", "bonjour", "salut", "ciao", "ola"),
    ]
)


def is_called(text: str, names: Iterable[str] = ()) -> bool:
    """Whether ``text``, the transcript of a note, begins with ``NAME`` or another of ``names``, perhaps after a
    greeting."""
    words = list(_WORD.finditer(text[:200]))
    wanted = [letters for name in (NAME, *names) if (letters := _letters(name))]
    for first in range(min(MAX_BEFORE + 1, len(words))):
        for last in range(first, min(first + MAX_WORDS, len(words))):
            heard = _letters(text[words[first].start() : words[last].end()])
            is_ended = _PAUSE.match(text, words[last].end()) is not None
            for name in wanted:
                # The first letter is seldom misheard, and requiring it rules out "darling".
                if heard[:1] != name[0] or not MIN_SHARE <= len(heard) / len(name) <= 1 / MIN_SHARE:
                    continue
                similarity = SequenceMatcher(None, heard, name, autojunk=False).ratio()
                if similarity >= SURE or (similarity >= LIKELY and is_ended):
                    return True
        if words[first].group().lower() not in _GREETINGS:
            return False
    return False


def _letters(text: str) -> str:
    """``text`` as lower-case Latin letters and nothing else: as it sounds, whatever script it is written in."""
    # English names in Cyrillic: Джарвис.
    return re.sub(r"[^a-z]", "", anyascii(text).lower()).replace("dzh", "j")
