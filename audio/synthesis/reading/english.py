"""Reading English numbers, dates, units and abbreviations as words."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from babel.units import format_unit

from audio.synthesis.reading.numbers import SPACES, in_words, is_code, number_of, number_pattern

_THOUSANDS = f",{SPACES}"
_NUMBER = number_pattern(_THOUSANDS)
_START = r"(?<![\w.,/:-])"
"""No character before a number that would make it part of something larger."""
_END = r"(?![\w/:]|[.,]\d|-\d)"

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH = "|".join((*_MONTHS, *(name[:3] + r"\b\.?" for name in _MONTHS if name != "May"), r"Sept\b\.?"))

_ABBREVIATIONS = (
    (r"\be\.g\.", "for example"), (r"\bi\.e\.", "that is"), (r"\betc\.", "et cetera"), (r"\bvs\.?(?=\s)", "versus"),
    (r"\bapprox\.", "approximately"), (r"\bDr\.(?=\s+[A-Z])", "Doctor"), (r"\bMr\.", "Mister"), (r"\bMrs\.", "Missus"),
    (r"\bNo\.(?=\s*\d)", "number"), (r"\bSt\.(?=\s+[A-Z])", "Saint"), (r"#(?=\d+\b)", "number "), (r"№\s*", "number "),
    (r"(?<=\w)\s*&\s*(?=\w)", " and "), (r"\b[Ff]ig\.(?=\s*\d)", "figure"), (r"\bpp?\.(?=\s*\d)", "page"),
)  # fmt: skip

_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "₽": ("ruble", "rubles", "kopeck", "kopecks"),
    "¥": ("yen", "yen", "", ""),
}
_SIGN = f"[{''.join(map(re.escape, _CURRENCIES))}]"
_LARGE = {"k": "thousand", "K": "thousand", "M": "million", "m": "million", "B": "billion", "bn": "billion"}
_MAGNITUDE = r"(?:\s?(thousand|million|billion|trillion|bn|[kKMmB])\b)?"

_UNITS = {
    "km/h": "speed-kilometer-per-hour", "mph": "speed-mile-per-hour", "m/s": "speed-meter-per-second",
    "km": "length-kilometer", "cm": "length-centimeter", "mm": "length-millimeter", "m": "length-meter",
    "ft": "length-foot", "mi": "length-mile", "kg": "mass-kilogram", "g": "mass-gram", "mg": "mass-milligram",
    "lb": "mass-pound", "lbs": "mass-pound", "oz": "mass-ounce", "ml": "volume-milliliter", "l": "volume-liter",
    "L": "volume-liter", "kB": "digital-kilobyte", "KB": "digital-kilobyte", "MB": "digital-megabyte",
    "GB": "digital-gigabyte", "TB": "digital-terabyte", "kHz": "frequency-kilohertz", "MHz": "frequency-megahertz",
    "GHz": "frequency-gigahertz", "Hz": "frequency-hertz", "kW": "power-kilowatt", "W": "power-watt",
    "V": "electric-volt", "h": "duration-hour", "hrs": "duration-hour", "min": "duration-minute",
    "s": "duration-second", "sec": "duration-second", "ms": "duration-millisecond",
    "°C": "temperature-celsius", "°F": "temperature-fahrenheit",
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))


def read_english(text: str) -> str:
    """``text``, plain and in English, with everything that is not a word spelled out."""
    for abbreviation, words in _ABBREVIATIONS:
        text = re.sub(abbreviation, words, text)
    for pattern, read in _RULES:
        text = pattern.sub(read, text)
    return text


def _cardinal(number: Decimal) -> str:
    return in_words(int(number) if number == number.to_integral_value() else number, "en")


def _ordinal(number: int) -> str:
    return in_words(number, "en", to="ordinal")


def _year(number: int) -> str:
    return in_words(number, "en", to="year").replace("-", " ")


def _value(written: str) -> Decimal:
    return number_of(written, _THOUSANDS)


def _date(year: str | None, month: int, day: int, written: str) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return written
    return f"{_MONTHS[month - 1]} {_ordinal(day)}" + (f", {_year(int(year))}" if year else "")


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month[:3].lower() == name[:3].lower())


def _time(match: re.Match[str]) -> str:
    hour, minute, half = int(match[1]), int(match[2]), match[3]
    if hour > 23 or minute > 59:
        return match[0]
    said = _cardinal(Decimal(hour))
    if minute:
        said += f" {'oh ' if minute < 10 else ''}{_cardinal(Decimal(minute))}"
    elif half is None:
        said += " o'clock" if 1 <= hour <= 12 else " hundred"
    return said + (f" {half[0].upper()} M" if half else "")


def _price(sign: str, written: str, magnitude: str | None) -> str:
    one, many, cent, cents = _CURRENCIES[sign]
    value = _value(written)
    if magnitude:
        return f"{_cardinal(value)} {_LARGE.get(magnitude, magnitude)} {many}"
    whole, rest = int(value), int(value % 1 * 100)
    if not cent or value != value.quantize(Decimal("0.01")):
        return f"{_cardinal(value)} {many}"
    words = [f"{_cardinal(Decimal(whole))} {one if whole == 1 else many}"] if whole or not rest else []
    if rest:
        words.append(f"{_cardinal(Decimal(rest))} {cent if rest == 1 else cents}")
    return " ".join(words)


def _measure(match: re.Match[str]) -> str:
    value = _value(match[2])
    said = format_unit(float(value), _UNITS[match[3]], "long", locale="en")
    words = re.sub(r"^[\d.,]+\s*", "", said)
    return f"{'minus ' if match[1] else ''}{_cardinal(value)} {words}"


def _plain(match: re.Match[str]) -> str:
    written = match[2]
    if is_code(written):
        return match[0]
    sign = "minus " if match[1] else ""
    if re.fullmatch(r"1[1-9]\d\d|20\d\d", written) and not sign:
        return _year(int(written))
    return sign + _cardinal(_value(written))


def _rule(pattern: str, read: Callable[[re.Match[str]], str]) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    return re.compile(pattern), read


_RULES = (
    _rule(rf"{_START}(\d{{4}})-(\d\d)-(\d\d){_END}", lambda m: _date(m[1], int(m[2]), int(m[3]), m[0])),
    _rule(rf"{_START}(\d\d?)/(\d\d?)/(\d{{4}}){_END}", lambda m: _date(m[3], int(m[1]), int(m[2]), m[0])),
    _rule(
        rf"\b({_MONTH})\s+(\d\d?)(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(\d{{4}})\b)?",
        lambda m: _date(m[3], _month(m[1]), int(m[2]), m[0]),
    ),
    _rule(
        rf"{_START}(\d\d?)(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})(?!\w)(?:,?\s+(\d{{4}})\b)?",
        lambda m: _date(m[3], _month(m[2]), int(m[1]), m[0]),
    ),
    _rule(r"(?<![\d:])(\d\d?):(\d\d)(?!:?\d)(?:\s?([AaPp])\.?[Mm]\b\.?)?", _time),
    _rule(r"(?<![\w:.])(1[0-2]|[1-9])\s?([ap])\.?m\b\.?", lambda m: f"{_cardinal(Decimal(m[1]))} {m[2].upper()} M"),
    _rule(rf"({_SIGN})\s?({_NUMBER}){_MAGNITUDE}", lambda m: _price(m[1], m[2], m[3])),
    _rule(rf"{_START}({_NUMBER}){_MAGNITUDE}\s?({_SIGN})", lambda m: _price(m[3], m[1], m[2])),
    _rule(rf"{_START}([-−])?({_NUMBER})\s?%", lambda m: f"{'minus ' * bool(m[1])}{_cardinal(_value(m[2]))} percent"),
    _rule(rf"{_START}([-−])?({_NUMBER})\s?({_UNIT})(?![\w/])", _measure),
    _rule(rf"{_START}(\d{{1,4}})(?:st|nd|rd|th)\b", lambda m: _ordinal(int(m[1]))),
    _rule(
        rf"{_START}({_NUMBER})\s?[–—]\s?({_NUMBER}){_END}",
        lambda m: f"{_cardinal(_value(m[1]))} to {_cardinal(_value(m[2]))}",
    ),
    _rule(rf"{_START}([-−])?({_NUMBER}){_END}", _plain),
)  # fmt: skip
