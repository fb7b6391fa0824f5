"""Sending a stored file: as it is if Discord accepts it, otherwise as a zip in parts."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import hikari
import lightbulb

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.storage.files import Folder
from bot.ui.command_reply import locale_of, respond
from bot.ui.file_text import size_text
from bot.ui.zip_parts import zip_parts

HERE_IT_IS = _("Here is the file you requested:")
ZIPPED = _("{path} is {size}, and Discord accepts at most {limit} here, so here it is as a zip:")
IN_PARTS = _(
    "{path} is {size}, and Discord accepts at most {limit} here, so it comes as a zip in {count} parts. "
    "Save all of them in an empty folder; then open the first with 7-Zip, or join them with `cat *.zip.* "
    "> joined.zip`."
)
PART = _("Part {numbers} of {count}")
EMPTY = _("{path} is empty, so there is nothing to send.")

REQUEST_BYTES = (25 << 20) - (64 << 10)
"""The most bytes of all files of one message together: Discord accepts requests of 25 MiB (Reference, Uploading Files),
and the rest is for the text around the files."""
FILES_A_MESSAGE = 10
MAX_MESSAGES = 6
"""A response and five more, which is the most that Discord lets an app send that is not in the guild (Interactions,
Followup Messages). With the limits of a guild without boosts, that is a zip of 149 MiB."""


class FileTooLargeToSendError(StarlingError):
    """Raised when even a zip in parts would take too many messages."""

    sentence = _(
        "{path} is {size}, which is too much to send through Discord even in parts. Ask the operator for it: "
        "it is in Starling's data folder, at {place}."
    )

    def __init__(self, path: str, size: str, place: str) -> None:
        super().__init__(path=shown(path), size=size, place=shown(f"{place}/{path}", max_chars=500))


async def deliver(context: lightbulb.Context, folder: Folder, path: str) -> None:
    """Answer ``context``, which was deferred, with the file at ``path``; in a guild, only the caller sees it.

    Raises:
        FileNotThereError: it is gone.
        FileTooLargeToSendError: it would take too many messages; none was sent.
    """
    with await folder.open(path) as source:
        size_bytes = os.fstat(source.fileno()).st_size
        if size_bytes == 0:
            await _send(context, translate(EMPTY, locale_of(context), path=shown(path)), [])
        elif size_bytes <= min(context.interaction.attachment_size_limit, REQUEST_BYTES):
            data = await asyncio.to_thread(source.read, size_bytes)
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            await _send(context, translate(HERE_IT_IS, locale_of(context)), [hikari.Bytes(data, _name_of(path), kind)])
        else:
            await _deliver_parts(context, folder, path, source, size_bytes)


async def _deliver_parts(
    context: lightbulb.Context, folder: Folder, path: str, source: BinaryIO, size_bytes: int
) -> None:
    locale, limit_bytes = locale_of(context), context.interaction.attachment_size_limit
    a_message = min(FILES_A_MESSAGE, -(-REQUEST_BYTES // limit_bytes))
    part_bytes = min(limit_bytes, REQUEST_BYTES // a_message)

    def parts() -> Iterator[bytes]:
        return zip_parts(source, _name_of(path), size_bytes=size_bytes, part_bytes=part_bytes)

    most = MAX_MESSAGES * a_message
    count = await asyncio.to_thread(lambda: sum(1 for _part in islice(parts(), most + 1)))
    size = size_text(size_bytes, locale)
    if count > most:
        raise FileTooLargeToSendError(path, size, folder.place)
    params = {"path": shown(path), "size": size, "limit": size_text(limit_bytes, locale)}
    text = translate(ZIPPED, locale, **params) if count == 1 else translate(IN_PARTS, locale, count=count, **params)
    made = parts()
    for first in range(1, count + 1, a_message):
        batch = await asyncio.to_thread(lambda: list(islice(made, a_message)))
        if count > a_message:
            numbers = f"{first}–{first + len(batch) - 1}" if len(batch) > 1 else first
            text = f"{text}\n{translate(PART, locale, numbers=numbers, count=count)}".strip()
        await _send(context, text, [_part(path, part, first + i if count > 1 else 0) for i, part in enumerate(batch)])
        text = ""


async def _send(context: lightbulb.Context, text: str, files: list[hikari.Bytes]) -> None:
    await respond(context, text, attachments=files, ephemeral=context.guild_id is not None)


def _part(path: str, data: bytes, number: int) -> hikari.Bytes:
    """Part ``number``, counted from 1; 0 stands for a zip that was not cut."""
    return hikari.Bytes(data, f"{_name_of(path)}.zip" + (f".{number:03}" if number else ""), "application/zip")


def _name_of(path: str) -> str:
    return path.rpartition("/")[2]
