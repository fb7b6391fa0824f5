"""A correction, and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import ErasureResult


class CorrectionState(StrEnum):
    """What was decided about a correction."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETIRED = "retired"
    """It was approved, until another answer to the same question was approved in its place."""
    WITHDRAWN = "withdrawn"
    """Its texts are forgotten; its number and its history stay."""


class CorrectionAction(StrEnum):
    """What somebody does with a correction."""

    SUBMITTED = "submitted"
    EDITED = "edited"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class NoSuchCorrectionError(StarlingError):
    """Raised when a guild has no such correction, or not any more, or the person may not see it."""

    sentence = _("There is no correction #{number} here, or not any more. /corrections list shows what there is.")

    def __init__(self, number: int | str) -> None:
        super().__init__(number=number)


@dataclass(frozen=True, slots=True)
class CorrectedAnswer:
    """The answer that a correction is about. Ids are Discord's."""

    guild_id: int
    channel_id: int
    message_id: int | None
    """The first message of the answer; None where something was taught without one."""
    original: str
    """What the bot said; empty without an answer."""
    question_id: int | None = None
    """The message with the question, where it was asked by one."""
    asker_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewMessage:
    """The message in which a correction is shown to those who review it; ids are Discord's."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says that the bot should have said. Moments are aware, UTC; ids but the first are Discord's."""

    id: str
    """32 hexadecimal digits."""
    guild_id: int
    number: int
    """From 1 in each guild; never given twice."""
    channel_id: int
    message_id: int | None
    """The answer that it is about; None when that was deleted."""
    question_id: int | None
    asker_id: int | None
    """Who had asked."""
    author_id: int | None
    """Who submitted it; None when they were forgotten."""
    text_by: int | None
    """Who wrote the text as it is now: the author, or a moderator who edited it."""
    prompt: str
    answer: str
    """What the bot should say; empty, as the prompt, once withdrawn."""
    original: str
    """What the bot said; empty when that was deleted."""
    state: CorrectionState
    revision: int
    """From 1, one more with each edit. Approvals count for the text that they were given to."""
    created_at: datetime
    changed_at: datetime
    """When its text was submitted."""
    decided_at: datetime | None
    """When it was approved or rejected."""
    review_channel_id: int | None
    review_message_id: int | None
    """Where it is shown to those who review it; None where it is not."""

    @property
    def is_without_answer(self) -> bool:
        """Whether it was taught without an answer that it corrects."""
        return self.asker_id is None and self.message_id is None and not self.original

    @property
    def review(self) -> ReviewMessage | None:
        """Where it is shown to those who review it."""
        if self.review_channel_id is None or self.review_message_id is None:
            return None
        return ReviewMessage(self.review_channel_id, self.review_message_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody did with a correction."""

    actor_id: int | None
    """None when they were forgotten, or it came about by a deletion on Discord."""
    action: CorrectionAction
    revision: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class SimilarCorrections:
    """The numbers of others that ask the same, the oldest first."""

    duplicates: tuple[int, ...]
    """Pending or approved, with the same answer."""
    contradictions: tuple[int, ...]
    """Approved, with another answer."""


@dataclass(frozen=True, slots=True)
class ApprovedCorrection:
    """An approved correction, as recall needs it."""

    id: str
    number: int
    prompt: str
    answer: str


@dataclass(frozen=True, slots=True)
class ApprovalResult:
    """What has become of an approval."""

    correction: Correction
    missing: int
    """Approvals of others that it still needs; 0 when it is approved."""
    retired: tuple[Correction, ...] = ()
    """Those in whose place it was approved."""


@dataclass(frozen=True, slots=True)
class WithdrawalResult:
    """What was withdrawn because somebody, or a message, is to be forgotten."""

    forgotten: ErasureResult
    reviews: tuple[ReviewMessage, ...] = ()
    """The messages in which they were shown, which have their texts."""
