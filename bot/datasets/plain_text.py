"""Decodes the bytes of an uploaded file to text."""

from __future__ import annotations

import codecs

from bot.datasets.problems import Problem
from bot.errors import translatable as _

NOT_UTF8 = _("Line {line} is not in UTF-8. Save the file as UTF-8 (in Excel: CSV UTF-8).")
NOT_UTF16 = _("It begins as UTF-16 but does not continue that way. Save the file as UTF-8.")
NO_TEXT = _("It is binary data, not text. I read JSONL, JSON, CSV, and the archives that I make.")
EMPTY = _("It is empty.")

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(data: bytes) -> str:
    """Decode ``data``: UTF-8 with or without a byte order mark, or UTF-16 with one. Line endings are kept.

    Raises:
        Problem: it is empty, binary, or in another encoding.
    """
    if data.startswith(_UTF16):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise Problem(NOT_UTF16) from None
    elif b"\0" in data:
        raise Problem(NO_TEXT)
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start]
            if sum(byte < 9 or 13 < byte < 32 for byte in data[:1024]) > 16:
                raise Problem(NO_TEXT) from None
            raise Problem(NOT_UTF8, line=before.count(b"\n") + 1) from None
    if "\0" in text:
        raise Problem(NO_TEXT)
    if not text.strip():
        raise Problem(EMPTY)
    return text
