"""Voices, and how one is chosen for a language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from audio.language_tags import base_language


class Gender(StrEnum):
    """How a voice sounds."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


ANY_LANGUAGE = "mul"
"""ISO 639's code for multiple languages: a voice that reads any text."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of one engine."""

    name: str
    """Unique among all engines, for example ``ru-RU-SvetlanaNeural``."""
    language: str
    """BCP-47, for example ``ru-RU``; or ``ANY_LANGUAGE``."""
    gender: Gender
    engine: str
    """The name of the engine that speaks with it."""
    label: str = ""
    """The name shown to people beside its language, for example ``Svetlana``; empty to show ``name``."""

    def speaks(self, language: str) -> bool:
        """Whether this voice reads texts in ``language``, a BCP-47 tag whose region does not matter."""
        return self.language == ANY_LANGUAGE or base_language(self.language) == base_language(language)


def best_voice(voices: Iterable[Voice], language: str, like: Voice | None = None) -> Voice | None:
    """The first of ``voices`` that speaks ``language``, or None.

    Voices of the same region come before others, then voices of the same gender as ``like``.
    """
    return min(
        (voice for voice in voices if voice.speaks(language)),
        key=lambda voice: (
            voice.language.lower() != language.lower(),
            like is not None and voice.gender != like.gender,
        ),
        default=None,
    )
