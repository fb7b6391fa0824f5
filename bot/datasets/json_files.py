"""Reads uploads in JSON (one document) and JSONL (one record a line)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from bot.datasets.chat_format import from_messages, from_preference
from bot.datasets.example import Example
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.fields import from_fields
from bot.datasets.problems import Problem, Problems, at_item, at_line
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage
from bot.storage.file_names import shown

NOT_JSON = _("This is not valid JSON, from character {column} on ({why}).")
NOT_JSON_AT = _("Line {line} is not valid JSON, from character {column} on ({why}).")
TOO_DEEP = _("This is nested too deeply.")
NOT_A_NUMBER = _("{value} is not a number in JSON.")
LONG_NUMBER = _("A number in it has too many digits.")
TWICE = _("The name {name} appears twice in one object.")
NOT_AN_OBJECT = _("This must be an object such as {example}.")
NO_LIST = _("The file must be a list of objects, one object, or one object a line.")

_LIKE_THIS = '`{"prompt": "…", "answer": "…"}`'


def from_jsonl(text: str, origin: ExampleOrigin, problems: Problems) -> Iterator[Example]:
    """Read the examples of ``text``, one JSON object a line; empty lines are skipped."""
    for number, line in enumerate(_lines(text), 1):
        if not line.strip():
            continue
        try:
            yield from from_record(load(line), origin)
        except json.JSONDecodeError as error:
            problems.add(at_line(number, LazyMessage(NOT_JSON, {"column": error.colno, "why": error.msg})))
        except Problem as problem:
            problems.add(at_line(number, problem.message))


def from_json(text: str, origin: ExampleOrigin, problems: Problems) -> Iterator[Example]:
    """Read the examples of ``text``, one JSON document: an object, or a list of objects and of lists of objects."""
    try:
        document = load(text)
    except json.JSONDecodeError as error:
        raise Problem(NOT_JSON_AT, line=error.lineno, column=error.colno, why=error.msg) from None
    if not isinstance(document, (list, dict)):
        raise Problem(NO_LIST)
    records = _flat(document) if isinstance(document, list) else [document]
    for number, record in enumerate(records, 1):
        try:
            yield from from_record(record, origin)
        except Problem as problem:
            problems.add(at_item(number, problem.message))


def from_record(record: Any, origin: ExampleOrigin) -> list[Example]:
    """The examples in one JSON value.

    Raises:
        Problem: the value is in none of the known formats.
    """
    if not isinstance(record, dict):
        raise Problem(NOT_AN_OBJECT, example=_LIKE_THIS)
    if "messages" in record:
        return from_messages(record, origin)
    if isinstance(record.get("input"), dict) or "preferred_output" in record:
        return [from_preference(record, origin)]
    return [from_fields(record, origin)]


def _lines(text: str) -> Iterator[str]:
    """Split at line feeds only, as JSON strings may contain other line separators. Lines are copied one at a time."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _flat(document: list[Any]) -> Iterator[Any]:
    for item in document:
        if isinstance(item, list):
            yield from item
        else:
            yield item


def load(text: str) -> Any:
    """Parse the JSON document ``text``.

    Raises:
        json.JSONDecodeError: it is not valid JSON.
        Problem: it is nested too deeply, repeats a name within an object, or has a number with too many digits or
            one that JSON does not allow, such as NaN.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecursionError:
        raise Problem(TOO_DEEP) from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # raised by int() for thousands of digits
        raise Problem(LONG_NUMBER) from None


def _refuse_constant(value: str) -> NoReturn:
    raise Problem(NOT_A_NUMBER, value=value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _value in pairs).most_common(1)[0][0]
        raise Problem(TWICE, name=shown(twice, 40))
    return found
