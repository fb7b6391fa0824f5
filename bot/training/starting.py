"""What may be started of what was planned, and how often."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.training.states import TrainingState

PLANNED_FOR = timedelta(days=7)
"""Plans that nobody started are forgotten after so long."""
DAY = timedelta(days=1)
"""The time in which a guild may start so many."""


class TooManyTrainingsError(StarlingError):
    """Raised when a guild has started as many trainings in a day as it may."""

    sentence = ngettext(
        "This server has started {most} training within a day, which is as many as I do. Try again tomorrow.",
        "This server has started {most} trainings within a day, which is as many as I do. Try again tomorrow.",
        number="most",
    )

    def __init__(self, limit: int) -> None:
        super().__init__(most=limit)


class AlreadyStartedError(StarlingError):
    """Raised when a plan is started or dropped that was before."""

    sentence = _("That has already been decided: training #{number} is {state}.")

    def __init__(self, number: int, state: str) -> None:
        super().__init__(number=number, state=state)


def require_planned(number: int, state: TrainingState) -> None:
    """Look whether training ``number`` is still to be started.

    Raises:
        AlreadyStartedError
    """
    if state is not TrainingState.PLANNED:
        raise AlreadyStartedError(number, state)


def require_room_today(started: int, max_per_day: int) -> None:
    """Look whether a guild that has ``started`` so many within a ``DAY`` may start one more.

    Raises:
        TooManyTrainingsError
    """
    if started >= max_per_day:
        raise TooManyTrainingsError(max_per_day)
