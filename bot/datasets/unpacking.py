"""Unpacks zips of tables and JSON that people send, in a sealed process, since their contents cannot be trusted."""

from __future__ import annotations

import codecs
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.datasets.archiving import MANIFEST, TABLE
from bot.datasets.problems import Problem
from bot.datasets.reading import MAX_BYTES
from bot.datasets.restoring import BROKEN, ENCRYPTED, LEADS_OUT, TWICE_IN_ZIP, UNPACKS_TOO_LARGE, leads_out
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage
from bot.storage.file_names import shown

SUFFIXES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".ndjson"})
"""The suffixes of files that examples are read from."""
MAX_FILES = 200
MAX_UNPACKED_BYTES = 32 << 20
"""All files together."""

TOO_MANY_FILES = _("There are more than {limit} files to read in it.")
FILE_TOO_LARGE = _("{name} is larger than {limit_mb} MB.")
TOOK_TOO_MUCH = _("Unpacking it takes too much time or memory.")


@dataclass(frozen=True, slots=True)
class ReadableFile:
    """A file whose examples are to be read."""

    name: str
    """The path, including folders."""
    data: bytes
    given_by: int | None = None
    """The user who uploaded it; None: whoever asks for it to be read."""


def is_dataset_archive(data: bytes) -> bool:
    """Whether ``data``, a zip, looks like an archive of a dataset: the names of a zip's files appear in it as plain
    bytes."""
    return MANIFEST.encode() in data and TABLE.encode() in data


def is_readable(path: str) -> bool:
    """Whether examples can be read from a file with this path, judging by its suffix."""
    return PurePosixPath(path.casefold()).suffix in SUFFIXES


def load() -> None:
    """Load the codec for file names in zips, while the process can still open files."""
    codecs.lookup("cp437")


def unpacked(data: bytes) -> bytes:
    """Unpack the zip ``data``: returns a line of JSON with names and sizes, followed by the contents of the readable
    files; or, if something is wrong with the zip, JSON with the problem. Runs in a sealed process; ``parted`` decodes
    the result."""
    try:
        files = _files_in(data)
    except Problem as problem:
        return json.dumps({"text": problem.message.text, "params": dict(problem.message.params)}).encode()
    sizes = [[name, len(content)] for name, content in files]
    return b"\n".join([json.dumps({"files": sizes}).encode(), b"".join(content for _name, content in files)])


def parted(made: bytes) -> list[ReadableFile]:
    """Decode the result of ``unpacked``.

    Raises:
        Problem: ``unpacked`` found something wrong with the zip.
    """
    line, _newline, contents = made.partition(b"\n")
    told = json.loads(line)
    if "files" not in told:
        message = LazyMessage(told["text"], told["params"])
        raise Problem(message.text, **message.params)
    found, start = list[ReadableFile](), 0
    for name, size in told["files"]:
        found.append(ReadableFile(str(name), contents[start : start + size]))
        start += size
    return found


def require_room(files: Sequence[tuple[str, int]]) -> None:
    """Check the number and sizes of ``files``, given as names and sizes in bytes.

    Raises:
        Problem: they are too many or too large to be read as one dataset.
    """
    if len(files) > MAX_FILES:
        raise Problem(TOO_MANY_FILES, limit=MAX_FILES)
    if (large := next((name for name, size in files if size > MAX_BYTES), None)) is not None:
        raise Problem(FILE_TOO_LARGE, name=shown(large, 60), limit_mb=MAX_BYTES >> 20)
    if sum(size for _name, size in files) > MAX_UNPACKED_BYTES:
        raise Problem(UNPACKS_TOO_LARGE, limit_mb=MAX_UNPACKED_BYTES >> 20)


def _files_in(data: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            infos = [info for info in zipped.infolist() if not info.is_dir()]
            for info in infos:
                if leads_out(info.orig_filename):
                    raise Problem(LEADS_OUT, name=shown(info.orig_filename, 60))
            infos = [info for info in infos if is_readable(info.filename) and not _is_hidden(info.filename)]
            require_room([(info.filename, info.file_size) for info in infos])
            names = [info.filename for info in infos]
            if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
                raise Problem(TWICE_IN_ZIP, name=shown(twice, 60))
            return [(info.filename, _content(zipped, info)) for info in infos]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise Problem(BROKEN, why=type(error).__name__) from None


def _content(zipped: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read one file; ``zipfile`` never yields more than the size that was checked."""
    if info.flag_bits & 1:
        raise Problem(ENCRYPTED)
    with zipped.open(info) as file:
        return file.read(MAX_BYTES)


def _is_hidden(name: str) -> bool:
    """Whether it is a hidden file, such as those that macOS adds to zips beside each file."""
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
