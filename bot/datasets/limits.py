"""How much a guild may keep in datasets."""

from __future__ import annotations

from bot.datasets.example import MAX_EXAMPLES, MAX_TOTAL_CHARS
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.file_names import shown

MAX_DATASETS = 100
"""Datasets per guild, versions not counted."""
MAX_VERSIONS = 100
"""Versions per dataset."""


class TooManyDatasetsError(StarlingError):
    """Raised when a guild would have more than ``MAX_DATASETS``, or a dataset more than ``MAX_VERSIONS``."""

    sentence = _("There are {limit} datasets already, which is as many as I keep. Delete one with /dataset delete.")

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class DatasetFullError(StarlingError):
    """Raised when a dataset would have more than ``MAX_EXAMPLES`` or ``MAX_TOTAL_CHARS``; nothing was added."""

    sentence = _(
        "{name} would have {count} examples with {chars} characters; at most {limit} with {limit_chars} are kept. "
        "Nothing was added: take fewer, or make a second dataset."
    )

    def __init__(self, name: str, count: int, chars: int) -> None:
        super().__init__(name=shown(name), count=count, chars=chars, limit=MAX_EXAMPLES, limit_chars=MAX_TOTAL_CHARS)


class EmptyDatasetError(StarlingError):
    """Raised when an empty dataset is selected for training."""

    sentence = _("{name} has no examples yet. Add some with /dataset add.")

    def __init__(self, name: str) -> None:
        super().__init__(name=shown(name))


def require_room_for_dataset(datasets: int) -> None:
    """Check that a guild with this many ``datasets``, versions not counted, may have one more.

    Raises:
        TooManyDatasetsError
    """
    if datasets >= MAX_DATASETS:
        raise TooManyDatasetsError(MAX_DATASETS)


def require_room_for_version(versions: int) -> None:
    """Check that a dataset with this many ``versions`` may have one more.

    Raises:
        TooManyDatasetsError
    """
    if versions >= MAX_VERSIONS:
        raise TooManyDatasetsError(MAX_VERSIONS)


def require_room_for_examples(name: str, examples: int, chars: int) -> None:
    """Check that the dataset ``name`` may have this many ``examples``, with ``chars`` characters in total.

    Raises:
        DatasetFullError
    """
    if examples > MAX_EXAMPLES or chars > MAX_TOTAL_CHARS:
        raise DatasetFullError(name, examples, chars)
