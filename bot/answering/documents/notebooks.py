"""Jupyter notebooks: the cells and their printed output, without pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.answering.documents.gathering import gathered


def read(data: bytes, *, max_chars: int) -> bytes:
    """The notebook's cells, see ``gathered``.

    Raises: as ``gathered``; any other exception if it is damaged.
    """
    notebook = json.loads(data)
    language = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "")
    cells = notebook["cells"] if "cells" in notebook else [c for w in notebook["worksheets"] for c in w["cells"]]
    return gathered((part for cell in cells for part in _cell(cell, str(language))), max_chars)


def _cell(cell: dict[str, Any], language: str) -> Iterator[str]:
    source = _joined(cell.get("source", cell.get("input", "")))
    if cell.get("cell_type") != "code":
        yield f"{source}\n"
        return
    yield f"```{language}\n{source}\n```\n"
    for output in cell.get("outputs", ()):
        shown = output.get("text") or output.get("data", {}).get("text/plain") or output.get("evalue")
        if shown:
            yield f"[Output]\n{_joined(shown)}\n"


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
