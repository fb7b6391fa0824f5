"""The text of a message's text files and documents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import hikari
import structlog
from cachetools import TTLCache

from bot.answering.unread_files import (
    FileDamagedError,
    FileEmptyError,
    FileLockedError,
    FileOfOldFormatError,
    FileOverLimitError,
    FileTooCostlyError,
    FileUnavailableError,
    FileUnreadError,
    FileWithoutTextError,
)  # fmt: skip
from bot.answering.voice_notes import is_recording
from bot.conversation.tokens import count_tokens, first_tokens
from bot.ui.bounded_download import DownloadFailedError, FileTooLargeError, LinkExpiredError
from bot.ui.downloading import download
from bot.ui.text_files import decoded_text
from bot.work.sealed import SealedProcesses, SealedWorkError, WorkLimits, WorkRaisedError

log = structlog.get_logger()

LIMIT_BYTES = 25 << 20
MAX_CHARS = 400_000
"""Per file: about 100,000 tokens of English."""
DECODED_BYTES = 1 << 20
"""How much of a text file is decoded: more than ``MAX_CHARS`` characters in most scripts."""
WORK = WorkLimits(memory_bytes=384 << 20, processor_s=15, output_bytes=4 << 20)
SHORT_PAGE_BYTES = 16 << 10
"""A web page up to this size is shown as its source: people ask about the code of such pages."""
KEPT, KEPT_S = 32, 3600.0
"""How many files' texts are cached in memory, and for how long: a conversation about a file reads it once."""

_DOCUMENTS = {
    "pdf": "pdf",
    "word": "docx docm dotx dotm",
    "slides": "pptx pptm ppsx ppsm potx",
    "sheets": "xlsx xlsm xltx xltm",
    "opendocument": "odt ott fodt ods ots odp otp",
    "books": "epub",
    "web": "html htm xhtml",
    "rtf": "rtf",
    "notebooks": "ipynb",
}
_READERS = {f".{suffix}": reader for reader, suffixes in _DOCUMENTS.items() for suffix in suffixes.split()}
"""The module of ``bot.answering.documents`` by suffix."""
_READERS_OF_TYPES = {
    "application/pdf": "pdf",
    "application/epub+zip": "books",
    "text/html": "web",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
}
_OLD = frozenset({".doc", ".dot", ".xls", ".xlt", ".ppt", ".pps", ".pages", ".numbers", ".key", ".wpd", ".wps"})
_OF_OLD_NAME = {".doc": "word", ".dot": "word", ".xls": "sheets", ".xlt": "sheets", ".ppt": "slides", ".pps": "slides"}
"""The reader by old suffix, for files that are really in the new format: those that are ZIP archives."""

_TEXT_TYPES = ("application/json", "application/xml", "application/yaml", "application/toml", "application/javascript")
_TEXT_NAMES = (
    "txt md rst log csv tsv json jsonl xml yaml yml toml ini cfg conf css js ts tsx jsx py rs go c h cpp hpp cs "
    "java kt swift rb php lua sh sql srt vtt tex diff patch "
    "vue svelte scss sass less ps1 psm1 bat cmd gradle kts groovy scala clj ex exs erl hs ml fs vb r jl dart zig "
    "nim asm s pl pm m mm proto graphql tf hcl properties env mk cmake org adoc bib eml ics vcf svg "
    "dockerfile makefile "
    "cc cxx hh hxx mjs cjs mts cts json5 ndjson geojson gitignore dockerignore editorconfig lock sol wgsl glsl hlsl "
    "vert frag cu cl pas dfm f90 f95 for ada adb ads d lisp el scm rkt nix bzl ino v sv vhd vhdl tcl awk sed zsh fish "
    "ipy pyi pyx rmd qmd ass ssa sub lrc textproto avsc xsd xsl xslt dtd plist service desktop reg po pot strings"
)
_TEXT_SUFFIXES = frozenset(f".{name}" for name in _TEXT_NAMES.split())


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file."""

    name: str
    text: str
    is_cut: bool
    """Whether it is only the beginning."""

    def __str__(self) -> str:
        """The text under the file's name, for a model."""
        fence = "```" if "```" not in self.text else "````"
        cut = " (only its beginning; the rest did not fit)" if self.is_cut else ""
        return f"{self.name}{cut}:\n{fence}\n{self.text}\n{fence}"


def is_readable(attachment: hikari.Attachment) -> bool:
    """Whether ``attachment`` is a text file or a document by its type or its name."""
    kind = _kind(attachment)
    return not is_recording(attachment) and (
        kind.startswith("text/") or kind in _TEXT_TYPES or _suffix(attachment) in _TEXT_SUFFIXES
        or _reader(attachment) is not None or _may_be_text(attachment)
    )  # fmt: skip


