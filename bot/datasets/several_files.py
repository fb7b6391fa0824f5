"""Reads several files as one dataset, reporting everything that is wrong by file and line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.datasets.example import MAX_EXAMPLES, Example
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.problems import MAX_PROBLEMS, Problem, UploadRefusedError
from bot.datasets.reading import AND_MORE, TOO_MANY, read_upload
from bot.datasets.unpacking import ReadableFile
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.storage.file_names import shown

AT_FILE = _("{file}: {problem}")
NOTHING_TO_READ = _("There is no CSV, JSON or JSONL file in it.")


def read_files(
    name: str, files: Sequence[ReadableFile], given_by: int, created_at: datetime, *, positive: bool
) -> list[Example]:
    """The examples of ``files``; ``name`` is what they are called together. ``given_by``: who gives the examples of
    files whose uploader is unknown; see ``ExampleOrigin`` for the rest. Blocks.

    Raises:
        UploadRefusedError: something is wrong with some of the files; the error has the first 20 problems.
    """
    found, problems = list[Example](), list[LazyMessage]()
    for file in files:
        giver = given_by if file.given_by is None else file.given_by
        try:
            found += read_upload(file.name, file.data, ExampleOrigin(giver, created_at, positive))
        except UploadRefusedError as error:
            problems += [lazy(AT_FILE, file=shown(file.name, 60), problem=problem) for problem in error.problems]
        if len(problems) > MAX_PROBLEMS:
            problems[MAX_PROBLEMS:] = [Problem(AND_MORE, count=MAX_PROBLEMS).message]
            break
        if len(found) > MAX_EXAMPLES:
            problems.append(Problem(TOO_MANY, limit=MAX_EXAMPLES).message)
            break
    if not files:
        problems.append(Problem(NOTHING_TO_READ).message)
    if problems:
        raise UploadRefusedError(name, problems)
    return found
