"""The one place where errors are turned into what people are told: a sentence with a reference; the log has the
rest."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TypeGuard

import structlog

from bot.errors import StarlingError, causes_of
from bot.errors import translatable as _
from bot.i18n.translation import translate, translate_error
from bot.storage.database import DatabaseFullError, is_full
from bot.work.metrics import FAILURES

log = structlog.get_logger()

REFERENCE = _("Reference: {reference}")


class TookTooLongError(StarlingError):
    """Stands in for a bare timeout that no code below has turned into an error of its own."""

    sentence = _("This took too long, so I stopped. Please try again in a moment.")
    is_transient = True
    concerns_host = True


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """What a person is told when something failed."""

    text: str
    """One sentence in the person's language and, if the log says more, the reference below it in small print."""
    reference: str
    """Eight hexadecimal digits, which the log has too."""
    is_transient: bool
    """Whether trying again may help; True for unforeseen errors."""


def concerns_host(error: BaseException) -> bool:
    """Whether the host may have to look into ``error``: true of unforeseen errors, and of those declared so."""
    return not isinstance(error, StarlingError) or error.concerns_host


def is_slip(error: BaseException) -> TypeGuard[StarlingError]:
    """Whether the person can fix the error themselves, and the log says no more about it than they are told."""
    return isinstance(error, StarlingError) and not error.is_transient and not error.concerns_host


def report_error(error: BaseException, locale: str, **bound: object) -> ErrorReport:
    """Log ``error`` with the ids in ``bound``, and return what to tell the person.

    Errors that were raised on purpose are logged by name, all others with their traceback.
    """
    reference = secrets.token_hex(4)
    cause = TookTooLongError() if isinstance(error, TimeoutError) else DatabaseFullError() if is_full(error) else error
    if cause is not error:
        cause.__cause__ = error
    FAILURES.labels(type(cause).__name__, "host" if concerns_host(cause) else "person").inc()
    if is_slip(cause):
        log.info("reported a user error", error=type(cause).__name__, why=str(cause), reference=reference, **bound)
        return ErrorReport(translate_error(cause, locale), reference, is_transient=False)
    if isinstance(cause, StarlingError):
        text = translate_error(cause, locale)
        is_transient = cause.is_transient
        told = {"error": type(cause).__name__, "why": str(cause), "causes": causes_of(cause), "reference": reference}
        log.warning("reported an error", **told, **bound)
    else:
        text, is_transient = translate(StarlingError.sentence, locale), True
        log.error("unexpected error", reference=reference, exc_info=error, **bound)
    return ErrorReport(f"{text}\n-# {translate(REFERENCE, locale, reference=reference)}", reference, is_transient)
