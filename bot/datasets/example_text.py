"""Checks and tidies the texts of examples that are read from files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bot.datasets.example import MAX_CHARS, Example, ExampleSource, Turn
from bot.datasets.problems import Problem
from bot.errors import translatable as _
from bot.storage.file_names import shown

NOT_TEXT = _("{what} is not text.")
EMPTY_TEXT = _("{what} is empty.")
TOO_LONG = _("{what} has {count} characters, and at most {limit} are allowed.")
UNPRINTABLE = _("{what} has characters that are not text (control characters, or half of one).")

_SHOWN = 40
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ExampleOrigin:
    """Who uploads a file, when, and whether its answers are what to say."""

    given_by: int
    created_at: datetime
    """Aware, UTC."""
    positive: bool = True
    """Whether answers without a mark of their own are what to say (True) or what not to say."""

    def example(
        self,
        prompt: str,
        answer: str | None,
        rejected: str | None = None,
        *,
        system: str | None = None,
        turns: tuple[Turn, ...] = (),
        language: str | None = None,
        positive: bool | None = None,
    ) -> Example:
        """Make an example. If it has only an answer, and ``positive`` (None: the file's default) is False, the answer
        becomes the rejected one."""
        good = self.positive if positive is None else positive
        if answer is not None and rejected is None and not good:
            answer, rejected = None, answer
        return Example(
            prompt=prompt, answer=answer, rejected=rejected, given_by=self.given_by, source=ExampleSource.UPLOAD,
            created_at=self.created_at, system=system, turns=turns, language=language,
        )  # fmt: skip


def required(value: object, what: str) -> str:
    """``value`` as the text of an example, stripped of surrounding white space; ``what`` names it in a problem.

    Raises:
        Problem: it is not a string, or it is empty, too long, or not printable.
    """
    if not isinstance(value, str):
        raise Problem(NOT_TEXT, what=shown(what, _SHOWN))
    text = value.strip()
    if not text:
        raise Problem(EMPTY_TEXT, what=shown(what, _SHOWN))
    if len(text) > MAX_CHARS:
        raise Problem(TOO_LONG, what=shown(what, _SHOWN), count=len(text), limit=MAX_CHARS)
    if _UNPRINTABLE.search(text):
        raise Problem(UNPRINTABLE, what=shown(what, _SHOWN))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def optional(value: object, what: str) -> str | None:
    """As ``required``, but None if ``value`` is None or only white space.

    Raises:
        Problem: as ``required``.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return required(value, what)
