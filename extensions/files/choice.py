"""Choosing a stored file by typing a part of its path."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import islice

from bot.storage.file_names import key_of
from bot.storage.files import StoredFile
from bot.ui.file_text import age_text, size_text
from bot.ui.language_choice import MAX_CHOICES

_LIMIT = 100
"""The most characters of a choice's name and of its value (Discord, Application Command Option Choice)."""


def file_choices(files: Sequence[StoredFile], typed: str, locale: str) -> list[tuple[str, str]]:
    """At most 25 pairs of (label, path or key) for the files whose path contains ``typed``, in the order of ``files``.

    A path of more than 100 characters is chosen by its key.
    """
    wanted = unicodedata.normalize("NFC", typed).strip().casefold()
    fitting = (file for file in files if wanted in file.path.casefold() or wanted == key_of(file.path))
    return [
        (label_of(file, locale), file.path if len(file.path) <= _LIMIT else key_of(file.path))
        for file in islice(fitting, MAX_CHOICES)
    ]


def label_of(file: StoredFile, locale: str) -> str:
    """``exports/march.jsonl · 1.2 MB · 3 days ago``; of a long path, only the end is shown."""
    details = f" · {size_text(file.size_bytes, locale)} · {age_text(file.modified_at, locale)}"
    room = _LIMIT - len(details)
    path = file.path if len(file.path) <= room else "…" + file.path[-(room - 1) :]
    return path + details
