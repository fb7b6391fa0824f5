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
    """It was approved until another answer to the same question was approved in its place."""
    WITHDRAWN = "withdrawn"
    """Its texts are deleted; its number and history stay."""


class CorrectionAction(StrEnum):
    """What somebody does with a correction."""

    SUBMITTED = "submitted"
    EDITED = "edited"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class NoSuchCorrectionError(StarlingError):
    """Raised when a correction does not exist in a guild (any more), or the person may not see it."""

    sentence = _("There is no correction #{number} here, or not any more. /corrections list shows what there is.")

    def __init__(self, number: int | str) -> None:
        super().__init__(number=number)


@dataclass(frozen=True, slots=True)
class CorrectedAnswer:
    """The answer that a correction is about. Ids are Discord's."""

    guild_id: int
    channel_id: int
    message_id: int | None
    """The first message of the answer; None if something was taught without an answer."""
    original: str
    """What the bot said; empty if there was no answer."""
    question_id: int | None = None
    """The message with the question; None if it was not asked in a message."""
    asker_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewMessage:
    """The message that shows a correction to its reviewers. Ids are Discord's."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says the bot should have said. Datetimes are aware, in UTC; all ids but ``id`` are Discord's."""

    id: str
    """32 hexadecimal digits."""
    guild_id: int
    number: int
    """Counts from 1 in each guild; never reused."""
    channel_id: int
    message_id: int | None
    """The answer that it corrects; None if that was deleted, or there never was one."""
    question_id: int | None
    asker_id: int | None
    """Who asked the question."""
    author_id: int | None
    """Who submitted it; None once that person is forgotten."""
    text_by: int | None
    """Who wrote the current text: the author, or a moderator who edited it."""
    prompt: str
    answer: str
    """What the bot should say; like the prompt, empty once the correction is withdrawn."""
    original: str
    """What the bot said; empty if that was deleted, or there never was an answer."""
    state: CorrectionState
    revision: int
    """Counts from 1, one more with each edit. An approval counts only for the revision that it was given to."""
    created_at: datetime
    changed_at: datetime
    """When the current text was submitted, or the correction was withdrawn."""
    decided_at: datetime | None
    """When it was approved, rejected, retired or withdrawn; None while it is pending."""
    review_channel_id: int | None
    review_message_id: int | None
    """The message that shows it to its reviewers; None if there is none."""

    @property
    def is_without_answer(self) -> bool:
        """Whether it was taught on its own, not as a correction of an answer."""
        return self.asker_id is None and self.message_id is None and not self.original

    @property
    def review(self) -> ReviewMessage | None:
        """The message that shows it to its reviewers; None if there is none."""
        if self.review_channel_id is None or self.review_message_id is None:
            return None
        return ReviewMessage(self.review_channel_id, self.review_message_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody did with a correction."""

    actor_id: int | None
    """None if they were forgotten, or the correction was withdrawn because of a deletion."""
    action: CorrectionAction
    revision: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class SimilarCorrections:
    """The numbers of other corrections of the same question, oldest first."""

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
    """The outcome of an approval."""

    correction: Correction
    missing: int
    """How many approvals by other people it still needs; 0 if it is approved."""
    retired: tuple[Correction, ...] = ()
    """The corrections that it replaced."""


@dataclass(frozen=True, slots=True)
class WithdrawalResult:
    """What was withdrawn because a person or a message is to be forgotten."""

    forgotten: ErasureResult
    reviews: tuple[ReviewMessage, ...] = ()
    """The messages that showed the withdrawn corrections and still contain their texts."""
