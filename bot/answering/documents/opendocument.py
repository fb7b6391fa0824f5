"""ODT, ODS and ODP."""

from __future__ import annotations

import io
from collections.abc import Iterator

import odfdo

from bot.answering.documents.gathering import MAX_COLUMNS, archive, gathered, row


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    for kind in ("text", "spreadsheet", "presentation"):
        document = odfdo.Document(kind)
        document.body.append(odfdo.Table("a", width=1, height=1) if kind == "spreadsheet" else odfdo.Paragraph("a"))
        written = io.BytesIO()
        document.save(written)
        list(_lines(odfdo.Document(io.BytesIO(written.getvalue()))))


def read(data: bytes, *, max_chars: int) -> bytes:
    """The text of the document, the rows of its sheets, or the text of its slides, see ``gathered``.

    Raises: as ``archive`` and ``gathered``; any other exception if it is damaged.
    """
    archive(data)
    return gathered(_lines(odfdo.Document(io.BytesIO(data))), max_chars)


def _lines(document: odfdo.Document) -> Iterator[str]:
    if document.get_type() == "text":
        yield str(document.to_markdown())
        return
    if document.get_type() != "spreadsheet":
        yield from filter(None, map(str.strip, document.get_formatted_text().splitlines()))
        return
    for table in document.body.tables:
        yield f"[Sheet {table.name}]"
        # Office programs end sheets with a million empty rows, stored as a single repeated one.
        table.rstrip(aggressive=True)
        columns = (0, 0, MAX_COLUMNS - 1, None)
        yield from (line for values in table.iter_values(columns) if (line := row(values)))
