"""How recent answers have turned out, for those who monitor Starling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from audio.errors import AudioError, RecordingError
from bot.conversation.errors import ChatError
from bot.errors import StarlingError, causes_of
from bot.i18n.message import LazyMessage
from bot.storage.database import DatabaseFullError, is_full
from bot.ui.error_report import concerns_host


class AnswerPart(StrEnum):
    """A component that answers depend on."""

    CHAT = "chat"
    RECOGNITION = "recognition"
    VOICE = "voice"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class AnswerFailure:
    """A failed answer."""

    at: datetime
    error: str
    """The name of the error's class."""
    detail: LazyMessage
    """The error's sentence if the host may have to act on the error; otherwise the generic one, which quotes nothing
    that a person has sent."""
    cause: str = ""
    """The root cause, such as a refused connection."""

    def __str__(self) -> str:
        return f"{self.detail} ({self.cause})" if self.cause else str(self.detail)


class Outcomes:
    """The last answer, the last failure, and what has failed since it last worked. Kept in memory only, and without
    anything that people have said."""

    def __init__(self) -> None:
        self.last_answer_at: datetime | None = None
        self.last_failure: AnswerFailure | None = None
        self.failures_in_a_row = 0
        """Answers that failed since the last success, for reasons that the host may have to act on."""
        self._broken: dict[AnswerPart, AnswerFailure] = {}

    def broken(self, part: AnswerPart) -> AnswerFailure | None:
        """Why ``part`` failed when it was last needed; None if it worked."""
        return self._broken.get(part)

    def answered(self, *, heard: bool) -> None:
        """Record that an answer was completed; ``heard``: it answered a recording."""
        self.last_answer_at = datetime.now(UTC)
        self.failures_in_a_row = 0
        self.works(AnswerPart.CHAT)
        self.works(AnswerPart.DATABASE)
        if heard:
            self.works(AnswerPart.RECOGNITION)

    def failed(self, error: BaseException) -> None:
        """Record that an answer failed with ``error``."""
        is_serious = concerns_host(error)
        failure = _failure(error, is_ours=is_serious)
        self.last_failure = failure
        if not is_serious:
            return
        self.failures_in_a_row += 1
        if isinstance(error, SQLAlchemyError):
            self._broken[AnswerPart.DATABASE] = failure
        elif isinstance(error, ChatError):
            self._broken[AnswerPart.CHAT] = failure
        elif isinstance(error, AudioError) and not isinstance(error, RecordingError):
            self._broken[AnswerPart.RECOGNITION] = failure

    def fails(self, part: AnswerPart, error: StarlingError) -> None:
        """Record that ``part`` failed; this alone does not count as a failed answer."""
        self._broken.setdefault(part, _failure(error, is_ours=True))

    def works(self, part: AnswerPart) -> None:
        """Record that ``part`` worked; if the last failure was due to it, the count of failures in a row starts
        again."""
        failure = self._broken.pop(part, None)
        if failure is not None and failure == self.last_failure:
            self.failures_in_a_row = 0


def _failure(error: BaseException, *, is_ours: bool) -> AnswerFailure:
    error = DatabaseFullError() if is_full(error) else error
    known = error if is_ours and isinstance(error, StarlingError) else StarlingError()
    cause = next(reversed(causes_of(error)), "")
    return AnswerFailure(datetime.now(UTC), type(error).__name__, LazyMessage(known.sentence, known.params), cause)
