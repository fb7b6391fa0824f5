"""DOCX: paragraphs and tables in their order. Macros, links and pictures are ignored."""

from __future__ import annotations

import io
from collections.abc import Iterator

import docx
from docx.document import Document
from docx.table import Table

from bot.answering.documents.gathering import gathered, plain_document, row

_PLAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_KINDS = (
    r"application/vnd\.ms-word\.(document|template)\.macroEnabled(Template)?\.main\+xml"
    r"|application/vnd\.openxmlformats-officedocument\.wordprocessingml\.template\.main\+xml"
)


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    document = docx.Document()
    document.add_paragraph("a", style="Heading 1")
    document.add_table(1, 1).cell(0, 0).text = "a"
    written = io.BytesIO()
    document.save(written)
    read(written.getvalue(), max_chars=10)


def read(data: bytes, *, max_chars: int) -> bytes:
    """The document's text, see ``gathered``.

    Raises: as ``plain_document`` and ``gathered``; any other exception if it is damaged.
    """
    return gathered(_blocks(docx.Document(plain_document(data, _KINDS, _PLAIN))), max_chars)


def _blocks(document: Document) -> Iterator[str]:
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from _rows(block)
        else:
            style = block.style.name if block.style is not None else None
            level = (style or "").removeprefix("Heading ")
            yield f"{'#' * int(level)} {block.text}" if level.isdecimal() and len(level) == 1 else block.text


def _rows(table: Table) -> Iterator[str]:
    for line in table.rows:
        # A merged cell is listed once for each column that it spans.
        cells = {id(cell._tc): cell for cell in line.cells}
        yield row(cell.text for cell in cells.values())
