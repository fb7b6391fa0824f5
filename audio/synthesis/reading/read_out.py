"""The text that an offline voice is given: with numbers and abbreviations as words."""

from __future__ import annotations

from audio.language_tags import base_language
from audio.synthesis.reading.english import read_english
from audio.synthesis.reading.russian import read_russian

_READERS = {"en": read_english, "ru": read_russian}


def read_out(text: str, language: str) -> str:
    """Spell out ``text``, plain and in ``language`` (BCP-47), if that is English or Russian; in other languages engines
    read numbers as they can."""
    reader = _READERS.get(base_language(language))
    return text if reader is None else reader(text)
