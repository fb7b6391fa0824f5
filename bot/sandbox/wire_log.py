"""Everything that passes between bots and the sandbox, live, for people who want to watch."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Iterator

from bot.sandbox.model.json_codec import Json
from bot.sandbox.request_log import LoggedRequest

_KEPT = 300
_WAITING_LIMIT = 2_000


class WireLog:
    """Keeps the last entries and hands each new one to every listener.

    An entry has ``n`` (counted from 1), ``at_s`` (seconds since 1970) and ``kind``: "request" with the keys of
    ``LoggedRequest``, or "gateway" with ``to`` ("bot" or "sandbox"), ``op``, ``t``, ``s`` and ``d``, which is
    still JSON text where ``t`` is given.
    """

    def __init__(self) -> None:
        self._entries: deque[Json] = deque(maxlen=_KEPT)
        self._listeners: set[asyncio.Queue[Json | None]] = set()
        self._count = 0

    def add_request(self, request: LoggedRequest) -> None:
        self._add({"kind": "request", **request.payload, "response": request.response})

    def add_frame(self, to: str, op: int, data: object) -> None:
        self._add({"kind": "gateway", "to": to, "op": op, "t": None, "s": None, "d": data})

    def add_event(self, sequence: int, name: str, data: str) -> None:
        self._add({"kind": "gateway", "to": "bot", "op": 0, "t": name, "s": sequence, "d": data})

    def entries(self) -> list[Json]:
        """The last entries, oldest first."""
        return list(self._entries)

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Json | None]]:
        """A queue of all entries from now on, with None at the end. A listener that reads too slowly misses entries."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue(_WAITING_LIMIT)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """Tell every listener that nothing more comes."""
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    def _add(self, entry: Json) -> None:
        self._count += 1
        entry = {"n": self._count, "at_s": time.time(), **entry}
        self._entries.append(entry)
        for queue in self._listeners:
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(entry)
