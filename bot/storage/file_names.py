"""Which paths a stored file may have: relative, readable, and denoting the same file on every operating system."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import regex

from bot.errors import StarlingError
from bot.errors import translatable as _

MAX_PATH_BYTES = 400
MAX_NAME_BYTES = 240
"""NAME_MAX of Linux's file systems is 255; the rest leaves room for suffixes such as .zip.001."""
MAX_DEPTH = 10

_KEY = "key:"
"""The prefix of keys. No path begins with it, since paths have no colons."""
_SHOWN = 100

# Control characters, line and paragraph separators, surrogates (which undecodable names have), and characters that are
# invisible or change the direction of text, except the joiners, which emoji and Persian need.
_UNSEEN = r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|[\p{Cf}--[\u200c\u200d]]"
_REFUSED = regex.compile(rf"[\\:]|{_UNSEEN}", regex.VERSION1)
_HIDDEN = regex.compile(_UNSEEN, regex.VERSION1)
# A fast path for most names, with no character that is refused or changed by normalisation: thousands of names are
# checked while somebody types.
_USUAL = re.compile("[0-9A-Za-zА-Яа-яЁё_](?:[0-9A-Za-zА-Яа-яЁё_ .-]{0,118}[0-9A-Za-zА-Яа-яЁё_-])?")
_DEVICE = regex.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", regex.IGNORECASE)
"""Names that Windows treats as devices; people download the files to Windows."""
_DEVICE_BEGINNINGS = frozenset({"con", "prn", "aux", "nul", "com", "lpt"})


class BadFileNameError(StarlingError):
    """Raised for a path that no stored file may have."""

    sentence = _(
        "{path} cannot be the name of a file here. Give a path within the folder, such as exports/march.jsonl, without "
        "hidden or special characters."
    )

    def __init__(self, path: str) -> None:
        super().__init__(path=shown(path))


def shown(text: str, max_chars: int = _SHOWN) -> str:
    """``text``, such as a path, for display in a sentence: in backticks, on one line of at most ``max_chars``
    characters, without markdown or invisible characters. The middle of a longer text is left out."""
    plain = _HIDDEN.sub("�", re.sub(r"\s", " ", text)).replace("`", "'")
    if len(plain) > max_chars:
        plain = f"{plain[: max_chars // 2 - 1]}…{plain[-(max_chars // 2) :]}"
    return f"`{plain or ' '}`"


def split_path(path: str) -> tuple[str, ...]:
    """The folders and the file name in ``path``, normalised to NFC.

    Raises:
        BadFileNameError: the path is absolute or empty, leads upwards, is longer than 400 bytes in UTF-8 or deeper than
            ten names, or ``is_name`` is false for one of its names.
    """
    names = tuple(unicodedata.normalize("NFC", path).split("/"))
    if len(names) > MAX_DEPTH or not all(is_name(name) for name in names):
        raise BadFileNameError(path)
    if len("/".join(names).encode()) > MAX_PATH_BYTES:
        raise BadFileNameError(path)
    return names


def is_name(name: str) -> bool:
    """Whether ``name``, already in NFC, may be the name of a file or a folder. It must not begin with a dot (hidden
    files, ``.`` and ``..``) or a space, or end in one, or have a slash, backslash, colon, control or bidirectional
    character, or a character that looks like a separator. It must not be a device on Windows, and have at most 240
    bytes in UTF-8."""
    if _USUAL.fullmatch(name) and name[:3].lower() not in _DEVICE_BEGINNINGS:
        return True
    if not name or name[0] in ". " or name[-1] in ". " or "/" in name or _REFUSED.search(name):
        return False
    if name.isascii():
        return len(name) <= MAX_NAME_BYTES and not _DEVICE.fullmatch(name)
    if len(name.encode()) > MAX_NAME_BYTES or not unicodedata.is_normalized("NFC", name):
        return False
    alike = unicodedata.normalize("NFKC", name)
    return not set("/\\:") & set(alike) and alike[0] not in ". " and alike[-1] != " " and not _DEVICE.fullmatch(alike)


def key_of(path: str) -> str:
    """A key of 36 ASCII characters that stands for ``path``, always the same, where the path itself is too long."""
    return _KEY + hashlib.sha256(path.encode()).hexdigest()[:32]


def is_key(given: str) -> bool:
    """Whether ``given`` is a key rather than a path; no path is a key."""
    return given.startswith(_KEY)
