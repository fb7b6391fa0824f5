"""Text that people attach as a file."""

from __future__ import annotations

import asyncio
import codecs

import charset_normalizer
import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.downloading import download

_ENCODINGS = (
    "cp1251", "cp1252", "cp1250", "cp1253", "cp1254", "koi8_r", "cp866", "shift_jis", "gb18030", "big5", "euc_kr",
    "euc_jp", "cp1255", "cp1256", "cp874", "iso8859_2", "iso8859_5", "koi8_u",
)  # fmt: skip
"""The encodings that are tried if a text is neither UTF-8 nor UTF-16; of similar ones, the most usual comes first."""
_ALIKE = 0.01
_MIN_IN_TEXT, _MAX_SHARE = 7, 0.9
TEXT_LIMIT_BYTES = 256 << 10
"""About 60,000 tokens: more than most models can take."""
GUESSED_BYTES = 64 << 10
"""How much of a text is used to guess its encoding."""


class NotTextError(StarlingError):
    """Raised when a file that looks like text by its name is not text."""

    sentence = _("I cannot read {name}: it is not text.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:80])


class TextTooLargeError(StarlingError):
    """Raised when a text file is larger than what a model could read."""

    sentence = _("{name} is too large for me: I read text files of at most {limit_kb} KB.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:80], limit_kb=TEXT_LIMIT_BYTES >> 10)


async def read_text_file(attachment: hikari.Attachment) -> str:
    """The text in ``attachment``, in any usual encoding, without surrounding whitespace.

    Raises:
        TextTooLargeError: it is larger than ``TEXT_LIMIT_BYTES``.
        NotTextError: it is not text.
        StarlingError: it could not be fetched, see ``download``.
    """
    if attachment.size > TEXT_LIMIT_BYTES:
        raise TextTooLargeError(attachment.filename)
    data = await download(attachment, TEXT_LIMIT_BYTES)
    text = await asyncio.to_thread(decoded_text, data)
    if text is None:
        raise NotTextError(attachment.filename)
    return text.strip()


def decoded_text(data: bytes) -> str | None:
    """The text ``data``, or the beginning of one, decoded from whichever encoding it seems to have; None if it is not
    text."""
    text = _decoded(data)
    return None if text is None or "\0" in text else text


def _of_unicode(data: bytes) -> str:
    """Which Unicode encoding ``data`` seems to have; UTF-8 if nothing suggests another."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    begun = data[:4096]
    for encoding, larger in (("utf-16-le", begun[1::2]), ("utf-16-be", begun[0::2])):
        # In UTF-16, text of an alphabet has one byte in every pair that is smaller than any byte of single-byte text.
        if len(larger) > 3 and sum(byte < _MIN_IN_TEXT for byte in larger) >= _MAX_SHARE * len(larger):
            return encoding
    return "utf-8-sig"


def _decoded(data: bytes) -> str | None:
    encoding = _of_unicode(data)
    # The beginning of a text may end in the middle of a character.
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(data)
    except UnicodeDecodeError:
        if b"\0" in data:
            return None
    found = list(charset_normalizer.from_bytes(data[:GUESSED_BYTES], cp_isolation=list(_ENCODINGS)))
    alike = [
        one.encoding
        for one in found
        if one.chaos - found[0].chaos < _ALIKE and found[0].coherence - one.coherence < _ALIKE
    ]
    return data.decode(min(alike, key=_rank), "replace") if alike else None


def _rank(encoding: str) -> int:
    return _ENCODINGS.index(encoding) if encoding in _ENCODINGS else len(_ENCODINGS)
