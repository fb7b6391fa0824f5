"""Choosing a voice by its name, its language or its gender."""

from __future__ import annotations

import re
from collections.abc import Sequence

import babel

from audio import Voice
from audio.synthesis.voices import Gender
from bot.errors import translatable as _
from bot.i18n.translation import language_name, language_of, translate
from bot.ui.language_choice import MAX_CHOICES


def voice_choices(voices: Sequence[Voice], typed: str, locale: str) -> list[tuple[str, str]]:
    """At most 25 pairs of (label, voice name): each word typed must be in the label or the name.

    Voices in which each typed word begins a word come first. Within that, the voices whose language was typed (``ru``)
    come before those of the user's own language, and these before English ones; ties keep the order of ``voices``,
    which is by quality.
    """
    wanted = typed.casefold().split()
    own = language_of(locale)
    fitting: list[tuple[tuple[bool, int], str, str]] = []
    for voice in voices:
        label, language = label_of(voice, locale), base_of(voice)
        text = f"{label} {voice.name} {voice.language}".casefold()
        if all(word in text for word in wanted):
            rank = 0 if language in wanted else 1 if language == own else 2 if language == "en" else 3
            within = not all(re.search(rf"\b{re.escape(word)}", text) for word in wanted)
            fitting.append(((within, rank), label[:100], voice.name))
    fitting.sort(key=lambda entry: entry[0])
    return [(label, name) for _rank, label, name in fitting if len(name) <= 100][:MAX_CHOICES]


def label_of(voice: Voice, locale: str) -> str:
    """How ``voice`` is shown: ``Ava — English (United States), female``."""
    own = language_of(locale)
    name = voice.label or voice.name
    try:
        spoken = babel.Locale.parse(voice.language, sep="-").get_display_name(own)
    except (babel.UnknownLocaleError, ValueError):
        spoken = f"{language_name(base_of(voice), locale)} ({voice.language})"
    details = [spoken or voice.language]
    if voice.gender is not Gender.UNKNOWN:
        details.append(translate(GENDERS[voice.gender], locale))
    return f"{name} — {', '.join(details)}"


def base_of(voice: Voice) -> str:
    """``ru`` of ``ru-RU``."""
    return voice.language.partition("-")[0].lower()


GENDERS = {Gender.FEMALE: _("female"), Gender.MALE: _("male")}
