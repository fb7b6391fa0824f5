"""Who may decide what about a correction, and when it is approved."""

from __future__ import annotations

from collections.abc import Collection

from bot.corrections.correction import Correction, CorrectionState
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy

SOMEONE = _("someone who was forgotten since")


class AlreadyApprovedError(StarlingError):
    """Raised when a correction is decided on that somebody has approved."""

    sentence = _(
        "#{number} was already approved by {who}. /corrections edit reopens it, /corrections delete deletes it."
    )


class AlreadyRejectedError(StarlingError):
    """Raised when a correction is decided on that somebody has rejected."""

    sentence = _("#{number} was already rejected by {who}. /corrections edit reopens it.")


class AlreadyRetiredError(StarlingError):
    """Raised when a correction is decided on in whose place another one was approved."""

    sentence = _("#{number} was already replaced by {who}. /corrections edit reopens it.")


class AlreadyVotedError(StarlingError):
    """Raised when a person approves for the second time."""

    sentence = _("You have already approved #{number}. It still needs the approval of others: {missing} more.")


class ChangedMeanwhileError(StarlingError):
    """Raised when a person decides on a text, or edits it, that somebody else has changed since it was shown."""

    sentence = _("#{number} has changed since it was shown to you. Look at it again with /corrections show.")


def require_revision(correction: Correction, revision: int | None) -> None:
    """
    Raises:
        ChangedMeanwhileError: its text is another than that of ``revision``, which somebody saw; None: who decides on
            it as it is.
    """
    if revision not in (None, correction.revision):
        raise ChangedMeanwhileError(number=correction.number)


def require_undecided(correction: Correction, decided_by: int | None) -> None:
    """
    Raises:
        AlreadyApprovedError, AlreadyRejectedError, AlreadyRetiredError: ``decided_by`` was first; None: somebody who
            was forgotten since.
    """
    who: str | LazyMessage = lazy(SOMEONE) if decided_by is None else f"<@{decided_by}>"
    if correction.state is CorrectionState.APPROVED:
        raise AlreadyApprovedError(number=correction.number, who=who)
    if correction.state is CorrectionState.RETIRED:
        raise AlreadyRetiredError(number=correction.number, who=who)
    if correction.state is not CorrectionState.PENDING:
        raise AlreadyRejectedError(number=correction.number, who=who)


def missing_approvals(correction: Correction, approvers: Collection[int], by: int, *, votes: int) -> int:
    """How many others have to approve once ``by`` does; 0: it is approved. ``approvers``: who approves its text as it
    is already. ``votes``: people who have to approve, at least 1.

    Raises:
        AlreadyVotedError: they do already, and others are missing.
    """
    missing = max(0, votes - len({*approvers, by}))
    if by in approvers and missing:
        raise AlreadyVotedError(number=correction.number, missing=missing)
    return missing
