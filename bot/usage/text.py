"""Amounts in words."""

from __future__ import annotations

from babel.numbers import format_currency, format_decimal, format_percent

from bot.i18n.translation import catalogue_language


def number_text(number: float, locale: str) -> str:
    """``12,345``."""
    return format_decimal(round(number), locale=catalogue_language(locale))


def minutes_text(duration_s: float, locale: str) -> str:
    """Seconds as minutes with a tenth: ``2.5``."""
    return format_decimal(duration_s / 60, format="#,##0.#", locale=catalogue_language(locale))


def cost_text(cost: float, currency: str, locale: str) -> str:
    """``$0.0125``: as many places as are needed for a hundredth of a cent."""
    language = catalogue_language(locale)
    return format_currency(round(cost, 4), currency, locale=language, currency_digits=False, decimal_quantization=False)


def percent_text(share: float, locale: str) -> str:
    """A share of 0 to 1 as ``71%``."""
    return format_percent(share, locale=catalogue_language(locale))


def decimal_text(number: float, places: int, locale: str) -> str:
    """``0.83``, with so many places."""
    return format_decimal(number, format=f"0.{'0' * places}", locale=catalogue_language(locale))
