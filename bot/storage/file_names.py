"""Which paths a stored file may have: relative, plain to read, and the same file whatever system it comes from."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import regex

from bot.errors import StarlingError
from bot.errors import translatable as _

MAX_PATH_BYTES = 400
MAX_NAME_BYTES = 240
"""NAME_MAX of Linux's file systems is 255; the rest is for what is put behind a name, such as .zip.001."""
MAX_DEPTH = 10

_KEY = "key:"
"""No path begins so, for none has a colon."""
_SHOWN = 100

# Control characters, separators of lines, halves of surrogate pairs (undecodable names have them), and what is
# invisible or turns the direction of text; but the joiners, which emoji and Persian are written with.
_UNSEEN = r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|[\p{Cf}--[\u200c\u200d]]"
_REFUSED = regex.compile(rf"[\\:]|{_UNSEEN}", regex.VERSION1)
_HIDDEN = regex.compile(_UNSEEN, regex.VERSION1)
# Most names: nothing in them is refused, or changed by a normal form. Thousands are looked at while somebody types.
_USUAL = re.compile("[0-9A-Za-zА-Яа-яЁё_](?:[0-9A-Za-zА-Яа-яЁё_ .-]{0,118}[0-9A-Za-zА-Яа-яЁё_-])?")
_DEVICE = regex.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", regex.IGNORECASE)
"""Names that Windows takes for devices, where people download the files to."""
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
    """``text``, a path or another, for a sentence: one line of at most ``max_chars`` characters that no markdown and no
    invisible character changes; of a longer one, its beginning and its end."""
    plain = _HIDDEN.sub("�", re.sub(r"\s", " ", text)).replace("`", "'")
    if len(plain) > max_chars:
        plain = f"{plain[: max_chars // 2 - 1]}…{plain[-(max_chars // 2) :]}"
    return f"`{plain or ' '}`"


def split_path(path: str) -> tuple[str, ...]:
    """The folders and the name of ``path``, in Unicode's form NFC.

    Raises:
        BadFileNameError: it is absolute or empty, leads upwards, is longer than 400 bytes in UTF-8 or deeper than ten
            names, or one of its names is no ``is_name``.
    """
    names = tuple(unicodedata.normalize("NFC", path).split("/"))
    if len(names) > MAX_DEPTH or not all(is_name(name) for name in names):
        raise BadFileNameError(path)
    if len("/".join(names).encode()) > MAX_PATH_BYTES:
        raise BadFileNameError(path)
    return names


def is_name(name: str) -> bool:
    """Whether ``name``, already in NFC, may be a file's or a folder's: nothing hidden (``.`` and ``..`` begin with a
    dot), nothing that ends in a dot or a space, no backslash, colon, control or bidirectional character, nothing that
    looks like a separator or is a device on Windows, and at most 240 bytes in UTF-8."""
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
    """A name of 36 ASCII characters for ``path``, always the same, for where the path itself is too long."""
    return _KEY + hashlib.sha256(path.encode()).hexdigest()[:32]


def is_key(given: str) -> bool:
    """Whether ``given`` is a key; no path is."""
    return given.startswith(_KEY)
