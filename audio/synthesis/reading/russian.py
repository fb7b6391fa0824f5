"""Reading Russian numbers, dates, units and abbreviations as words."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from audio.synthesis.reading.numbers import SPACES, in_words, is_code, number_of, number_pattern

_THOUSANDS = f" {SPACES}"
_NUMBER = number_pattern(_THOUSANDS)
_START = r"(?<![\w.,/:-])"
_END = r"(?![\w/:]|[.,]\d|-\d)"

_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
    "декабря",
)  # fmt: skip

_ABBREVIATIONS = (
    (r"\bи\s?т\.\s?д\.", "и так далее"), (r"\bи\s?т\.\s?п\.", "и тому подобное"), (r"\bт\.\s?е\.", "то есть"),
    (r"\bт\.\s?к\.", "так как"), (r"\bт\.\s?н\.", "так называемый"), (r"\bи\s+др\.", "и другие"),
    (r"\bнапр\.", "например"), (r"\bсм\.(?=\s+[а-яё])", "смотри"), (r"\bрис\.(?=\s*\d)", "рисунок"),
    (r"\bстр\.(?=\s*\d)", "страница"), (r"\bул\.(?=\s+[А-ЯЁ])", "улица"), (r"\bд\.(?=\s*\d)", "дом"),
    (r"\bкв\.(?=\s*\d)", "квартира"), (r"\bг\.(?=\s+[А-ЯЁ][а-яё])", "город"), (r"[№#]\s*(?=\d)", "номер "),
    (r"\bок\.(?=\s*\d)", "около"), (r"\bн\.\s?э\.", "нашей эры"), (r"(?<=\w)\s*&\s*(?=\w)", " и "),
)  # fmt: skip

_Forms = tuple[str, str, str]
"""The forms of a noun after 1, after 2, and after 5."""

_CURRENCIES: dict[str, tuple[_Forms, _Forms | None]] = {
    "₽": (("рубль", "рубля", "рублей"), ("копейка", "копейки", "копеек")),
    "$": (("доллар", "доллара", "долларов"), ("цент", "цента", "центов")),
    "€": (("евро", "евро", "евро"), ("цент", "цента", "центов")),
    "£": (("фунт", "фунта", "фунтов"), ("пенс", "пенса", "пенсов")),
    "¥": (("иена", "иены", "иен"), None),
    "₴": (("гривна", "гривны", "гривен"), ("копейка", "копейки", "копеек")),
}
_SIGNS = {**{sign: sign for sign in _CURRENCIES}, "руб.": "₽", "руб": "₽", "р.": "₽"}
_SIGN = "|".join(map(re.escape, _SIGNS))
_CURRENCY = f"[{''.join(map(re.escape, _CURRENCIES))}]"
_LARGE: dict[str, _Forms] = {
    "тыс": ("тысяча", "тысячи", "тысяч"),
    "млн": ("миллион", "миллиона", "миллионов"),
    "млрд": ("миллиард", "миллиарда", "миллиардов"),
    "трлн": ("триллион", "триллиона", "триллионов"),
}
_MAGNITUDE = r"(?:\s?(тыс|млн|млрд|трлн)\b\.?)"

_UNITS: dict[str, _Forms] = {
    "км/ч": ("километр в час", "километра в час", "километров в час"),
    "м/с": ("метр в секунду", "метра в секунду", "метров в секунду"),
    "км": ("километр", "километра", "километров"), "см": ("сантиметр", "сантиметра", "сантиметров"),
    "мм": ("миллиметр", "миллиметра", "миллиметров"), "м": ("метр", "метра", "метров"),
    "кг": ("килограмм", "килограмма", "килограммов"), "мг": ("миллиграмм", "миллиграмма", "миллиграммов"),
    "г": ("грамм", "грамма", "граммов"), "мл": ("миллилитр", "миллилитра", "миллилитров"),
    "л": ("литр", "литра", "литров"), "КБ": ("килобайт", "килобайта", "килобайт"),
    "МБ": ("мегабайт", "мегабайта", "мегабайт"), "ГБ": ("гигабайт", "гигабайта", "гигабайт"),
    "ТБ": ("терабайт", "терабайта", "терабайт"), "кВт": ("киловатт", "киловатта", "киловатт"),
    "Вт": ("ватт", "ватта", "ватт"), "В": ("вольт", "вольта", "вольт"), "Гц": ("герц", "герца", "герц"),
    "МГц": ("мегагерц", "мегагерца", "мегагерц"), "ГГц": ("гигагерц", "гигагерца", "гигагерц"),
    "мин": ("минута", "минуты", "минут"), "сек": ("секунда", "секунды", "секунд"),
    "с": ("секунда", "секунды", "секунд"),
    "ч": ("час", "часа", "часов"), "т": ("тонна", "тонны", "тонн"), "°C": ("градус", "градуса", "градусов"),
    "°С": ("градус", "градуса", "градусов"), "°": ("градус", "градуса", "градусов"),
    "%": ("процент", "процента", "процентов"), "шт": ("штука", "штуки", "штук"),
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))

_ENDINGS = {
    "й": {"case": "n", "gender": "m"}, "ый": {"case": "n", "gender": "m"}, "ой": {"case": "n", "gender": "m"},
    "я": {"case": "n", "gender": "f"}, "ая": {"case": "n", "gender": "f"}, "е": {"case": "n", "gender": "n"},
    "ое": {"case": "n", "gender": "n"}, "го": {"case": "g", "gender": "m"}, "му": {"case": "d", "gender": "m"},
    "м": {"case": "p", "gender": "m"}, "ю": {"case": "a", "gender": "f"},
}  # fmt: skip


def read_russian(text: str) -> str:
    """``text``, plain and in Russian, with everything that is not a word spelled out."""
    for abbreviation, words in _ABBREVIATIONS:
        text = re.sub(abbreviation, words, text)
    for pattern, read in _RULES:
        text = pattern.sub(read, text)
    return text


def _cardinal(number: Decimal, gender: str = "m") -> str:
    if number != number.to_integral_value():
        return in_words(number, "ru")
    return in_words(int(number), "ru", gender=gender)


def _ordinal(number: int, case: str = "n", gender: str = "m") -> str:
    return in_words(number, "ru", to="ordinal", case=case, gender=gender)


def _value(written: str) -> Decimal:
    return number_of(written, _THOUSANDS)


def _form(number: Decimal, forms: _Forms) -> str:
    """The form of the noun after ``number``."""
    if number != number.to_integral_value():
        return forms[1]
    last, tens = int(number) % 10, int(number) % 100
    if last == 1 and tens != 11:
        return forms[0]
    return forms[1] if 2 <= last <= 4 and not 12 <= tens <= 14 else forms[2]


def _counted(number: Decimal, forms: _Forms) -> str:
    gender = "f" if forms[0].endswith(("а", "я")) else "m"
    return f"{_cardinal(number, gender)} {_form(number, forms)}"


def _day(day: int, month: str, year: str | None) -> str:
    return f"{_ordinal(day, 'g', 'n')} {month}" + (f" {_ordinal(int(year), 'g')} года" if year else "")


def _date(year: str, month: int, day: int, written: str) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return written
    return _day(day, _MONTHS[month - 1], year)


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if hour > 23 or minute > 59:
        return match[0]
    if not minute:
        return _counted(Decimal(hour), _UNITS["ч"])
    return f"{_cardinal(Decimal(hour))} {'ноль ' * (minute < 10)}{_cardinal(Decimal(minute))}"


def _price(written: str, magnitude: str | None, sign: str) -> str:
    whole_forms, part_forms = _CURRENCIES[_SIGNS[sign]]
    value = _value(written)
    if magnitude:
        return f"{_counted(value, _LARGE[magnitude])} {whole_forms[2]}"
    whole, rest = int(value), int(value % 1 * 100)
    if not rest or part_forms is None or value != value.quantize(Decimal("0.01")):
        return _counted(value, whole_forms)
    return f"{_counted(Decimal(whole), whole_forms)} {_counted(Decimal(rest), part_forms)}"


def _measure(match: re.Match[str]) -> str:
    return f"{'минус ' * bool(match[1])}{_counted(_value(match[2]), _UNITS[match[3]])}"


def _plain(match: re.Match[str]) -> str:
    written, following = match[2], match[3] or ""
    if is_code(written):
        return match[0]
    value, noun = _value(written), following.strip().lower()
    if value % 10 == 1 and value % 100 != 11 and noun.endswith(("у", "ю")):
        said = in_words(int(value), "ru", gender="f", case="a")
    else:
        said = _cardinal(value, _gender(value, noun))
    return f"{'минус ' * bool(match[1])}{said}{following}"


def _gender(number: Decimal, following: str) -> str:
    """The gender of the counted noun, judged by its ending: the words for 1 and 2 depend on it."""
    last, tens = int(number) % 10, int(number) % 100
    if last == 1 and tens != 11:
        return "f" if following.endswith(("а", "я")) else "n" if following.endswith(("о", "е")) else "m"
    if last == 2 and tens != 12:
        return "f" if following.endswith(("ы", "и", "ые", "ие")) else "m"
    return "m"


def _rule(pattern: str, read: Callable[[re.Match[str]], str]) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    return re.compile(pattern), read


_RULES = (
    _rule(rf"{_START}(\d{{4}})-(\d\d)-(\d\d){_END}", lambda m: _date(m[1], int(m[2]), int(m[3]), m[0])),
    _rule(
        rf"{_START}(\d\d?)\.(\d\d)\.(\d{{4}})(?:\s?г\.)?(?!\d)", lambda m: _date(m[3], int(m[2]), int(m[1]), m[0])
    ),
    _rule(
        rf"{_START}(\d\d?)\s+({'|'.join(_MONTHS)})(?!\w)(?:\s+(\d{{4}})(?:\s?(?:г\.|года))?)?",
        lambda m: _day(int(m[1]), m[2], m[3]) if int(m[1]) else m[0],
    ),
    _rule(rf"{_START}(в|В)\s+(\d{{4}})\s?(?:г\.|году)", lambda m: f"{m[1]} {_ordinal(int(m[2]), 'p')} году"),
    _rule(rf"{_START}(\d{{4}})\s?(?:г\.|года)(?!\w)", lambda m: f"{_ordinal(int(m[1]), 'g')} года"),
    _rule(rf"{_START}(\d{{4}})\s?год(?!\w)", lambda m: f"{_ordinal(int(m[1]))} год"),
    _rule(r"(?<![\d:])(\d\d?):(\d\d)(?!:?\d)", _time),
    _rule(rf"{_START}({_NUMBER}){_MAGNITUDE}?\s?({_SIGN})(?!\w)", lambda m: _price(m[1], m[2], m[3])),
    _rule(rf"({_CURRENCY})\s?({_NUMBER}){_MAGNITUDE}?", lambda m: _price(m[2], m[3], m[1])),
    _rule(rf"{_START}({_NUMBER}){_MAGNITUDE}(?!\w)", lambda m: _counted(_value(m[1]), _LARGE[m[2]])),
    _rule(rf"{_START}([-−])?({_NUMBER})\s?({_UNIT})(?![\w/])", _measure),
    _rule(
        rf"{_START}(\d{{1,4}})-({'|'.join(sorted(_ENDINGS, key=len, reverse=True))})(?!\w)",
        lambda m: _ordinal(int(m[1]), **_ENDINGS[m[2]]),
    ),
    _rule(
        rf"{_START}({_NUMBER})\s?[–—-]\s?({_NUMBER}){_END}",
        lambda m: f"{_cardinal(_value(m[1]))} — {_cardinal(_value(m[2]))}",
    ),
    _rule(rf"{_START}([-−])?({_NUMBER}){_END}(\s+[а-яё]+)?", _plain),
)  # fmt: skip
