"""Sessions of the gateway: they outlive their connections, so that a client can resume."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import deque
from dataclasses import dataclass, field

from aiohttp import ClientConnectionError, WSCloseCode, web

from bot.sandbox.gateway.compression import Packing, Plain, ZlibPayloads
from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.entities import User
from bot.sandbox.model.json_codec import Json, to_json
from bot.sandbox.observer import Frame, Observer
from bot.sandbox.wire_log import WireLog

_QUEUE_LIMIT = 20_000
_HEARTBEATS_KEPT = 1_000


@dataclass
class Heartbeat:
    """``at_s``: seconds since 1970. ``late_s``: its delay against the interval of HELLO; None for the first."""

    at_s: float
    late_s: float | None


class Connection:
    """A WebSocket on which frames go out in the order in which they were queued, by whichever task."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, packing: Packing, observer: Observer
    ) -> None:
        self.account: User | None = None
        """Who is connected; None until the client has sent a token."""
        self._observer = observer
        self._packing = packing
        self.ended_here = False
        """Whether the sandbox ended it, not the client."""
        self.wire: WireLog | None = None
        """Where the frames of a bot are logged; None for a person's client."""
        self.heartbeats: deque[Heartbeat] = deque(maxlen=_HEARTBEATS_KEPT)
        self._socket = socket
        self._request = request
        self._queue: asyncio.Queue[str | int] = asyncio.Queue(_QUEUE_LIMIT)

    def send(self, op: int, data: object) -> None:
        """Queue one payload that is not an event. A client that does not read is cut off."""
        if self.wire is not None:
            self.wire.add_frame("bot", op, data)
        self._put(to_json({"op": op, "d": data, "s": None, "t": None}))

    def send_event(self, sequence: int, name: str, data: str) -> None:
        """Queue one event. Its data is already JSON, because several sessions receive the same."""
        if self.wire is not None:
            self.wire.add_event(sequence, name, data)
        self._put(f'{{"op":0,"d":{data},"s":{sequence},"t":"{name}"}}')

    def _put(self, text: str) -> None:
        self._observer.frame(Frame(text, sent=True, account=self.account))
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.cut()

    def took(self, raw: str | bytes) -> None:
        """Report a frame that was accepted from the client to the observer."""
        text = raw if isinstance(raw, str) else raw.decode()
        self._observer.frame(Frame(text, sent=False, account=self.account))

    def pack_each_payload(self) -> None:
        """Start compressing each payload, as ``compress: true`` asks; a compressed stream stays one."""
        if isinstance(self._packing, Plain):
            self._packing = ZlibPayloads()

    def close(self, code: int) -> None:
        """Close with ``code`` after everything that was sent before."""
        self.ended_here = True
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(code)

    def cut(self) -> None:
        """Cut the connection without a close frame, as a network failure does."""
        self.ended_here = True
        if self._request.transport is not None:
            self._request.transport.abort()

    def note_heartbeat(self, interval_s: float) -> None:
        now_s = time.time()
        late_s = now_s - self.heartbeats[-1].at_s - interval_s if self.heartbeats else None
        self.heartbeats.append(Heartbeat(now_s, late_s))

    async def write_until_closed(self) -> None:
        """Send what is queued, until the connection ends."""
        try:
            while True:
                item = await self._queue.get()
                if isinstance(item, int):
                    await self._socket.close(code=item)
                    return
                frame = self._packing.pack(item)
                if isinstance(frame, str):
                    await self._socket.send_str(frame)
                else:
                    await self._socket.send_bytes(frame)
        except (ConnectionError, ClientConnectionError):
            return


@dataclass
class Session:
    """The session that one IDENTIFY started."""

    account: User
    token: str
    intents: Intents
    shard: tuple[int, int]
    """The shard's number, from 0, and how many shards there are."""
    replay: deque[tuple[int, str, str]]
    """Events that a RESUME may ask for again, as (sequence, name, data as JSON)."""
    connection: Connection | None
    """None while the client is disconnected."""
    heartbeats: deque[Heartbeat]
    """Those of the latest connection."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    """The number of the last event."""
    left_at_s: float = 0.0
    """When the client disconnected, by the monotonic clock."""
    resumed: int = 0

    def has(self, guild_id: int | None) -> bool:
        """Whether the session's shard receives events of ``guild_id``; None stands for events outside of guilds."""
        shard_id, shard_count = self.shard
        return shard_id == ((guild_id >> 22) % shard_count if guild_id is not None else 0)

    def dispatch(self, name: str, data: str) -> None:
        """Number the event, keep it for a RESUME, and send it if the client is connected. ``data`` is JSON."""
        self.sequence += 1
        self.replay.append((self.sequence, name, data))
        if self.connection is not None:
            self.connection.send_event(self.sequence, name, data)

    def can_replay(self, after: int) -> bool:
        """Whether every event after ``after`` is still kept."""
        return after == self.sequence or bool(self.replay and self.replay[0][0] <= after + 1)

    def replay_after(self, after: int, connection: Connection) -> None:
        self.connection = connection
        self.heartbeats = connection.heartbeats
        for sequence, name, data in self.replay:
            if sequence > after:
                connection.send_event(sequence, name, data)
        self.resumed += 1
        self.dispatch("RESUMED", "{}")

    @property
    def payload(self) -> Json:
        """The session as ``GET /sandbox/sessions`` shows it."""
        return {
            "id": self.id,
            "account_id": str(self.account.id),
            "bot": self.account.bot,
            "shard": list(self.shard),
            "intents": int(self.intents),
            "connected": self.connection is not None,
            "resumed": self.resumed,
            "sequence": self.sequence,
            "heartbeats": [{"at_s": beat.at_s, "late_s": beat.late_s} for beat in self.heartbeats],
        }


GOING_AWAY = int(WSCloseCode.GOING_AWAY)
