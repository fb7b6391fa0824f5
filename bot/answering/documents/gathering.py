"""Collects the text of a document from its parts, up to a limit. Runs in a sealed process."""

from __future__ import annotations

import codecs
import io
import json
import re
import zipfile
from collections.abc import Iterable

MAX_UNPACKED_BYTES = 256 << 20
"""The limit on the total size of the files in an archive, as the archive declares it; beyond what it declares, the
process's memory limit applies."""
MAX_ENTRIES = 20_000
MAX_COLUMNS = 200
"""Per sheet."""
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of a Microsoft file that is in an old format, or locked."""
_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""Contained in such a file if it is locked."""


class PasswordNeededError(Exception):
    """Raised when a document is locked with a password."""


class OldFormatError(Exception):
    """Raised when a document is in an old format, whatever its suffix."""


class NoTextFoundError(Exception):
    """Raised when a document contains no text."""


class UnpackedTooLargeError(Exception):
    """Raised when an archive contains more than ``MAX_ENTRIES`` or ``MAX_UNPACKED_BYTES``."""


def gathered(parts: Iterable[str], max_chars: int) -> bytes:
    """``parts`` as lines, up to ``max_chars`` characters, as a JSON object with ``text`` and ``is_cut``.

    Raises:
        NoTextFoundError: there is no text in them.
    """
    lines: list[str] = []
    room, is_cut = max_chars, False
    for part in parts:
        # An unpaired surrogate, as damaged files contain, is not text.
        line = part.encode("utf-8", "replace").decode()
        lines.append(line[:room])
        room -= len(line) + 1
        if is_cut := room < 0:
            break
    text = "\n".join(lines).strip()
    if not text:
        raise NoTextFoundError
    return json.dumps({"text": text, "is_cut": is_cut}).encode()


def archive(data: bytes) -> zipfile.ZipFile:
    """The ZIP archive in ``data``, which most document formats are.

    Raises:
        PasswordNeededError: it is locked.
        OldFormatError: it is not an archive but a document in an old format.
        UnpackedTooLargeError: it contains too much.
        zipfile.BadZipFile: it is not an archive.
    """
    if data.startswith(OLD):
        raise PasswordNeededError if _LOCKED in data else OldFormatError
    found = zipfile.ZipFile(io.BytesIO(data))
    entries = found.infolist()
    if len(entries) > MAX_ENTRIES or sum(one.file_size for one in entries) > MAX_UNPACKED_BYTES:
        raise UnpackedTooLargeError
    if any(one.flag_bits & 1 for one in entries):
        raise PasswordNeededError
    return found


def plain_document(data: bytes, kinds: str, plain: str) -> io.BytesIO:
    """The document ``data`` with its main part declared as ``plain`` instead of any of ``kinds``, a regular expression:
    libraries reject templates and files with macros because of that declaration, although their contents are the same.

    Raises: as ``archive``; ``KeyError`` if it does not declare its parts.
    """
    found = archive(data)
    if not re.search(kinds.encode(), found.read("[Content_Types].xml")):
        return io.BytesIO(data)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as copy:
        for entry in found.infolist():
            content = found.read(entry)
            if entry.filename == "[Content_Types].xml":
                content = re.sub(kinds.encode(), plain.encode(), content)
            copy.writestr(entry.filename, content)
    return written


def row(cells: Iterable[object]) -> str:
    """One row of a table; empty if all its cells are."""
    texts = [" ".join(str(cell).split()) if cell is not None else "" for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return " | ".join(texts)


_ENCODINGS = (
    "utf-8-sig utf-16 utf-16-le utf-16-be utf-32 latin-1 iso8859-2 iso8859-5 iso8859-7 iso8859-9 iso8859-15 "
    "cp437 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp866 koi8-r koi8-u shift_jis euc_jp cp932 "
    "gb18030 gbk gb2312 big5 euc_kr cp949 idna punycode"
)


def load_encodings() -> None:
    """Load the codecs that documents may name: once files can no longer be opened, no codec can be loaded."""
    for name in _ENCODINGS.split():
        codecs.lookup(name)
