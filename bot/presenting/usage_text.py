"""Amounts in words."""

from __future__ import annotations

from babel.numbers import format_currency, format_decimal

from bot.presenting.languages import catalogue_language


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
