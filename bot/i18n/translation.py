"""The languages that Starling speaks with people: English, and those that have a catalogue in ``bot/i18n/locales``.

The catalogues are gettext's, with the English sentence as the key. The ``.po`` files are read directly, so that a
translator's change needs no compiling.
"""

from __future__ import annotations

import functools
import gettext
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import babel
import hikari
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.errors import PLURALS, StarlingError
from bot.i18n.message import LazyMessage

LOCALES = Path(__file__).parent / "locales"
ENGLISH = (hikari.Locale.EN_US, hikari.Locale.EN_GB)
"""If only one of these is given, Discord does not show the default to users of the other, so both are given."""


@functools.cache
def catalogues() -> Mapping[str, Mapping[str, str]]:
    """Translations by language (``ru``) and English sentence; untranslated and fuzzy entries are left out. A sentence
    that depends on a number is keyed by its English plural, and its translation is the last of its forms."""
    return {
        language: {
            _last(message.id): _last(message.string)
            for message in catalogue
            if message.id and message.string and not message.fuzzy
        }
        for language, catalogue in _read().items()
    }


def _last(forms: str | Sequence[str]) -> str:
    return forms if isinstance(forms, str) else forms[-1]


@functools.cache
def _read() -> Mapping[str, Catalog]:
    found = {}
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/starling.po")):
        with path.open("rb") as stream:
            found[path.parent.parent.name] = read_po(stream, locale=path.parent.parent.name)
    return found


@functools.cache
def _counting(language: str) -> gettext.NullTranslations:
    """The translations that choose the plural form for a number in ``language``; English if there is no catalogue."""
    if language not in _read():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _read()[language])
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def language_of(locale: str) -> str:
    """The language whose catalogue serves the Discord locale ``locale``: ``ru`` for ``ru``, ``en`` for ``en-US``."""
    return locale.partition("-")[0]


def catalogue_language(locale: str) -> str:
    """The language in which Starling addresses someone with the Discord locale ``locale``, as Unicode's locale data
    names it, so that dates and numbers are formatted like the sentences around them."""
    language = language_of(locale)
    return language if language in catalogues() else "en"


def translate(message: str | LazyMessage, locale: str, **params: object) -> str:
    """``message`` in the language of ``locale``: either an English sentence, the catalogue's key, with ``params`` for
    its ``{fields}``, or a ``LazyMessage``, which has its own parameters.

    Parameters that are messages themselves are translated too.
    """
    if isinstance(message, LazyMessage):
        params = {**message.params, **params}
        message = message.text
    language = language_of(locale)
    text = catalogues().get(language, {}).get(message, message)
    if (plural := PLURALS.get(message)) is not None and isinstance(number := params.get(plural.number), int | float):
        text = _counting(language).ngettext(plural.one, message, int(number))
    text = name_commands(text, language)
    values = {name: translate(one, locale) if isinstance(one, LazyMessage) else one for name, one in params.items()}
    return text.format(**values) if values else text


@functools.cache
def name_commands(text: str, language: str) -> str:
    """``text`` with each ``/command`` and ``/command subcommand`` named as Discord shows it in ``language``: sentences
    in every language use the English names of commands."""
    names = catalogues().get(language, {})
    if not names:
        return text

    def named(found: re.Match[str]) -> str:
        words = found[1].split(" ")
        return f"/{' '.join(names.get(word, word) for word in words)}" if words[0] in names else found[0]

    return _COMMAND.sub(named, text)


_COMMAND = re.compile(r"(?<![\w/:.<~-])/([a-z_]+(?: [a-z_]+)*)(?![\w/])")
"""The name of a command and the words after it, unless it is part of an address or a path."""


def translate_error(error: StarlingError, locale: str) -> str:
    """The sentence of ``error`` in the language of ``locale``."""
    return translate(error.sentence, locale, **error.params)


def localizations(text: str) -> Mapping[hikari.Locale, str]:
    """``text`` for each Discord locale in which there is a translation, as lightbulb expects it for names and
    descriptions. Discord has some languages only with a country: Portuguese is ``pt-BR``, and Swedish ``sv-SE``."""
    given = dict.fromkeys(ENGLISH, text)
    for language, catalogue in catalogues().items():
        if text in catalogue:
            given |= dict.fromkeys(_locales_of(language), name_commands(catalogue[text], language))
    return given


@functools.cache
def _locales_of(language: str) -> tuple[hikari.Locale, ...]:
    return tuple(locale for locale in hikari.Locale if language_of(locale) == language)


def language_name(code: str, locale: str) -> str:
    """The name of the language ``code`` (Whisper's, such as ``en`` or ``haw``) in the language of ``locale``."""
    try:
        name = babel.Locale.parse(language_of(locale)).languages.get(_CLDR.get(code, code))
    except (babel.UnknownLocaleError, ValueError):
        name = None
    return name or babel.Locale("en").languages.get(_CLDR.get(code, code)) or code


_CLDR = {"jw": "jv", "tl": "fil"}
"""Whisper's codes that differ in Unicode's locale data."""
