"""Choosing one of Whisper's languages by its name, in the language of the one who chooses."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence

from audio import LANGUAGES
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import language_name, language_of

MAX_CHOICES = 25
"""Choices that Discord takes in one autocomplete answer."""


MAX_NEAR = 5
"""Names that are offered in place of one that is none."""


class NoSuchLanguageError(StarlingError):
    """Raised when no language is called what somebody wrote."""

    sentence = _("I know no language called {given}. Did you mean one of these: {near}?")

    def __init__(self, given: str, near: Sequence[str]) -> None:
        """``near``: names of languages that look like it, at least one."""
        super().__init__(given=given[:60], near=", ".join(near))


@functools.cache
def _named(language: str) -> tuple[tuple[str, str], ...]:
    """(name, code) of every language, by name, as written in ``language``."""
    return tuple(sorted((_capital(language_name(code, language)), code) for code in LANGUAGES))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def language_choices(typed: str, locale: str) -> list[tuple[str, str]]:
    """At most 25 pairs of (name, code) that fit what was typed: a name in the user's language or in English, or a code.

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
    """Whisper's code for what was given: a code, or a name as the choices show it.

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
