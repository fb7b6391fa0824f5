"""Choosing a voice by its name, its language or its gender."""

from __future__ import annotations

from collections.abc import Sequence

import babel

from audio import Voice
from bot.presenting.language_choice import MOST_CHOICES
from bot.presenting.languages import language_of


def voice_choices(voices: Sequence[Voice], typed: str, locale: str) -> list[tuple[str, str]]:
    """At most 25 pairs of (label, voice name): each word typed must be in the label or the name.

    Voices of the user's own language come first, then English ones.
    """
    wanted = typed.casefold().split()
    labelled = [(label_of(voice, locale), voice) for voice in voices]
    fitting = [
        (label, voice)
        for label, voice in labelled
        if all(word in f"{label} {voice.name} {voice.language}".casefold() for word in wanted)
    ]
    order = {language_of(locale): 0, "en": 1}
    fitting.sort(key=lambda entry: (order.get(language_of(entry[1].language), 2), entry[0]))
    return [(label[:100], voice.name) for label, voice in fitting[:MOST_CHOICES] if len(voice.name) <= 100]


def label_of(voice: Voice, locale: str) -> str:
    """How ``voice`` is shown: ``Ava — English (United States), female, edge``."""
    short = voice.name.rsplit("-", 1)[-1].removesuffix("Neural")
    try:
        spoken = babel.Locale.parse(voice.language, sep="-").get_display_name(language_of(locale))
    except (babel.UnknownLocaleError, ValueError):
        spoken = None
    return f"{short} — {spoken or voice.language}, {voice.gender}, {voice.engine}"
