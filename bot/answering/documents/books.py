"""EPUB: the chapters in reading order."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree

from bot.answering.documents import web
from bot.answering.documents.gathering import archive, gathered

_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html")


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    web.load()
    _xml(b"<a/>").findall(".//{*}b")


def read(data: bytes, *, max_chars: int) -> bytes:
    """The document's text, see ``gathered``.

    Raises: as ``archive`` and ``gathered``; any other exception if it is damaged.
    """
    return gathered(_chapters(archive(data)), max_chars)


def _chapters(book: zipfile.ZipFile) -> Iterator[str]:
    root = _xml(book.read(_CONTAINER)).find(".//{*}rootfile")
    assert root is not None, "no package"
    place = root.attrib["full-path"]
    package = _xml(book.read(place))
    files = {
        item.attrib["id"]: item.attrib["href"]
        for item in package.iterfind(".//{*}manifest/{*}item")
        if item.attrib.get("media-type") in _PAGES
    }
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        if (name := files.get(reference.attrib["idref"])) is not None:
            yield web.markdown(book.read(posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(name)))))


def _xml(data: bytes) -> etree._Element:
    """Parse without the entities that a file may define, which could be huge or refer to other places."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
