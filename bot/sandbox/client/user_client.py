"""The connection between a person's client and Discord: REST, the gateway, and a log of everything received."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import aiohttp

from bot.sandbox.client.form_filling import File
from bot.sandbox.model.errors import DiscordError, SandboxError
from bot.sandbox.model.json_codec import Json, from_json, to_json

PATIENCE_S = 30.0
"""The default timeout for anything that is waited for."""

_T = TypeVar("_T")


class NothingCameError(SandboxError):
    """Raised when what was waited for did not come; its text lists what came instead."""


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One event as the person's client received it."""

    name: str
    data: Json


class UserClient:
    """A connection with a person's token."""

    def __init__(self, sandbox_url: str, token: str) -> None:
        self.events: list[GatewayEvent] = []
        """The events received so far, oldest first."""
        self.known_messages: dict[str, Json] = {}
        """Every message that was seen and is not deleted, by id, in its latest form."""
        self.sandbox: Json = {}
        """What ``GET /sandbox`` answered: channels, people, ids."""
        self.user: Json = {}
        """The account, as Discord shows it."""
        self.ready: Json = {}
        """The data of READY."""
        self._url = sandbox_url.rstrip("/")
        self._token = token
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        try:
            async with self._http.get(f"{self._url}/sandbox") as response:
                self.sandbox = await response.json()
            await self._connect()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        if self._http is not None:
            await self._http.close()

    async def wait_for(
        self, wanted: Callable[[GatewayEvent], object], timeout_s: float = PATIENCE_S, *, since: int = 0
    ) -> GatewayEvent:
        """The first event, received already or still to come, for which ``wanted`` is true; searched from index
        ``since`` of ``events`` on.

        Raises:
            NothingCameError: none came within ``timeout_s``.
        """
        position = since

        def find() -> GatewayEvent | None:
            nonlocal position
            while position < len(self.events):
                event = self.events[position]
                position += 1
                if wanted(event):
                    return event
            return None

        return await self.wait_until(find, timeout_s, "an event")

    async def wait_until(self, find: Callable[[], _T | None], timeout_s: float, what: str) -> _T:
        """What ``find`` returns once that is not None; ``find`` is called again after every event.

        Raises:
            NothingCameError: it returned nothing within ``timeout_s``; the error's text names ``what``.
        """
        found: _T | None = None

        def came() -> bool:
            nonlocal found
            found = find()
            return found is not None

        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(came)
        except TimeoutError:
            recent = "; ".join(f"{e.name} {_brief(e.data)}" for e in self.events[-12:])
            raise NothingCameError(f"Waited {timeout_s} s for {what}. The last events: {recent or 'none'}.") from None
        assert found is not None
        return found

    async def request_object(
        self, method: str, path: str, body: object | None = None, files: Sequence[File] = ()
    ) -> Json:
        """Like ``request``, for an answer that is an object."""
        answer: Json = await self.request(method, path, body, files)
        return answer

    async def request(self, method: str, path: str, body: object | None = None, files: Sequence[File] = ()) -> Any:
        """Send a REST request below /api/v10 with the person's token; returns the JSON of the answer, None if it has
        none.

        Raises:
            DiscordError: the answer has a status of 400 or more.
        """
        headers = {"Authorization": self._token}
        data: aiohttp.FormData | bytes | None = None
        if files:
            # Names as browsers send them: not percent-encoded.
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", to_json(body), content_type="application/json")
            for i, (name, content, content_type) in enumerate(files):
                data.add_field(f"files[{i}]", content, filename=name, content_type=content_type)
        elif body is not None:
            data = to_json(body).encode()
            headers["Content-Type"] = "application/json"
        async with self._session.request(method, f"{self._url}/api/v10{path}", data=data, headers=headers) as response:
            raw = await response.read()
            answer = from_json(raw) if raw else None
            if response.status >= 400:
                refused = answer if isinstance(answer, dict) else {}
                raise DiscordError(
                    response.status, refused.get("code", 0), refused.get("message", ""), refused.get("errors")
                )
            return answer

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise SandboxError("The person is not connected; use them as `async with`.")
        return self._http

    async def _connect(self) -> None:
        self._socket = await self._session.ws_connect(
            f"{self.sandbox['gateway']}?v=10&encoding=json&compress=zlib-stream", max_msg_size=0
        )
        inflator = zlib.decompressobj()
        hello = from_json(inflator.decompress(await self._socket.receive_bytes()))
        identify = {"token": self._token, "properties": {"os": "sandbox", "browser": "sandbox", "device": ""}}
        await self._socket.send_json({"op": 2, "d": identify})
        reader = asyncio.create_task(self._read(self._socket, inflator.decompress))
        beating = asyncio.create_task(self._beat(self._socket, hello["d"]["heartbeat_interval"] / 1000))
        self._tasks = [reader, beating]
        ready = await self.wait_for(lambda event: event.name == "READY")
        self.ready = ready.data
        self.user = ready.data["user"]

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, inflate: Callable[[bytes], bytes]) -> None:
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.BINARY:
                break
            payload = from_json(inflate(frame.data))
            if payload["op"] == 0:
                await self._note(payload["t"], payload["d"])

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, interval_s: float) -> None:
        while not socket.closed:
            await socket.send_json({"op": 1, "d": None})
            await asyncio.sleep(interval_s)

    async def _note(self, name: str, data: Json) -> None:
        self.events.append(GatewayEvent(name, data))
        if name in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            self.known_messages[data["id"]] = data
        elif name == "MESSAGE_DELETE":
            self.known_messages.pop(data["id"], None)
        elif name == "MESSAGE_DELETE_BULK":
            for message_id in data["ids"]:
                self.known_messages.pop(message_id, None)
        async with self._changed:
            self._changed.notify_all()


def _brief(data: Json) -> str:
    keys = ("id", "nonce", "channel_id", "content", "flags")
    return str({key: data[key] for key in keys if key in data})[:160]
