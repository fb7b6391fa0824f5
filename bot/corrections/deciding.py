"""The rules for deciding on a correction, and for when it counts as approved."""

from __future__ import annotations

from collections.abc import Collection

from bot.corrections.correction import Correction, CorrectionState
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy

SOMEONE = _("someone who was forgotten since")


class AlreadyApprovedError(StarlingError):
    """Raised when someone decides on a correction that has already been approved."""

    sentence = _(
        "#{number} was already approved by {who}. /corrections edit reopens it, /corrections delete deletes it."
    )


class AlreadyRejectedError(StarlingError):
    """Raised when someone decides on a correction that has already been rejected."""

    sentence = _("#{number} was already rejected by {who}. /corrections edit reopens it.")


class AlreadyRetiredError(StarlingError):
    """Raised when someone decides on a correction that has already been replaced by another one."""

    sentence = _("#{number} was already replaced by {who}. /corrections edit reopens it.")


class AlreadyVotedError(StarlingError):
    """Raised when a person approves a text for the second time while approvals of others are missing."""

    sentence = _("You have already approved #{number}. It still needs the approval of others: {missing} more.")


class ChangedMeanwhileError(StarlingError):
    """Raised when a person decides on or edits a text that has changed since it was shown to them."""

    sentence = _("#{number} has changed since it was shown to you. Look at it again with /corrections show.")


def require_revision(correction: Correction, revision: int | None) -> None:
    """
    Raises:
        ChangedMeanwhileError: the text is no longer that of ``revision``, which the person saw; never with None, which
            stands for the current text.
    """
    if revision not in (None, correction.revision):
        raise ChangedMeanwhileError(number=correction.number)


def require_undecided(correction: Correction, decided_by: int | None) -> None:
    """
    Raises:
        AlreadyApprovedError, AlreadyRejectedError, AlreadyRetiredError: ``decided_by`` has already decided; None stands
            for someone who has since been forgotten.
    """
    who: str | LazyMessage = lazy(SOMEONE) if decided_by is None else f"<@{decided_by}>"
    if correction.state is CorrectionState.APPROVED:
        raise AlreadyApprovedError(number=correction.number, who=who)
    if correction.state is CorrectionState.RETIRED:
        raise AlreadyRetiredError(number=correction.number, who=who)
    if correction.state is not CorrectionState.PENDING:
        raise AlreadyRejectedError(number=correction.number, who=who)


def missing_approvals(correction: Correction, approvers: Collection[int], by: int, *, votes: int) -> int:
    """How many more people have to approve once ``by`` has; 0 if the correction is then approved. ``approvers``: who
    has approved the current text so far. ``votes``: how many people have to approve, at least 1.

    Raises:
        AlreadyVotedError: ``by`` has already approved, and approvals of others are missing.
    """
    missing = max(0, votes - len({*approvers, by}))
    if by in approvers and missing:
        raise AlreadyVotedError(number=correction.number, missing=missing)
    return missing
