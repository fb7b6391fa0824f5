"""A dataset, its versions, and the results of changing and selecting them.

A version that was selected for training is sealed: the next change makes a new version with copies of its examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.file_names import shown


class DatasetLabel(StrEnum):
    """What a model is to learn from a dataset."""

    POSITIVE = "positive"
    """To speak like it."""
    NEGATIVE = "negative"
    """Not to speak like it."""


class DatasetExistsError(StarlingError):
    """Raised when a new dataset's name is already taken, ignoring case."""

    sentence = _("There is a dataset {name} already. Add to it, or choose another name.")

    def __init__(self, name: str) -> None:
        super().__init__(name=shown(name))


class NoSuchDatasetError(StarlingError):
    """Raised when a guild has no dataset of that name, or the dataset has no such version."""

    sentence = _("There is no dataset {name} here. /dataset list shows what there is.")

    def __init__(self, name: str, version: int | None = None) -> None:
        super().__init__(name=shown(name if version is None else f"{name} v{version}"))


class NoSuchExampleError(StarlingError):
    """Raised when a dataset does not, or no longer, contain the example."""

    sentence = _("There is no such example in {name}. Choose one of those that are offered while you type.")

    def __init__(self, name: str) -> None:
        super().__init__(name=shown(name))


@dataclass(frozen=True, slots=True)
class Dataset:
    """One version of a dataset. All datetimes are aware, UTC."""

    id: str
    """32 hexadecimal digits."""
    guild_id: int
    name: str
    version: int
    """From 1."""
    created_by: int | None
    """The user who made this version; None once their data was erased."""
    created_at: datetime
    changed_at: datetime
    content_hash: str
    """64 hexadecimal digits, the same for the same examples in any order, whoever gave them."""
    selected_as: DatasetLabel | None
    """The label under which it is currently selected for training; None if it is not selected."""
    sealed_at: datetime | None
    """When it was first selected or trained on; since then only withdrawals have changed it."""
    trained_at: datetime | None
    """When a model was first trained on it."""
    withdrawn_at: datetime | None = None
    """When somebody last took back an example after a model had been trained on this version."""
    withdrawn_examples: int = 0
    """How many examples were taken back that way; nothing else of them is kept."""


@dataclass(frozen=True, slots=True)
class ExampleHit:
    """A search result: an example's key and the beginnings of its texts."""

    key: str
    prompt: str
    answer: str | None
    rejected: str | None


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """The outcome of a change."""

    dataset: Dataset
    """The version that was changed or made."""
    made_version: bool
    """Whether this version was made for the change because the previous one was sealed."""
    changed: int
    """How many examples were added or removed."""
    unchanged: int
    """How many of the given examples were already there."""
    withdrawn: int = 0
    """How many of the given examples were left out because they have since been taken back."""
    taken_over: bool = False
    """Whether the examples came in an archive that was not made here, and so count as given by its uploader."""


@dataclass(frozen=True, slots=True)
class DatasetSelection:
    """The version that was selected, and the one it replaced, if any."""

    selected: Dataset
    replaced: Dataset | None
