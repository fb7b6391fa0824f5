"""Limits on what people and guilds may submit."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import StarlingError
from bot.errors import translatable as _

MAX_CHARS = 2000
"""Longest prompt, and longest answer."""
MAX_PENDING = 20
"""Corrections of one person that may wait for a decision in a guild."""
MAX_PER_DAY = 50
"""Submissions and edits by one person in a guild within a ``DAY``."""
MAX_FEEDBACK_PER_DAY = 20
"""Feedback entries by one person within a ``DAY``, over all guilds and direct messages."""
DAY = timedelta(days=1)
MAX_KEPT = 10_000
"""Pending and approved corrections of a guild."""


class TextLengthError(StarlingError):
    """Raised for a text that is empty or longer than ``MAX_CHARS``."""

    sentence = _("Both the question and the answer need text, at most {limit} characters each; one has {count}.")

    def __init__(self, count: int) -> None:
        super().__init__(limit=MAX_CHARS, count=count)


class TooManyPendingError(StarlingError):
    """Raised when a person would have more than ``MAX_PENDING`` corrections waiting in a guild."""

    sentence = _(
        "{count} of your corrections are waiting for a moderator, which is the limit. Please wait, or take "
        "one back with /corrections delete."
    )

    def __init__(self) -> None:
        super().__init__(count=MAX_PENDING)


class TooManyTodayError(StarlingError):
    """Raised when a person submits and edits more than ``MAX_PER_DAY`` times within a ``DAY``."""

    sentence = _(
        "You have sent {count} corrections within a day, which is the limit. Thank you! Please continue tomorrow."
    )

    def __init__(self) -> None:
        super().__init__(count=MAX_PER_DAY)


class TooManyKeptError(StarlingError):
    """Raised when a guild would have more than ``MAX_KEPT`` pending and approved corrections."""

    sentence = _("This server has {count} corrections, which is the most that I keep. Its moderators can delete some.")

    def __init__(self) -> None:
        super().__init__(count=MAX_KEPT)


class TooMuchFeedbackError(StarlingError):
    """Raised when a person gives feedback more than ``MAX_FEEDBACK_PER_DAY`` times within a ``DAY``."""

    sentence = _("Thank you! You have told me {most} things today, which is as much as I take in a day.")

    def __init__(self) -> None:
        super().__init__(most=MAX_FEEDBACK_PER_DAY)


def storable(text: str) -> str:
    """``text`` in a form that both databases can store, without surrounding whitespace."""
    return text.replace("\r\n", "\n").replace("\0", "").encode(errors="replace").decode().strip()


def require_text(text: str) -> str:
    """``text`` as it is stored.

    Raises:
        TextLengthError: it is empty, or longer than ``MAX_CHARS``.
    """
    plain = storable(text)
    if not 0 < len(plain) <= MAX_CHARS:
        raise TextLengthError(len(plain))
    return plain


def require_room_for_person(*, pending: int = 0, today: int) -> None:
    """Check that a person may submit or edit one more correction in a guild where ``pending`` of theirs are waiting and
    they have submitted or edited ``today`` times within the last ``DAY``.

    Raises:
        TooManyPendingError, TooManyTodayError
    """
    if pending >= MAX_PENDING:
        raise TooManyPendingError
    if today >= MAX_PER_DAY:
        raise TooManyTodayError


def require_room_in_guild(kept: int) -> None:
    """Check that a guild with ``kept`` pending and approved corrections may have one more.

    Raises:
        TooManyKeptError
    """
    if kept >= MAX_KEPT:
        raise TooManyKeptError


def require_room_for_feedback(today: int) -> None:
    """Check that a person with ``today`` feedback entries within the last ``DAY`` may give one more.

    Raises:
        TooMuchFeedbackError
    """
    if today >= MAX_FEEDBACK_PER_DAY:
        raise TooMuchFeedbackError
