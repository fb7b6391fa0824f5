"""How answers have gone lately, for those who watch over Starling."""

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
    """What an answer needs."""

    CHAT = "chat"
    RECOGNITION = "recognition"
    VOICE = "voice"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class AnswerFailure:
    """What went wrong last."""

    at: datetime
    error: str
    """The name of its class."""
    detail: LazyMessage
    """Its sentence, where it says nothing of what a person has sent; else that of any error."""
    cause: str = ""
    """What lies deepest behind it, such as a connection that was refused."""

    def __str__(self) -> str:
        return f"{self.detail} ({self.cause})" if self.cause else str(self.detail)


class Outcomes:
    """The last answer, the last failure, and what has failed since it last went well. Kept in memory alone, without a
    word of what people say."""

    def __init__(self) -> None:
        self.last_answer_at: datetime | None = None
        self.last_failure: AnswerFailure | None = None
        self.failures_in_a_row = 0
        """Answers that failed for something that the host may have to see to, since one went well."""
        self._broken: dict[AnswerPart, AnswerFailure] = {}

    def broken(self, part: AnswerPart) -> AnswerFailure | None:
        """Why ``part`` failed when it was last needed; None: it did not."""
        return self._broken.get(part)

    def answered(self, *, heard: bool) -> None:
        """An answer has come to its end; ``heard``: to a recording."""
        self.last_answer_at = datetime.now(UTC)
        self.failures_in_a_row = 0
        self.works(AnswerPart.CHAT)
        self.works(AnswerPart.DATABASE)
        if heard:
            self.works(AnswerPart.RECOGNITION)

    def failed(self, error: BaseException) -> None:
        """An answer has failed with ``error``."""
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
        """``part`` did not do what was wanted of it, which alone is no failed answer."""
        self._broken.setdefault(part, _failure(error, is_ours=True))

    def works(self, part: AnswerPart) -> None:
        """``part`` did what was wanted of it; answers that failed for want of it count no longer."""
        failure = self._broken.pop(part, None)
        if failure is not None and failure == self.last_failure:
            self.failures_in_a_row = 0


def _failure(error: BaseException, *, is_ours: bool) -> AnswerFailure:
    error = DatabaseFullError() if is_full(error) else error
    known = error if is_ours and isinstance(error, StarlingError) else StarlingError()
    cause = next(reversed(causes_of(error)), "")
    return AnswerFailure(datetime.now(UTC), type(error).__name__, LazyMessage(known.sentence, known.params), cause)
