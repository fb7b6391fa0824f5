"""Formats amounts for a locale."""

from __future__ import annotations

from babel.numbers import format_currency, format_decimal, format_percent

from bot.i18n.translation import catalogue_language


def number_text(number: float, locale: str) -> str:
    """A number rounded to an integer: ``12,345``."""
    return format_decimal(round(number), locale=catalogue_language(locale))


def minutes_text(duration_s: float, locale: str) -> str:
    """Seconds as minutes, to a tenth: ``2.5``."""
    return format_decimal(duration_s / 60, format="#,##0.#", locale=catalogue_language(locale))


def cost_text(cost: float, currency: str, locale: str) -> str:
    """A cost, to a hundredth of a cent: ``$0.0125``."""
    language = catalogue_language(locale)
    return format_currency(round(cost, 4), currency, locale=language, currency_digits=False, decimal_quantization=False)


def percent_text(share: float, locale: str) -> str:
    """A share from 0 to 1 as a percentage: ``71%``."""
    return format_percent(share, locale=catalogue_language(locale))


def decimal_text(number: float, places: int, locale: str) -> str:
    """A number with ``places`` decimal places: ``0.83``."""
    return format_decimal(number, format=f"0.{'0' * places}", locale=catalogue_language(locale))
