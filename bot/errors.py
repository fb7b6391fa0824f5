"""The root of every error that Starling raises on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


def translatable(sentence: str) -> str:
    """Mark ``sentence`` for the catalogues of translations; returns it unchanged."""
    return sentence


@dataclass(frozen=True, slots=True)
class Plural:
    """What a sentence with a number in it is where the number calls for the singular."""

    one: str
    number: str
    """The field that has the number, unrounded and unformatted."""


PLURALS: dict[str, Plural] = {}
"""By the sentence in the plural, which stands for both."""


def translatable_plural(one: str, other: str, number: str = "count") -> str:
    """As ``translatable``, of a sentence that depends on ``number``, one of its fields; returns ``other``, which is the
    key of its translations."""
    PLURALS[other] = Plural(one, number)
    return other


_ = translatable

MAX_CAUSES = 8
"""How many causes of an error are told of."""


class StarlingError(Exception):
    """Raised when Starling cannot do what was asked, for a reason that can be told.

    A subclass gives the sentence: what happened, to what, and what to do now. It is English, it is the key of its
    translations, and its ``{fields}`` are filled from ``params``; the same sentence serves the log, the command line
    and (translated) the user. Write it inside ``_("...")`` of ``bot.errors.translatable`` so that catalogues find it.
    """

    sentence: ClassVar[str] = _("Something went wrong on our side. Please try again.")
    is_transient: ClassVar[bool] = False
    """Whether the same, tried again a little later, may go well: a button that does so is worth showing."""
    concerns_host: ClassVar[bool] = False
    """Whether something has failed that whoever runs Starling may have to see to, and not the one who is told."""

    def __init__(self, **params: object) -> None:
        super().__init__(params)
        self.params = params

    def __str__(self) -> str:
        return self.sentence.format(**self.params)


def causes_of(error: BaseException) -> list[str]:
    """What lies behind ``error``, for the host: the kinds of its causes, the nearest first, and of the system's own
    errors (a refused connection, a name that is unknown) the words as well. Words of others are left out, for they may
    quote what a person said."""
    found: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(found) < MAX_CAUSES:
        name = type(cause).__name__
        found.append(f"{name}: {cause}" if isinstance(cause, OSError) and str(cause) else name)
        cause = cause.__cause__ or cause.__context__
    return found
