"""Written numbers: recognising them, and turning them into words."""

from __future__ import annotations

import re
from decimal import Decimal

from num2words2 import num2words

SPACES = "\u00a0\u202f\u2009"
"""Spaces that separate thousands; an ordinary space does so only in Russian."""

MAX_DIGITS = 15
"""The most digits that are read as one number; longer ones are codes, which engines read digit by digit."""


def number_pattern(thousands: str) -> str:
    """A regular expression for a number, without groups; ``thousands``: the characters that may separate its
    thousands."""
    decimals = r"[.,]\d+" if "," not in thousands else r"\.\d+"
    return rf"(?:\d{{1,3}}(?:[{thousands}]\d{{3}})+|\d+)(?:{decimals})?(?!\d)"


def number_of(written: str, thousands: str) -> Decimal:
    """The number that ``written`` stands for."""
    return Decimal(re.sub(f"[{thousands}]", "", written).replace(",", "."))


def is_code(written: str) -> bool:
    """Whether ``written`` is a code, not a number that anybody would read as one: 007, or very long."""
    digits = re.sub(r"\D", "", written)
    return len(digits) > MAX_DIGITS or (len(digits) > 1 and written[0] == "0" and written[1].isdigit())


def in_words(number: Decimal | int, language: str, **options: str) -> str:
    """``number`` as words of ``language``; ``options``: ``to`` (cardinal, ordinal, year), ``case`` and ``gender``."""
    return str(num2words(number, lang=language, **options))  # type: ignore[no-untyped-call]
