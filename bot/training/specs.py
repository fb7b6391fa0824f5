"""What somebody wants to have trained, and who does."""

from __future__ import annotations

from dataclasses import dataclass

from bot.datasets.splitting import SEED
from bot.training.recipe import TrainingMethod


@dataclass(frozen=True, slots=True)
class TrainingStarter:
    """Who has a training planned, and where it is shown."""

    guild_id: int
    user_id: int
    channel_id: int
    locale: str
    """The language that its card is in."""


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """What a training was asked to be."""

    trainer: str
    """Its name."""
    base: str
    """A model as the trainer names it, or one that the guild has trained."""
    method: TrainingMethod = TrainingMethod.SUPERVISED
    seed: int = SEED
    """0 to 2 ** 31 - 1; what is held out depends on it."""
