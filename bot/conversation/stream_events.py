"""The events in an endpoint's stream, in whatever form it sends them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

MAX_LINE_BYTES = 8 << 20
"""A whole reply may be one line, but a longer line is not a reply."""

MAX_TRIED_CHARS = 2 * MAX_LINE_BYTES
"""The most characters parsed in all while the lines of one event are tried as JSON, one more line each time."""

_MAX_ODD_CHARS = 64 << 10
"""The longest text that is parsed as near-JSON, which takes longer."""
_JSON = json.JSONDecoder(strict=False)
_BETWEEN = re.compile(r"(?:[\s,\[\]]|data:(?=\s*\{))*(?!(?:DONE|END|EOF)\])", re.IGNORECASE)
"""What may stand between two events on one line, such as the punctuation of a list of events."""
_NEEDLESS_ESCAPE = re.compile(r"""(?<!\\)\\([^"\\/bfnrtu])""")
_LAST = re.compile(r"\[?(done|end|eof)\]|done$", re.IGNORECASE)
_LAST_NAMES = ("done", "end", "close", "finish")
_LAST_SIGNS = "}],"
"""The last characters of lines that may end an event."""


class LineTooLongError(Exception):
    """Raised when a line, or an event, does not end within ``MAX_LINE_BYTES``."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event."""

    data: Mapping[str, object] | None
    """Its JSON; None for the last event, ``[DONE]``."""
    name: str = ""
    """Its name, if it has one: mostly ``error``."""


class EventDecoder:
    """Takes bytes as they arrive, and yields the events in them.

    Beyond the standard of server-sent events, it reads what endpoints make of it: lines of JSON without ``data:``,
    events without an empty line between them, JSON over several lines, a byte order mark, another encoding. What is
    not JSON is skipped.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._json = ""
        """The JSON so far of an event that continues on the next line."""
        self._name = ""
        self._tried_chars = 0

    def feed(self, part: bytes) -> Iterator[StreamEvent]:
        """The events that ``part`` completes.

        Raises:
            LineTooLongError: a line, or the JSON of one event, is longer than ``MAX_LINE_BYTES``.
        """
        self._rest += part
        while (end := self._line_end()) is not None:
            line = bytes(self._rest[:end])
            # A carriage return also ends a line; one before a line feed is part of the same line ending.
            width = 2 if self._rest[end : end + 2] == b"\r\n" else 1
            del self._rest[: end + width]
            self._searched = 0
            yield from self._line(_decoded(line))
        if len(self._rest) > MAX_LINE_BYTES or len(self._json) > MAX_LINE_BYTES:
            raise LineTooLongError

    def end(self) -> Iterator[StreamEvent]:
        """The event that the end of the stream completes."""
        if self._rest:
            yield from self._line(_decoded(bytes(self._rest)))
            self._rest.clear()
        yield from self._line("")

    def _line_end(self) -> int | None:
        feed = self._rest.find(b"\n", self._searched)
        back = self._rest.find(b"\r", self._searched, len(self._rest) if feed < 0 else feed)
        self._searched = len(self._rest)
        if back < 0:
            return None if feed < 0 else feed
        if back + 1 < len(self._rest):
            return back
        # The line feed that belongs to it may still be to come.
        self._searched = back
        return None

    def _line(self, line: str) -> Iterator[StreamEvent]:
        # Byte order marks, and zeros that pad a buffer, mean nothing wherever they stand.
        stripped = line.strip().strip("\ufeff\x00").strip()
        if not stripped:
            # An event may have a name and nothing else.
            if self._name.lower() in _LAST_NAMES:
                yield StreamEvent(None)
            if self._json:
                log.debug("an event is not JSON", characters=len(self._json))
            self._json, self._name, self._tried_chars = "", "", 0
            return
        if stripped.startswith(":"):
            return
        field, colon, value = stripped.partition(":")
        field = field.strip().lower()
        if colon and field in ("event", "id", "retry"):
            self._name = value.strip() if field == "event" else self._name
            return
        if colon and field == "error" and value.strip().startswith("{"):
            # llama.cpp sends the name and the data of an event on one line.
            self._name, field = "error", "data"
        is_data = bool(colon) and field == "data"
        content, is_indented = value.strip() if is_data else stripped, (value if is_data else line).startswith("  ")
        while content.startswith("data:"):
            # Some proxies wrap an event that already has its ``data:``.
            content = content.removeprefix("data:").strip()
        if content.startswith('"') and content.endswith('"'):
            content = _unquoted(content)
        if _LAST.match(content):
            self._json = ""
            yield StreamEvent(None)
            return
        if content:
            yield from self._content(content, is_data=is_data, is_indented=is_indented)

    def _content(self, content: str, *, is_data: bool, is_indented: bool) -> Iterator[StreamEvent]:
        # An incomplete event without an empty line after it must not spoil the next one; indented lines continue it.
        begins = not self._json or (content.startswith("{") and not is_indented)
        for candidate in dict.fromkeys((f"{self._json}{content}", content) if begins else (f"{self._json}{content}",)):
            if candidate[-1] not in _LAST_SIGNS or self._tried_chars > MAX_TRIED_CHARS:
                continue
            self._tried_chars += len(candidate)
            found, rest = _objects(candidate)
            if not found:
                continue
            self._json, self._tried_chars = "", 0
            for data in found:
                yield StreamEvent(data, self._name)
            if _LAST.match(rest):
                yield StreamEvent(None)
            elif "{" in rest:
                self._json = f"{rest}\n"
            return
        if is_data or self._json or content[0] in "{[":
            self._json += f"{content}\n"


def _objects(text: str) -> tuple[list[Mapping[str, object]], str]:
    """The complete objects at the beginning of ``text``, however they are joined, and the rest of it."""
    found: list[Mapping[str, object]] = []
    at = text.find("{")
    while 0 <= at < len(text) and text[at] == "{":
        try:
            # Some endpoints leave tabs and line breaks in strings unescaped.
            data, end = _JSON.raw_decode(text, at)
        except (ValueError, RecursionError):
            if found or (data := _almost_json(text[at:])) is None:
                break
            end = len(text)
        found.append(data)
        between = _BETWEEN.match(text, end)
        at = end if between is None else between.end()
    return found, text[max(at, 0) :]


def _almost_json(text: str) -> Mapping[str, object] | None:
    """The object in a Python dict's text, or in JSON with needless escapes, as some servers send; None if neither."""
    text = text.rstrip(", ]")
    if not text.endswith("}") or len(text) > _MAX_ODD_CHARS:
        return None
    try:
        data = ast.literal_eval(text) if text.startswith("{'") else _JSON.decode(_NEEDLESS_ESCAPE.sub(r"\1", text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return data if isinstance(data, Mapping) else None


def _unquoted(content: str) -> str:
    """``content`` decoded once if it is an event that was encoded as JSON twice."""
    try:
        inner = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return inner.strip() if isinstance(inner, str) else content


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
