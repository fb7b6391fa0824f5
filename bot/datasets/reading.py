"""Reads an uploaded file: either all of it is accepted, or everything that is wrong with it is reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from bot.datasets import csv_files, json_files
from bot.datasets.example import MAX_EXAMPLES, Example
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.plain_text import text_of
from bot.datasets.problems import MAX_PROBLEMS, Problem, Problems, TooManyProblems, UploadRefusedError
from bot.datasets.restoring import is_zip, restore
from bot.datasets.signing import ArchiveSigner
from bot.errors import translatable as _

MAX_BYTES = 8 << 20

TOO_LARGE = _("It is larger than {limit_mb} MB, which is the most I take. Split it.")
TOO_MANY = _("It has more than {limit} examples, which is the most I take. Split it.")
NO_EXAMPLES = _("There are no examples in it.")
AND_MORE = _("There are more; these are the first {count}.")


def read_upload(name: str, data: bytes, origin: ExampleOrigin, signer: ArchiveSigner | None = None) -> list[Example]:
    """The examples in a file that was uploaded as ``name``: JSONL or JSON (OpenAI's chat and preference formats, or
    objects with named fields), CSV, or an archive of a dataset.

    The content decides between JSON and CSV where the name does not. ``signer`` recognises archives that were made
    here; without it, no archive counts as such. Blocks: up to a few seconds for ``MAX_BYTES``.

    Raises:
        UploadRefusedError: something is wrong with the file; the error has the first 20 problems.
    """
    try:
        if len(data) > MAX_BYTES:
            raise Problem(TOO_LARGE, limit_mb=MAX_BYTES >> 20)
        if is_zip(data):
            return restore(data, origin, signer)
        return _read(name, text_of(data), origin)
    except Problem as problem:
        raise UploadRefusedError(name, [problem.message]) from None


def _read(name: str, text: str, origin: ExampleOrigin) -> list[Example]:
    problems, found = Problems(), list[Example]()
    try:
        for example in _examples(name, text, origin, problems):
            found.append(example)
            if len(found) > MAX_EXAMPLES:
                raise Problem(TOO_MANY, limit=MAX_EXAMPLES)
    except TooManyProblems:
        problems.messages.append(Problem(AND_MORE, count=MAX_PROBLEMS).message)
    if problems.messages:
        raise UploadRefusedError(name, problems.messages)
    if not found:
        raise Problem(NO_EXAMPLES)
    return found


def _examples(name: str, text: str, origin: ExampleOrigin, problems: Problems) -> Iterator[Example]:
    suffix = PurePosixPath(name.casefold()).suffix
    begins = text.lstrip()[:1]
    if suffix in (".csv", ".tsv") or (suffix not in (".json", ".jsonl", ".ndjson") and begins not in ("{", "[")):
        return csv_files.from_csv(text, origin, problems)
    if suffix in (".jsonl", ".ndjson") or (begins == "{" and _first_line_is_whole(text)):
        return json_files.from_jsonl(text, origin, problems)
    return json_files.from_json(text, origin, problems)


def _first_line_is_whole(text: str) -> bool:
    first = text.lstrip().partition("\n")[0].rstrip()
    return first.endswith("}")
