"""What is to be trained, and who asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.datasets.splitting import SEED
from bot.training.recipe import TrainingMethod


@dataclass(frozen=True, slots=True)
class TrainingStarter:
    """Who plans a training, and where it is shown."""

    guild_id: int
    user_id: int
    channel_id: int
    locale: str
    """The language of its card."""


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """What was asked for."""

    trainer: str
    """Its name."""
    base: str
    """The model to start from, as the trainer names it, or the name of one that the guild has trained."""
    method: TrainingMethod = TrainingMethod.SUPERVISED
    seed: int = SEED
    """0 to 2 ** 31 - 1; it also decides which examples are held out."""
