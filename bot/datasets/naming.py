"""Which names datasets may have, and when two names are the same."""

from __future__ import annotations

import unicodedata

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.file_names import is_name, shown

MAX_NAME_CHARS = 50


class BadDatasetNameError(StarlingError):
    """Raised for a name that no dataset may have."""

    sentence = _(
        "{name} cannot be the name of a dataset. Give it up to {limit} letters, digits, spaces, dots or dashes."
    )

    def __init__(self, name: str) -> None:
        super().__init__(name=shown(name), limit=MAX_NAME_CHARS)


def tidied(name: str) -> str:
    """``name`` as it is stored: in Unicode NFC, with single spaces.

    Raises:
        BadDatasetNameError: the name is not allowed; as a dataset's archive is named after it, it must do as a file
            name.
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if len(tidy) > MAX_NAME_CHARS or not is_name(tidy) or set(tidy) & set('"*<>?|`'):
        raise BadDatasetNameError(name)
    return tidy


def key_of_name(name: str) -> str:
    """A key that is the same for names that differ only in case and spaces."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).split()).casefold())
