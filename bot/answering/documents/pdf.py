"""PDF, including what was filled into its forms, read by PDFium, as in Chromium; the builds used here run no
scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2 as pdfium

from bot.answering.documents.gathering import PasswordNeededError, gathered, load_encodings

MAX_PAGES = 500


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    load_encodings()
    document = pdfium.PdfDocument.new()
    document.new_page(100, 100)
    list(_pages(document))


def read(data: bytes, *, max_chars: int) -> bytes:
    """The text of each page under its number, see ``gathered``.

    Raises:
        PasswordNeededError: it is locked.
        NoTextFoundError: none of its pages has text, as in a scan.
        Exception: of many kinds, if it is damaged.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise PasswordNeededError from error
        raise
    pages = (f"[Page {number}]\n{text}" for number, text in enumerate(_pages(document), 1) if text)
    return gathered(pages, max_chars)


def _pages(document: pdfium.PdfDocument) -> Iterator[str]:
    # Form values are separate from the pages until they are flattened into them.
    document.init_forms()
    has_forms = document.formenv is not None
    for number in range(min(len(document), MAX_PAGES)):
        page = document[number]
        if has_forms:
            page.flatten()
            page.close()
            page = document[number]
        words = page.get_textpage()
        yield words.get_text_bounded().replace("\r\n", "\n").strip()
        words.close()
        page.close()
    if len(document) > MAX_PAGES:
        yield "[…]"
