"""HTML as Markdown: scripts are not run, and styles, pictures and links are not fetched."""

from __future__ import annotations

from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from bot.answering.documents.gathering import gathered, load_encodings

_LEFT_OUT = ["script", "style", "template", "noscript", "svg", "head", "iframe", "object"]


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    load_encodings()
    read("<meta charset=utf-8><h1>ä</h1><table><tr><td>a".encode(), max_chars=10)


def read(data: bytes, *, max_chars: int) -> bytes:
    """The page's text, see ``gathered``.

    Raises:
        NoTextFoundError: there is none.
    """
    return gathered([markdown(data)], max_chars)


def markdown(data: bytes) -> str:
    """The page ``data`` as Markdown, decoded with the encoding that it declares or seems to have."""
    soup = BeautifulSoup(data, "lxml")
    for one in soup.find_all(_LEFT_OUT):
        one.decompose()
    return str(MarkdownConverter(heading_style="ATX", strip=["img"]).convert_soup(soup)).strip()
