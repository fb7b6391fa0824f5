"""The root of every error that Starling raises on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


def translatable(sentence: str) -> str:
    """Mark ``sentence`` for the catalogues of translations; returns it unchanged."""
    return sentence


@dataclass(frozen=True, slots=True)
class Plural:
    """The singular form of a sentence that contains a number."""

    one: str
    number: str
    """The field that holds the number, unrounded and unformatted."""


PLURALS: dict[str, Plural] = {}
"""By the plural sentence, which identifies both forms."""


def translatable_plural(one: str, other: str, number: str = "count") -> str:
    """Like ``translatable``, for a sentence that depends on ``number``, one of its fields; returns ``other``, which is
    the key of its translations."""
    PLURALS[other] = Plural(one, number)
    return other


_ = translatable

MAX_CAUSES = 8
"""How many causes of an error are reported."""


class StarlingError(Exception):
    """Raised when Starling cannot do what was asked, for a reason that it can state.

    A subclass gives the sentence: what happened, to what, and what to do now. It is English, it is the key of its
    translations, and its ``{fields}`` are filled from ``params``; the same sentence serves the log, the command line
    and (translated) the user. Write it inside ``_("...")`` of ``bot.errors.translatable`` so that it gets into the
    catalogues.
    """

    sentence: ClassVar[str] = _("Something went wrong on our side. Please try again.")
    is_transient: ClassVar[bool] = False
    """Whether trying again a little later may succeed, so that a button for it is worth showing."""
    concerns_host: ClassVar[bool] = False
    """Whether something failed that whoever runs Starling may have to fix, rather than the user who sees the error."""

    def __init__(self, **params: object) -> None:
        super().__init__(params)
        self.params = params

    def __str__(self) -> str:
        return self.sentence.format(**self.params)


def causes_of(error: BaseException) -> list[str]:
    """The causes of ``error``, for the host: their class names, nearest first, and for the system's own errors (a
    refused connection, an unknown host name) the message too. Other messages are left out, since they may quote what
    a person said."""
    found: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(found) < MAX_CAUSES:
        name = type(cause).__name__
        found.append(f"{name}: {cause}" if isinstance(cause, OSError) and str(cause) else name)
        cause = cause.__cause__ or cause.__context__
    return found