def fitted(files: Sequence[FileText], room_tokens: int) -> list[FileText]:
    """``files``, cut to ``room_tokens`` in total: long ones are cut so that short ones stay whole."""
    sizes = [count_tokens(file.text) for file in files]
    shares: dict[int, int] = {}
    for done, number in enumerate(sorted(range(len(files)), key=sizes.__getitem__)):
        shares[number] = min(sizes[number], room_tokens // (len(files) - done))
        room_tokens -= shares[number]
    return [
        file
        if sizes[number] <= shares[number]
        else replace(file, text=first_tokens(file.text, shares[number]), is_cut=True)
        for number, file in enumerate(files)
    ]


class FileTexts:
    """Reads files; documents are read in sealed processes."""

    def __init__(self, sealed: SealedProcesses) -> None:
        self._sealed = sealed
        self._kept: TTLCache[int, FileText] = TTLCache(KEPT, KEPT_S)

    async def read(self, attachment: hikari.Attachment) -> FileText:
        """The text of ``attachment``, up to ``MAX_CHARS`` characters.

        Raises:
            FileUnreadError: it cannot be read.
        """
        known = self._kept.get(attachment.id)
        if known is None:
            known = self._kept[attachment.id] = await self._read(attachment)
        return known

    async def _read(self, attachment: hikari.Attachment) -> FileText:
        name = attachment.filename
        is_old = _suffix(attachment) in _OLD
        if not is_old and not is_readable(attachment):
            raise FileUnreadError(name)
        data = await fetched(attachment, LIMIT_BYTES)
        reader = _reader_of_old(attachment, data) if is_old else _reader(attachment)
        if is_old and reader is None:
            raise FileOfOldFormatError(name)
        if reader is not None and not (reader == "web" and len(data) <= SHORT_PAGE_BYTES):
            return await self._document(name, reader, data)
        text = await asyncio.to_thread(decoded_text, data[:DECODED_BYTES])
        if text is None:
            raise FileUnreadError(name) if _may_be_text(attachment) else FileDamagedError(name)
        if not text.strip():
            raise FileEmptyError(name)
        return FileText(name, text.strip()[:MAX_CHARS], len(data) > DECODED_BYTES or len(text) > MAX_CHARS)

    async def _document(self, name: str, reader: str, data: bytes) -> FileText:
        function = f"bot.answering.documents.{reader}.read"
        try:
            found = json.loads(await self._sealed.run(function, data, WORK, max_chars=MAX_CHARS))
        except WorkRaisedError as error:
            log.info("a document was not read", reader=reader, error=error.kind)
            raise _REASONS.get(error.kind, FileDamagedError)(name) from error
        except (SealedWorkError, OSError) as error:
            raise FileTooCostlyError(name) from error
        return FileText(name, found["text"], found["is_cut"])


_REASONS: dict[str, type[FileUnreadError]] = {
    "PasswordNeededError": FileLockedError,
    "OldFormatError": FileOfOldFormatError,
    "NoTextFoundError": FileWithoutTextError,
    "UnpackedTooLargeError": FileTooCostlyError,
}
"""By the names of the errors that ``bot.answering.documents.gathering`` defines."""


async def fetched(attachment: hikari.Attachment, limit_bytes: int) -> bytes:
    """The bytes of ``attachment``.

    Raises:
        FileUnreadError: it is larger than the limit, or cannot be downloaded.
    """
    try:
        return await download(attachment, limit_bytes)
    except FileTooLargeError as error:
        raise FileOverLimitError(attachment.filename, limit_bytes) from error
    except (LinkExpiredError, DownloadFailedError) as error:
        raise FileUnavailableError(attachment.filename) from error


def _reader(attachment: hikari.Attachment) -> str | None:
    return _READERS.get(_suffix(attachment)) or _READERS_OF_TYPES.get(_kind(attachment))


def _reader_of_old(attachment: hikari.Attachment, data: bytes) -> str | None:
    """The reader for a file that has an old format's suffix but is in another format; None if it really is in the old
    format."""
    begun = data[:1000].lstrip().lower()
    if begun.startswith(b"{\\rtf"):
        return "rtf"
    if begun.startswith((b"<!doctype html", b"<html")):
        return "web"
    return _OF_OLD_NAME.get(_suffix(attachment)) if begun.startswith(b"pk") else None


def _kind(attachment: hikari.Attachment) -> str:
    return (attachment.media_type or "").partition(";")[0]


def _may_be_text(attachment: hikari.Attachment) -> bool:
    """Whether only its content can tell what ``attachment`` is, as for LICENSE, which has no suffix and no type."""
    has_suffix = "." in attachment.filename.strip(".")
    return not has_suffix and _kind(attachment) in ("", "application/octet-stream") and attachment.size <= DECODED_BYTES


def _suffix(attachment: hikari.Attachment) -> str:
    name = PurePosixPath(attachment.filename.lower())
    # A Dockerfile has that name or that suffix; a .gitignore has no other name.
    return name.suffix or f".{name.name.removeprefix('.')}"
