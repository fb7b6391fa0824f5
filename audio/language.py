"""Detecting the language of a text, offline, well enough to choose a voice for it."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from audio.language_tags import base_language

SURE = 0.5
"""From this probability on, the identifier is right even for two words; below it, the hint is more reliable."""

OTHER_SCRIPT_SHARE = 1 / 3
"""The share of letters from which a script other than Latin decides: a Russian sentence full of English terms is
Russian, and a Russian voice can read both."""

_RUSSIAN = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")
_CYRILLIC_ALPHABETS = {
    "ru": _RUSSIAN,
    "uk": _RUSSIAN - set("ёъыэ") | set("ґєії"),
    "bg": _RUSSIAN - set("ёыэ"),
    "be": _RUSSIAN - set("ищъ") | set("іў"),
    "sr": _RUSSIAN - set("ёйщъыьэюя") | set("ђјљњћџ"),
    "mk": _RUSSIAN - set("ёйщъыьэюя") | set("ѓѕјљњќџ"),
    "kk": _RUSSIAN | set("әғқңөұүһі"),
    "ky": _RUSSIAN | set("ңөү"),
    "mn": _RUSSIAN | set("өү"),
    "tg": _RUSSIAN | set("ғӣқӯҳҷ"),
    "tt": _RUSSIAN | set("әөүҗңһ"),
}

_LANGUAGES = {
    "LATIN": (
        *("en", "es", "fr", "de", "pt", "it", "nl", "pl", "tr", "sv", "no", "da", "fi", "cs", "sk", "hu", "ro", "hr"),
        *("sl", "sq", "et", "lv", "lt", "ca", "eu", "gl", "is", "ga", "cy", "mt", "af", "sw", "id", "ms", "tl", "vi"),
        *("az", "uz", "eo", "la", "so", "zu"),
    ),
    "CYRILLIC": tuple(_CYRILLIC_ALPHABETS),
    "ARABIC": ("ar", "fa", "ur", "ps", "ug"),
    "HEBREW": ("he",),
    "GREEK": ("el",),
    "ARMENIAN": ("hy",),
    "GEORGIAN": ("ka",),
    "DEVANAGARI": ("hi", "mr", "ne"),
    "BENGALI": ("bn", "as"),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "ORIYA": ("or",),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
    "KANNADA": ("kn",),
    "MALAYALAM": ("ml",),
    "SINHALA": ("si",),
    "THAI": ("th",),
    "LAO": ("lo",),
    "MYANMAR": ("my",),
    "KHMER": ("km",),
    "ETHIOPIC": ("am",),
    "HANGUL": ("ko",),
    "KANA": ("ja",),
    "CJK": ("zh", "ja"),
}
"""The languages that voices read, by script, the most likely first. A script is the first word of its letters' Unicode
names; ``KANA`` stands for Hiragana and Katakana."""


def detect_language(text: str, hint: str = "en") -> str:
    """The language of ``text`` as an ISO 639 code, or ``hint``, a BCP-47 tag, if that is the detected language or the
    text has no letters of a known script.

    The script decides first, then an alphabet's own letters, then the words. A text that is too short to tell is taken
    to be in the language of ``hint`` if that uses the same script, and otherwise in the script's most widespread
    language: Cyrillic is never taken for English.

    Blocks for half a second on the first call, then for 0.1 ms.
    """
    letters = [char.lower() for char in text if char.isalpha()]
    candidates = _candidates(letters)
    if not candidates:
        return hint
    hinted = base_language(hint)
    found = candidates[0] if len(candidates) == 1 else _by_words(text, candidates, hinted)
    return hint if found == hinted else found


def _candidates(letters: list[str]) -> tuple[str, ...]:
    scripts = Counter(script for char in letters if (script := _script(char)) in _LANGUAGES)
    if not scripts:
        return ()
    if scripts["KANA"]:
        return _LANGUAGES["KANA"]
    others = [(count, script) for script, count in scripts.items() if script != "LATIN"]
    count, script = max(others, default=(0, "LATIN"))
    if count < OTHER_SCRIPT_SHARE * scripts.total():
        script = "LATIN"
    if script != "CYRILLIC":
        return _LANGUAGES[script]
    cyrillic = {char for char in letters if _script(char) == script}
    fitting = tuple(language for language, alphabet in _CYRILLIC_ALPHABETS.items() if cyrillic <= alphabet)
    return fitting or _LANGUAGES[script]


def _script(char: str) -> str:
    first = unicodedata.name(char, "").partition(" ")[0].partition("-")[0]
    return "KANA" if first in ("HIRAGANA", "KATAKANA") else first


def _by_words(text: str, candidates: tuple[str, ...], hinted: str) -> str:
    probabilities = dict(_identifier().rank(text))
    known = {language: probabilities.get(language, 0.0) for language in candidates}
    likeliest = max(known, key=lambda language: known[language])
    if known[likeliest] >= SURE * sum(known.values()):
        return likeliest
    return hinted if hinted in candidates else candidates[0]


@functools.cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
