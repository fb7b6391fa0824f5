"""Text that people attach as a file."""

from __future__ import annotations

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.downloading import download

TEXT_LIMIT_BYTES = 256 << 10
"""About 60,000 tokens: more than most models can take."""


class NotTextError(StarlingError):
    """Raised when a file that looks like text by its name is something else."""

    sentence = _("I cannot read {name}: it is not text in UTF-8 or UTF-16.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:80])


class TextTooLargeError(StarlingError):
    """Raised when a text file is larger than what a model could read."""

    sentence = _("{name} is too large for me: I read text files of at most {limit_kb} KB.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:80], limit_kb=TEXT_LIMIT_BYTES >> 10)


async def read_text_file(attachment: hikari.Attachment) -> str:
    """The text in ``attachment``, which is UTF-8, or UTF-16 with a byte order mark, without space around it.

    Raises:
        TextTooLargeError: it is larger than ``TEXT_LIMIT_BYTES``.
        NotTextError: it is something else.
        StarlingError: it could not be fetched, see ``download``.
    """
    if attachment.size > TEXT_LIMIT_BYTES:
        raise TextTooLargeError(attachment.filename)
    data = await download(attachment, TEXT_LIMIT_BYTES)
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotTextError(attachment.filename) from error
    if "\0" in text:
        raise NotTextError(attachment.filename)
    return text.strip()
