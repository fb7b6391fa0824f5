"""XLSX: the rows of each sheet with the values that were last saved. Formulas are not evaluated, links are not
followed."""

from __future__ import annotations

import io
from collections.abc import Iterator

import openpyxl

from bot.answering.documents.gathering import MAX_COLUMNS, archive, gathered, row


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["a", 1, 1.5])
    written = io.BytesIO()
    book.save(written)
    read(written.getvalue(), max_chars=10)


def read(data: bytes, *, max_chars: int) -> bytes:
    """The rows of each sheet under its name, see ``gathered``.

    Raises: as ``archive`` and ``gathered``; any other exception if it is damaged.
    """
    archive(data)
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    return gathered(_rows(book), max_chars)


def _rows(book: openpyxl.Workbook) -> Iterator[str]:
    for sheet in book.worksheets:
        # The dimensions that a file declares may be wrong.
        sheet.reset_dimensions()
        lines = (row(values) for values in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
        is_named = False
        for line in lines:
            if line:
                if not is_named:
                    yield f"[Sheet {sheet.title}]"
                    is_named = True
                yield line
