"""The text of a document, gathered from its parts up to a limit; in a sealed process."""

from __future__ import annotations

import codecs
import io
import json
import re
import zipfile
from collections.abc import Iterable

MAX_UNPACKED_BYTES = 256 << 20
"""What the files in an archive may have together, by what it says of them; what it does not say meets the limit of the
process."""
MAX_ENTRIES = 20_000
MAX_COLUMNS = 200
"""Of a sheet."""
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a file of Microsoft's begins that is of the old formats, or locked."""
_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""What is in one that is locked."""


class PasswordNeededError(Exception):
    """Raised when a document is locked."""


class OldFormatError(Exception):
    """Raised when a document is of an old format, whatever it is called."""


class NoTextFoundError(Exception):
    """Raised when there is no text in a document."""


class UnpackedTooLargeError(Exception):
    """Raised when an archive has more in it than anybody reads."""


def gathered(parts: Iterable[str], max_chars: int) -> bytes:
    """``parts``, a line each, up to ``max_chars`` characters, as JSON: ``text``, and ``is_cut``.

    Raises:
        NoTextFoundError: there is nothing in them.
    """
    lines: list[str] = []
    room, is_cut = max_chars, False
    for part in parts:
        # Half of a sign beyond the Basic Multilingual Plane, as damaged files have, is no text.
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
    """The archive in ``data``, which most documents are.

    Raises:
        PasswordNeededError: it is locked.
        OldFormatError: it is none, but a document of an old format.
        UnpackedTooLargeError: there is too much in it.
        zipfile.BadZipFile: it is none.
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
    """The document ``data`` with its main part called ``plain`` in place of any of ``kinds``, a regular expression:
    libraries refuse templates and files with macros by what they call themselves, although they are the same within.

    Raises: as ``archive``; ``KeyError`` where it does not say what its parts are.
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
    """One row of a table, or nothing where all of it is empty."""
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
    """Have the codecs loaded that documents name: none can be, once files cannot be opened."""
    for name in _ENCODINGS.split():
        codecs.lookup(name)
