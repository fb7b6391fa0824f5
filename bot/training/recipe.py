"""How a model is to be trained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import StarlingError
from bot.errors import translatable as _


class TrainingMethod(StrEnum):
    """What a model learns from the examples."""

    SUPERVISED = "supervised"
    """To give the answers."""
    PREFERENCE = "preference"
    """To prefer the answer of each pair to the rejected one (DPO)."""


MAX_EPOCHS = 50
MAX_BATCH = 256
MAX_BETA = 2.0
MAX_SEED = 2**31 - 1
MAX_SUFFIX_CHARS = 64
"""These five are OpenAI's limits (the description of POST /fine_tuning/jobs); they bind every trainer."""


class RecipeError(StarlingError):
    """Raised for a recipe with a value that is out of range."""

    sentence = _("{name} must be {allowed}.")

    def __init__(self, name: str, allowed: str) -> None:
        super().__init__(name=name, allowed=allowed)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained. Values that are None are left to the trainer.

    Raises:
        RecipeError: a value is out of range.
    """

    base: str
    """The model to start from, as the trainer names it."""
    method: TrainingMethod = TrainingMethod.SUPERVISED
    epochs: int | None = None
    """How many times each example is seen, 1 to 50."""
    batch_size: int | None = None
    """Examples per step, 1 to 256."""
    learning_rate_multiplier: float | None = None
    """Multiplies the trainer's own rate: more than 0, at most 100."""
    beta: float | None = None
    """How strongly preference training holds on to the model it starts from: more than 0, at most 2."""
    seed: int = 2026
    """0 to 2 ** 31 - 1."""
    suffix: str | None = None
    """A part of the new model's name, 1 to 64 characters."""
    adapter: str | None = None
    """An adapter for ``base``, a file that the trainer has made, from which training continues."""

    def __post_init__(self) -> None:
        _demand(self.epochs is None or 1 <= self.epochs <= MAX_EPOCHS, "epochs", f"1 - {MAX_EPOCHS}")
        _demand(self.batch_size is None or 1 <= self.batch_size <= MAX_BATCH, "batch_size", f"1 - {MAX_BATCH}")
        multiplier = self.learning_rate_multiplier
        _demand(multiplier is None or 0 < multiplier <= 100, "learning_rate_multiplier", "> 0, <= 100")
        _demand(self.beta is None or 0 < self.beta <= MAX_BETA, "beta", f"> 0, <= {MAX_BETA:g}")
        _demand(0 <= self.seed <= MAX_SEED, "seed", f"0 - {MAX_SEED}")
        fits = self.suffix is None or 1 <= len(self.suffix) <= MAX_SUFFIX_CHARS
        _demand(fits, "len(suffix)", f"1 - {MAX_SUFFIX_CHARS}")


def _demand(holds: bool, name: str, allowed: str) -> None:
    if not holds:
        raise RecipeError(name, allowed)
