"""A dataset, its versions, and what is done with them.

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
    """Raised for a new dataset whose name is taken, but for case."""

    sentence = _("There is a dataset {name} already. Add to it, or choose another name.")

    def __init__(self, name: str) -> None:
        super().__init__(name=shown(name))


class NoSuchDatasetError(StarlingError):
    """Raised when a guild has no dataset of that name, or not that version."""

    sentence = _("There is no dataset {name} here. /dataset list shows what there is.")

    def __init__(self, name: str, version: int | None = None) -> None:
        super().__init__(name=shown(name if version is None else f"{name} v{version}"))


class NoSuchExampleError(StarlingError):
    """Raised when a dataset has no such example, or not any more."""

    sentence = _("There is no such example in {name}. Choose one of those that are offered while you type.")

    def __init__(self, name: str) -> None:
        super().__init__(name=shown(name))


@dataclass(frozen=True, slots=True)
class Dataset:
    """One version of a dataset. Moments are aware, UTC."""

    id: str
    """32 hexadecimal digits."""
    guild_id: int
    name: str
    version: int
    """From 1."""
    created_by: int | None
    """The user who made this version; None when they were forgotten."""
    created_at: datetime
    changed_at: datetime
    content_hash: str
    """64 hexadecimal digits: the same for the same examples in any order, whoever gave them."""
    selected_as: DatasetLabel | None
    """What it is to be trained on as now: what to say, what not to say, or not at all."""
    sealed_at: datetime | None
    """When it was first selected; it has not been changed since, but for withdrawals."""
    trained_at: datetime | None
    """When a model was first trained on it."""
    withdrawn_at: datetime | None = None
    """When somebody last took back an example that models have learned from it."""
    withdrawn_examples: int = 0
    """How many those are; nothing else of them is kept."""


@dataclass(frozen=True, slots=True)
class ExampleHit:
    """An example that was searched for: the beginnings of its texts."""

    key: str
    prompt: str
    answer: str | None
    rejected: str | None


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """What has become of a change."""

    dataset: Dataset
    """The version that was changed, or made."""
    made_version: bool
    """Whether the one before was sealed, so that this one was made."""
    changed: int
    """Examples that were added or removed."""
    unchanged: int
    """Examples that were given but there already."""
    withdrawn: int = 0
    """Examples that were given, but withdrawn by their giver after they had been given."""
    taken_over: bool = False
    """Whether they came in an archive that was not made here, and so count as given by the one who uploads it."""


@dataclass(frozen=True, slots=True)
class DatasetSelection:
    """What was selected, and what had been until then."""

    selected: Dataset
    replaced: Dataset | None
