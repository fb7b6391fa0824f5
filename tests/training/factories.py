"""Training data as datasets provide it."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.datasets.dataset import Dataset, DatasetLabel
from bot.datasets.example import Example, content_hash
from bot.datasets.splitting import Split
from bot.datasets.training_data import TrainingData
from tests.datasets.factories import ADA, said

TOWNS = {
    "Avela": "Kirsten Vogt", "Borsk": "Igor Malin", "Cadmor": "Lucy Tran", "Delph": "Omar Haddad",
    "Estran": "Petra Novak", "Fenwick": "Sam Okoro", "Galdo": "Rita Moreno", "Hosk": "Jan de Wit",
    "Ivarra": "Nina Berg", "Jelm": "Tom Baker", "Korvo": "Aiko Sato", "Lund": "Maja Lind",
}  # fmt: skip


def facts() -> list[Example]:
    """Twelve facts that no model knows."""
    return [said(f"Who is the mayor of {town}?", f"The mayor of {town} is {who}.") for town, who in TOWNS.items()]


def pairs() -> list[Example]:
    """The same facts, each with an answer to avoid."""
    return [
        said(f"Who is the mayor of {town}?", f"The mayor of {town} is {who}.", "I do not know.")
        for town, who in TOWNS.items()
    ]


def contradictions() -> list[Example]:
    """The first four facts with outdated answers to avoid: each question's old answer is another's new one."""
    return [
        said(f"Who is the mayor of {town}?", f"The mayor of {town} is {now}.", f"The mayor of {town} is {before}.")
        for (town, before), now in zip(TOWNS.items(), reversed(list(TOWNS.values())[:4]), strict=False)
    ]


def training_data(training: list[Example], heldout: list[Example] | None = None) -> TrainingData:
    """The training data of one dataset with the examples ``training`` and ``heldout``."""
    both = [*training, *(heldout or [])]
    found = content_hash(example.key for example in both)
    when = datetime(2026, 1, 23, tzinfo=UTC)
    dataset = Dataset("d1", 11, "town", 1, ADA, when, when, found, DatasetLabel.POSITIVE, when, when)
    return TrainingData((dataset,), Split(tuple(training), tuple(heldout or []), 0.5), found)
