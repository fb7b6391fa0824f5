"""Choosing one of Whisper's languages by its name, in the user's own language."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence

from audio import LANGUAGES
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import language_name, language_of

MAX_CHOICES = 25
"""The most choices that Discord accepts in one autocomplete answer."""


MAX_NEAR = 5
"""The most names that are suggested in place of an unknown one."""


class NoSuchLanguageError(StarlingError):
    """Raised when no language has the name or code that somebody typed."""

    sentence = _("I know no language called {given}. Did you mean one of these: {near}?")

    def __init__(self, given: str, near: Sequence[str]) -> None:
        """``near``: the names of languages to suggest, at least one."""
        super().__init__(given=given[:60], near=", ".join(near))


@functools.cache
def _named(language: str) -> tuple[tuple[str, str], ...]:
    """(name, code) of every language, with the names in ``language`` and sorted by them."""
    return tuple(sorted((_capital(language_name(code, language)), code) for code in LANGUAGES))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def language_choices(typed: str, locale: str) -> list[tuple[str, str]]:
    """At most 25 (name, code) pairs that match what was typed: a name in the user's language or in English, or a code.

    Names that begin with it come first; with nothing typed, the user's own language and English do.
    """
    typed = typed.strip().casefold()
    own = language_of(locale)
    english = {code: name for name, code in _named("en")}

    def rank(entry: tuple[str, str]) -> int:
        name, code = entry
        if not typed:
            return 0 if code in (own, "en") else 1
        if typed == code or name.casefold().startswith(typed) or english[code].casefold().startswith(typed):
            return 0
        return 1 if typed in name.casefold() or typed in english[code].casefold() else 2

    fitting = [entry for entry in _named(own) if not typed or rank(entry) < 2]
    return sorted(fitting, key=rank)[:MAX_CHOICES]


def language_code(given: str, locale: str) -> str:
    """Whisper's code for ``given``: a code, or a name in the user's language or in English.

    Raises:
        NoSuchLanguageError: no language is called that.
    """
    given = given.strip().casefold()
    if given in LANGUAGES:
        return given
    for language in (language_of(locale), "en"):
        for name, code in _named(language):
            if name.casefold() == given:
                return code
    names = [name for name, _code in _named(language_of(locale))]
    near = difflib.get_close_matches(_capital(given), names, MAX_NEAR, cutoff=0.5)
    raise NoSuchLanguageError(given, near or [name for name, _code in language_choices("", locale)[:MAX_NEAR]])
