"""Texts of examples as they come from files: checked, and tidied at their ends."""

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
    """Who uploads a file, when, and what its answers are."""

    given_by: int
    created_at: datetime
    """Aware, UTC."""
    positive: bool = True
    """Whether answers that are not marked themselves are what to say, or what not to say."""

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
        """The example; one with an answer alone becomes negative when ``positive`` or else the file says so."""
        good = self.positive if positive is None else positive
        if answer is not None and rejected is None and not good:
            answer, rejected = None, answer
        return Example(
            prompt=prompt, answer=answer, rejected=rejected, given_by=self.given_by, source=ExampleSource.UPLOAD,
            created_at=self.created_at, system=system, turns=turns, language=language,
        )  # fmt: skip


def required(value: object, what: str) -> str:
    """``value`` as the text of an example, without white space around it; ``what`` names it in a problem.

    Raises:
        Problem: it is no text, empty, too long, or not printable.
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
    """``value`` as the text of an example, or None for what is not given: None, or nothing but white space.

    Raises:
        Problem: as ``required``.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return required(value, what)
