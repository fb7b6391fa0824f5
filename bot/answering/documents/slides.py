"""PPTX: the text on each slide, and its notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pptx

from bot.answering.documents.gathering import gathered, plain_document, row

_PLAIN = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_KINDS = (
    r"application/vnd\.ms-powerpoint\.(template|slideshow)\.macroEnabled\.main\+xml"
    r"|application/vnd\.openxmlformats-officedocument\.presentationml\.(template|slideshow)\.main\+xml"
)


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[0])
    slide.shapes.title.text = "a"
    slide.notes_slide.notes_text_frame.text = "a"
    written = io.BytesIO()
    presentation.save(written)
    read(written.getvalue(), max_chars=10)


def read(data: bytes, *, max_chars: int) -> bytes:
    """The text of each slide under its number, see ``gathered``.

    Raises: as ``plain_document`` and ``gathered``; any other exception if it is damaged.
    """
    return gathered(_slides(pptx.Presentation(plain_document(data, _KINDS, _PLAIN))), max_chars)


def _slides(presentation: Any) -> Iterator[str]:
    for number, slide in enumerate(presentation.slides, 1):
        lines = [line for line in _texts(slide.shapes) if line.strip()]
        notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        if notes is not None and notes.text.strip():
            lines.append(f"[Notes] {notes.text}")
        if lines:
            yield "\n".join([f"[Slide {number}]", *lines])


def _texts(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in shapes:
        if getattr(shape, "has_table", False):
            yield from (row(cell.text for cell in line.cells) for line in shape.table.rows)
        elif shape.has_text_frame:
            yield shape.text_frame.text
        elif hasattr(shape, "shapes"):
            yield from _texts(shape.shapes)
