"""Documents from people are read in processes that can do nothing else, and hostile ones do no harm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from bot.answering.documents import books, gathering, pdf, sheets, slides, web, word
from bot.answering.documents.gathering import (
    NoTextFoundError,
    OldFormatError,
    PasswordNeededError,
    UnpackedTooLargeError,
)
from bot.answering.file_texts import WORK, FileText, fitted
from bot.conversation.tokens import count_tokens
from bot.work.sealed import SealedProcesses, WorkLimits, WorkRaisedError
from tests.answering import made_documents as made

WORD_TYPES = "[Content_Types].xml"
CODE = "The code word is starling"
SAID: dict[str, tuple[Callable[[], bytes], str]] = {
    "pdf": (lambda: made.pdf(CODE), f"[Page 1]\n{CODE}"),
    "word": (lambda: made.word(CODE), f"# Plan\n{CODE}\nboth\nleft | right"),
    "slides": (lambda: made.slides(CODE), f"[Slide 1]\n{CODE}\n[Notes] smile"),
    "sheets": (lambda: made.sheets(CODE), f"[Sheet Sheet]\n{CODE} | 1 |  | 2.5"),
    "opendocument": (lambda: made.opendocument(CODE), f"# Plan\n\n{CODE}"),
    "books": (lambda: made.book(CODE), f"# One\n\n{CODE}"),
    "notebooks": (lambda: made.notebook(CODE), f"{CODE}\n\n```python\n1 + 1\n```\n\n[Output]\n2"),
    "rtf": (lambda: made.rtf(CODE), f"Plan\n{CODE}\nСкворцы — 椋鸟"),
    "web": (
        lambda: f"<meta charset=cp1251><h2>Скворцы</h2><script>x</script><p>{CODE}".encode("cp1251"),
        f"## Скворцы\n\n{CODE}",
    ),
}


def text_of(answer: bytes) -> str:
    return str(json.loads(answer)["text"])


async def test_documents_of_each_format_are_read_where_no_file_can_be_opened() -> None:
    sealed = SealedProcesses()

    async def read(reader: str, data: bytes) -> str:
        return text_of(await sealed.run(f"bot.answering.documents.{reader}.read", data, WORK, max_chars=1000))

    found = await asyncio.gather(*(read(reader, document()) for reader, (document, _text) in SAID.items()))
    assert found == [text for _document, text in SAID.values()]
    with pytest.raises(WorkRaisedError) as scan:
        await read("pdf", made.pdf(""))
    assert scan.value.kind == "NoTextFoundError"


def test_other_documents_of_the_same_programs_are_read() -> None:
    macros = made.changed(
        made.word(CODE), WORD_TYPES,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
    )  # fmt: skip
    show = made.changed(made.slides(CODE), WORD_TYPES, "presentation.main+xml", "slideshow.main+xml")
    for reader, data in ((word, macros), (slides, show)):
        assert CODE in text_of(reader.read(data, max_chars=1000))
    from bot.answering.documents import opendocument

    for sheet in (made.opendocument(CODE, "spreadsheet"), made.sheet_that_ends_late(CODE)):
        read = opendocument.read(sheet, max_chars=1000)
        assert text_of(read) == f"[Sheet Birds]\n{CODE} | 1\nleft | right"
    form = pdf.read(made.pdf_form("Your street:", CODE), max_chars=1000)
    assert text_of(form).split() == ["[Page", "1]", "Your", "street:", *CODE.split()]


def test_a_document_ends_where_nobody_reads_on() -> None:
    cut = json.loads(web.read(b"<p>" + b"word " * 1000, max_chars=100))
    assert cut["is_cut"]
    assert len(cut["text"]) <= 100
    long = text_of(pdf.read(made.pdf_of_pages(2 * pdf.MAX_PAGES, "hello"), max_chars=100_000))
    assert (long.count("hello"), long.endswith("[…]")) == (pdf.MAX_PAGES, True)
    with pytest.raises(NoTextFoundError):
        web.read(b"<script>1</script>", max_chars=100)


def test_archives_that_are_locked_or_hold_too_much_are_not_unpacked() -> None:
    with pytest.raises(PasswordNeededError):
        word.read(gathering.OLD + "EncryptedPackage".encode("utf-16-le"), max_chars=100)
    with pytest.raises(OldFormatError):
        word.read(gathering.OLD + bytes(100), max_chars=100)
    bomb = made.packed({"word/document.xml": bytes(gathering.MAX_UNPACKED_BYTES + 1)})
    assert len(bomb) < 4 << 20
    with pytest.raises(UnpackedTooLargeError):
        word.read(bomb, max_chars=100)


def hostile() -> dict[str, tuple[str, bytes]]:
    """Documents that hold more than they seem to, or request more than they may have, each with the module that reads
    it."""
    laughing = made.changed(made.word(CODE), "word/document.xml", "<w:document", f"{made.BOMB}<w:document")
    return {
        "entities in a document": ("word", made.changed(laughing, "word/document.xml", CODE, "&l9;")),
        "entities in a book": ("books", made.book(CODE, made.BOMB + made.PACKAGE.replace("<spine>", "<spine>&l9;"))),
        "entities in a sheet": (
            "sheets",
            made.packed({"[Content_Types].xml": f"{made.BOMB}<Types>&l9;</Types>", "xl/workbook.xml": "<a/>"}),
        ),
        "a secret file": ("books", made.book(CODE, made.SECRET + made.PACKAGE.replace("one%201", "&secret;"))),
        "tags without end": ("web", b"<div>" * 20_000),
        "groups without end": ("rtf", b"{\\rtf1 " + b"{" * 100_000),
        "links without end": ("rtf", b"{\\rtf1 " + b'{\\field{\\*\\fldinst HYPERLINK "' * 10_000),
        "lists without end": ("notebooks", b'{"cells":' + b"[" * 100_000),
        "cells without end": (
            "word",
            made.changed(made.word(CODE), "word/document.xml", "<w:sectPr", "<w:tbl><w:tr><w:tc>" * 3000 + "<w:sectPr"),
        ),
        "no archive": ("opendocument", b"PK\x03\x04" + bytes(1000)),
    }


async def test_hostile_documents_take_no_more_than_they_may_and_tell_no_secret() -> None:
    sealed = SealedProcesses()
    limits = WorkLimits(memory_bytes=128 << 20, processor_s=5)

    async def read(reader: str, data: bytes) -> str:
        try:
            return text_of(await sealed.run(f"bot.answering.documents.{reader}.read", data, limits, max_chars=1000))
        except WorkRaisedError as error:
            return error.kind

    for found in await asyncio.gather(*(read(reader, data) for reader, data in hostile().values())):
        assert "lollol" not in found
        assert "root:" not in found


async def test_nothing_that_a_document_links_to_is_fetched() -> None:
    asked: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    page = f'<!DOCTYPE html SYSTEM "{address}"><img src="{address}"><iframe src="{address}"></iframe><p>{CODE}'
    template = (
        '<Relationship Id="rId99" TargetMode="External" Target="{}" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/attachedTemplate"/></Relationships>'
    )
    linked = made.changed(made.word(CODE), "word/_rels/document.xml.rels", "</Relationships>", template.format(address))
    book = made.book(CODE, f'<!DOCTYPE a SYSTEM "{address}">{made.PACKAGE}')
    for reader, data in ((web, page.encode()), (word, linked), (books, book), (sheets, made.sheets(CODE))):
        read = await asyncio.to_thread(reader.read, data, max_chars=1000)
        assert CODE in text_of(read)
    server.close()
    await server.wait_closed()
    assert asked == []


def test_long_files_leave_short_ones_whole() -> None:
    long, short = FileText("long.txt", "word " * 5000, False), FileText("short.txt", "three little birds", False)
    cut, whole = fitted([long, short], 1000)
    assert whole == short
    assert cut.is_cut
    assert count_tokens(cut.text) <= 1000 - count_tokens(short.text)
    assert "(only its beginning" in str(cut)
