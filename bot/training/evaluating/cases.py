"""Test cases, and reading them from JSON, JSON lines, or a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.datasets.csv_files import BAD_CSV, delimiter_of
from bot.datasets.example import MAX_CHARS, Example, Turn
from bot.datasets.fields import known, labelled
from bot.datasets.json_files import NOT_JSON_AT, load
from bot.datasets.problems import Problem, at_item
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage

MAX_CASES = 200
"""The most in one test: with two models and a judge, 800 answers."""
MAX_BYTES = 1 << 20
MAX_ACCEPTED = 20
"""The most answers that one case may accept."""

PROMPT = ("prompt", "input", "question")
EXPECTED = ("expected", "output", "answer")
LISTS = ("cases", "tests", "prompts", "questions")

EXAMPLE = '`[{"prompt": "2 + 2?", "expected": "4"}, "Tell me a joke"]`'

NOT_UTF8 = _("This is not text in UTF-8.")
NO_CASES_IN_IT = _("This must be an object, a list of prompts, or a list of objects.")
NO_CASE = _("This must be a prompt in quotation marks, or an object.")
NO_PROMPT = _("It has none of these: {names}.")
PROMPT_IS_NO_TEXT = _("{name} must be text, and not empty.")
ANSWER_IS_NO_TEXT = _("{name} must be text or a number, or a list of those, and not empty.")
TOO_LONG = _("{name} has {characters} characters; I take at most {most}.")
TOO_MANY_ACCEPTED = _("{name} lists {count} answers; I take at most {most}.")
NONE_GIVEN = _("There is no prompt in it.")
TOO_MANY_CASES = _("There are {count} prompts in it; I take at most {most}.")
TOO_LARGE = _("It is larger than {limit_kb} KB.")


class CasesRefusedError(StarlingError):
    """Raised for test cases that cannot be read; none of them is used."""

    sentence = _("I cannot test with this. {problem}\nWhat I accept looks like this: {example}")

    def __init__(self, problem: LazyMessage) -> None:
        super().__init__(problem=problem, example=EXAMPLE)


class NothingHeldOutError(StarlingError):
    """Raised when a dataset holds out nothing that a model could be tested on."""

    sentence = _(
        "{name} holds out nothing to test with: it has too few answers, or they are all alike. "
        "Add some with /dataset add."
    )

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


@dataclass(frozen=True, slots=True)
class TestCase:
    """One prompt, and what would be a good answer to it."""

    __test__ = False
    """Keeps pytest from collecting the class as a test."""

    prompt: str
    expected: tuple[str, ...] | None = None
    """Any of these is right; None: the answer is shown but not judged."""
    system: str | None = None
    """The system message; None: the one that the test is run with."""
    turns: tuple[Turn, ...] = ()
    """What was said before, oldest first."""


def read_cases(data: str | bytes) -> tuple[TestCase, ...]:
    """The cases of a JSON document in UTF-8 (an object, a list of prompts, or a list of objects), of a file with one
    such document per line, or of a table whose header names its columns as objects name their fields.

    An object has a prompt under one of ``PROMPT``, and may have one or more answers under one of ``EXPECTED`` and an
    instruction under ``system``. It may also be in any form that ``from_fields`` accepts for a dataset, ``name``,
    ``text`` and ``label`` included, except that the answer is optional. An object without a prompt has a list under one
    of ``LISTS``, and its ``system`` applies to all of that list.

    Raises:
        CasesRefusedError: it is something else, or exceeds ``MAX_CASES`` or ``MAX_BYTES``.
    """
    try:
        return _read(data)
    except Problem as problem:
        raise CasesRefusedError(problem.message) from None


def from_examples(examples: Sequence[Example]) -> tuple[TestCase, ...]:
    """Cases from those examples of a dataset that have an answer, at most ``MAX_CASES``.

    If there are more, the choice depends only on the examples, so that two tests have the same cases.
    """
    answered = [example for example in examples if example.answer is not None]
    if len(answered) > MAX_CASES:
        keys = set(sorted(example.key for example in answered)[:MAX_CASES])
        answered = [example for example in answered if example.key in keys]
    return tuple(
        TestCase(example.prompt, (example.answer,), example.system, example.turns)
        for example in answered
        if example.answer is not None
    )


def _read(data: str | bytes) -> tuple[TestCase, ...]:
    if len(data if isinstance(data, bytes) else data.encode(errors="replace")) > MAX_BYTES:
        raise Problem(TOO_LARGE, limit_kb=MAX_BYTES >> 10)
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        raise Problem(NOT_UTF8) from None
    document = _document(text)
    system = None
    if isinstance(document, dict) and _asked(document) is None:
        found = next((name for name in LISTS if isinstance(document.get(name), list)), None)
        if found is None:
            raise Problem(NO_PROMPT, names=_names(PROMPT))
        document, system = document[found], _system(document)
    if not isinstance(document, (dict, list)):
        raise Problem(NO_CASES_IN_IT)
    if isinstance(document, dict):
        return (_case(document, system),)
    if not document:
        raise Problem(NONE_GIVEN)
    if len(document) > MAX_CASES:
        raise Problem(TOO_MANY_CASES, count=len(document), most=MAX_CASES)
    cases = []
    for number, item in enumerate(document, 1):
        try:
            cases.append(_case(item, system))
        except Problem as problem:
            at = at_item(number, problem.message)
            raise Problem(at.text, **at.params) from None
    return tuple(cases)


def _document(text: str) -> Any:
    """The parsed JSON of ``text``; a list if it is JSON lines or a table."""
    try:
        return load(text)
    except json.JSONDecodeError as error:
        if (lines := _lines(text)) is not None:
            return lines
        if (table := _table(text)) is not None:
            return table
        raise Problem(NOT_JSON_AT, line=error.lineno, column=error.colno, why=error.msg) from None


def _lines(text: str) -> list[Any] | None:
    """The JSON document of each line; None if the first line is none."""
    found: list[Any] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(load(line))
        except json.JSONDecodeError as error:
            if not found:
                return None
            raise Problem(NOT_JSON_AT, line=number, column=error.colno, why=error.msg) from None
    return found or None


def _table(text: str) -> list[dict[str, str]] | None:
    """The rows of a table, without empty cells and rows; None if its header names no prompt, nor ``name``, ``text`` and
    ``label``."""
    rows = csv.DictReader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter_of(text), strict=True)
    try:
        names = [name.strip() for name in rows.fieldnames or ()]
        if _asked(dict.fromkeys(names)) is None and labelled(dict.fromkeys(names, "yes")) is None:
            return None
        rows.fieldnames = names
        return [
            {name: cell for name, cell in row.items() if name in names and cell} for row in rows if any(row.values())
        ]
    except csv.Error as error:
        raise Problem(BAD_CSV, why=error) from None


def _case(item: Any, system: str | None) -> TestCase:
    if isinstance(item, str):
        return TestCase(_text(item, "prompt"), system=system)
    if not isinstance(item, dict):
        raise Problem(NO_CASE)
    system = _system(item) or system
    if (said := labelled(item)) is not None:
        # A bad answer is not one to expect.
        accepted = _accepted(said.text, "text") if said.is_good else None
        return TestCase(_text(said.name, "name"), accepted, system)
    asked = _asked(item)
    if asked is None:
        raise Problem(NO_PROMPT, names=_names(PROMPT))
    names = (*EXPECTED, *filter(None, [known(item).get("answer")]))
    wanted = next((name for name in names if item.get(name) is not None), None)
    return TestCase(_text(item[asked], asked), None if wanted is None else _accepted(item[wanted], wanted), system)


def _asked(item: Mapping[str, Any]) -> str | None:
    """The name of the field of ``item`` that holds the prompt; None if there is none."""
    return next((name for name in PROMPT if name in item), known(item).get("prompt"))


def _system(item: dict[str, Any]) -> str | None:
    return None if item.get("system") is None else _text(item["system"], "system")


def _accepted(value: Any, name: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_ACCEPTED:
        raise Problem(TOO_MANY_ACCEPTED, name=f"`{name}`", count=len(values), most=MAX_ACCEPTED)
    # In Python, a bool is an int too.
    numbers = (str(each) if isinstance(each, (int, float)) and not isinstance(each, bool) else each for each in values)
    texts = tuple(_text(each, name, ANSWER_IS_NO_TEXT) for each in numbers)
    if not texts:
        raise Problem(ANSWER_IS_NO_TEXT, name=f"`{name}`")
    return texts


def _text(value: Any, name: str, otherwise: str = PROMPT_IS_NO_TEXT) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Problem(otherwise, name=f"`{name}`")
    if len(value) > MAX_CHARS:
        raise Problem(TOO_LONG, name=f"`{name}`", characters=len(value), most=MAX_CHARS)
    # JSON can contain lone surrogates, which UTF-8 cannot encode.
    return value.strip().encode(errors="replace").decode()


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
