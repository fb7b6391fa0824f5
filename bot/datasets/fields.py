"""Reads examples from named fields (table rows or flat JSON objects) under the various names that people use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.datasets.example import Example
from bot.datasets.example_text import ExampleOrigin, optional, required
from bot.datasets.problems import Problem
from bot.errors import translatable as _
from bot.storage.file_names import shown

NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "input", "text", "instruction", "query", "user", "запрос", "вопрос", "текст"),
    "answer": (
        *("answer", "response", "output", "completion", "label", "reply", "chosen", "preferred", "assistant", "ответ"),
    ),
    "rejected": ("rejected", "rejected_answer", "non_preferred", "wrong", "bad_answer", "неверный_ответ"),
    "system": ("system", "system_prompt", "инструкция"),
    "language": ("language", "lang", "locale", "язык"),
    "positive": ("positive", "is_positive", "верно"),
}
"""The accepted names of each field; if a record has several of them, the first one counts."""

NO_PROMPT = _("There is no prompt here. Its field must be called {names}.")
NO_REPLY = _("There is no answer here. Its field must be called {names}.")
BAD_POSITIVE = _("{value} says neither yes nor no in {what}. Write true or false.")
BAD_LANGUAGE = _("{value} is not a language code. Write one such as en or ru.")
BOTH_AND_NEGATIVE = _("It has an answer and a rejected answer, so it cannot be marked as not positive.")

_YES = frozenset({"true", "yes", "y", "1", "1.0", "positive", "да", "+"})
_NO = frozenset({"false", "no", "n", "0", "0.0", "-1", "negative", "нет", "-"})


def normalized(name: object) -> str:
    """The name of a column or key, in the spelling of ``NAMES``."""
    return str(name).strip().strip("'").casefold().replace(" ", "_").replace("-", "_")


def known(names: Iterable[object]) -> dict[str, str]:
    """Map each field to the one of ``names`` that holds it; fields that are missing are left out."""
    by_name = {normalized(name): str(name) for name in reversed(list(names))}
    return {
        field: by_name[found]
        for field, accepted in NAMES.items()
        if (found := next((name for name in accepted if name in by_name), None)) is not None
    }


def from_fields(record: Mapping[str, object], origin: ExampleOrigin) -> Example:
    """Read ``record`` as an example.

    Besides the names in ``NAMES``, it may have the format of the first version of this bot: ``name``, ``text`` and
    ``label``, where a label that says yes or no marks ``text`` as a good or bad answer to ``name``; any other label
    is the answer to ``text``.

    Raises:
        Problem: ``record`` is not a valid example.
    """
    at = known(record)
    if (said := labelled(record)) is not None:
        return origin.example(required(said.name, "name"), required(said.text, "text"), positive=said.is_good)
    if "prompt" not in at:
        raise Problem(NO_PROMPT, names=shown("prompt, question, input"))
    if "answer" not in at and "rejected" not in at:
        raise Problem(NO_REPLY, names=shown("answer, response, output"))
    prompt = required(record[at["prompt"]], at["prompt"])
    answer = _reply(record, at, "answer")
    rejected = _reply(record, at, "rejected")
    positive = _positive(record, at)
    if answer is None and rejected is None:
        required("", at.get("answer", at.get("rejected", "")))
    if answer is not None and rejected is not None and positive is False:
        raise Problem(BOTH_AND_NEGATIVE)
    system = optional(record[at["system"]], at["system"]) if "system" in at else None
    return origin.example(prompt, answer, rejected, system=system, language=_language(record, at), positive=positive)


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """A record in the format of the first version of this bot, whose label says whether ``text`` is a good answer to
    ``name``. Neither value has been validated yet."""

    name: object
    text: object
    is_good: bool


def labelled(record: Mapping[str, object]) -> LabelledAnswer | None:
    """``record`` as a labelled answer, if it has ``name``, ``text`` and a ``label`` that says yes or no; else None."""
    names = {normalized(name): name for name in record}
    if not {"name", "text", "label"} <= set(names):
        return None
    is_good = polarity(record[names["label"]])
    return None if is_good is None else LabelledAnswer(record[names["name"]], record[names["text"]], is_good)


def polarity(value: object) -> bool | None:
    """Whether ``value`` says yes or no; None when it says neither."""
    text = str(value).strip().casefold()
    return True if text in _YES else False if text in _NO else None


def _reply(record: Mapping[str, object], at: Mapping[str, str], field: str) -> str | None:
    if field not in at:
        return None
    value = record[at[field]]
    if isinstance(value, (bool, int, float)):
        value = json.dumps(value)
    return optional(value, at[field])


def _positive(record: Mapping[str, object], at: Mapping[str, str]) -> bool | None:
    if "positive" not in at:
        return None
    value = record[at["positive"]]
    if value is None or value == "":
        return None
    said = polarity(value)
    if said is None:
        raise Problem(BAD_POSITIVE, value=shown(str(value), 40), what=shown(at["positive"], 40))
    return said


def _language(record: Mapping[str, object], at: Mapping[str, str]) -> str | None:
    text = optional(record[at["language"]], at["language"]) if "language" in at else None
    if text is None:
        return None
    code = text.casefold().replace("_", "-").partition("-")[0]
    if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha()):
        raise Problem(BAD_LANGUAGE, value=shown(text, 40))
    return code
