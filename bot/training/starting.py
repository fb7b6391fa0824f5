"""Which planned trainings may be started, and how often."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.training.states import TrainingState

PLANNED_FOR = timedelta(days=7)
"""Plans that nobody has started are forgotten after this long."""
DAY = timedelta(days=1)
"""The period for which the number of trainings that a guild may start is limited."""


class TooManyTrainingsError(StarlingError):
    """Raised when a guild has started as many trainings as it may within a day."""

    sentence = ngettext(
        "This server has started {most} training within a day, which is as many as I do. Try again tomorrow.",
        "This server has started {most} trainings within a day, which is as many as I do. Try again tomorrow.",
        number="most",
    )

    def __init__(self, limit: int) -> None:
        super().__init__(most=limit)


class AlreadyStartedError(StarlingError):
    """Raised when somebody starts or drops a plan that was already started or dropped."""

    sentence = _("That has already been decided: training #{number} is {state}.")

    def __init__(self, number: int, state: str) -> None:
        super().__init__(number=number, state=state)


def require_planned(number: int, state: TrainingState) -> None:
    """Check that training ``number`` has not been started yet.

    Raises:
        AlreadyStartedError
    """
    if state is not TrainingState.PLANNED:
        raise AlreadyStartedError(number, state)


def require_room_today(started: int, max_per_day: int) -> None:
    """Check that a guild that has ``started`` this many trainings within a ``DAY`` may start one more.

    Raises:
        TooManyTrainingsError
    """
    if started >= max_per_day:
        raise TooManyTrainingsError(max_per_day)
