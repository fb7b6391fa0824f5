"""The sandbox's own routes, below /sandbox: who is there, what happened, and faults on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web

from bot.sandbox.faults import GATEWAY_KINDS, REQUEST_KINDS, FaultError
from bot.sandbox.local_discord import LocalDiscord
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json

_STREAM_SIGN_OF_LIFE_S = 15.0
_LIMITS = {
    "global_requests_per_s": 0,
    "requests_per_bucket": 0,
    "shards": 1,
    "max_concurrency": 1,
    "identify_interval_s": 0,
}
"""The options that may be changed while it runs, with the lowest value of each."""
_SWITCHES = frozenset({"message_content", "guild_members", "presences"})


class Control:
    """HTTP routes for what ``Sandbox`` offers in Python."""

    def __init__(self, sandbox: LocalDiscord) -> None:
        self._sandbox = sandbox

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/sandbox", self.describe)
        router.add_get("/sandbox/faults", self.faults)
        router.add_post("/sandbox/faults", self.add_fault)
        router.add_delete("/sandbox/faults", self.clear_faults)
        router.add_get("/sandbox/requests", self.requests)
        router.add_delete("/sandbox/requests", self.clear_requests)
        router.add_get("/sandbox/stream", self.stream)
        router.add_get("/sandbox/sessions", self.sessions)
        router.add_get("/sandbox/failures", self.failures)
        router.add_post("/sandbox/heartbeat_interval", self.heartbeat_interval)
        router.add_post("/sandbox/intents", self.intents)
        router.add_post("/sandbox/attachments", self.attachments)
        router.add_post("/sandbox/limits", self.limits)
        router.add_post("/sandbox/guilds", self.guilds)

    async def describe(self, _: web.Request) -> web.Response:
        return web.json_response(self._sandbox.description)

    async def faults(self, _: web.Request) -> web.Response:
        return web.json_response(self._sandbox.faults.payload)

    async def add_fault(self, request: web.Request) -> web.Response:
        """``{"kind", "method"?, "path"?, "times"?, "only_bot"?, "status"?, "retry_after_s"?, "delay_s"?,
        "resumable"?, "code"?}``
        """
        given = await _read(request)
        kind = given.get("kind")
        try:
            if kind == "lie_about_size":
                self._lie_about_size(given)
            elif kind == "reconnect":
                self._sandbox.reconnect()
            elif kind == "invalid_session":
                self._sandbox.invalidate_sessions(resumable=bool(given.get("resumable")))
            elif kind == "close":
                code = given.get("code")
                self._sandbox.close_gateway(None if code is None else int(code))
            elif kind == "expire_links" and "times" not in given:
                self._sandbox.expire_links()
            elif kind in REQUEST_KINDS:
                self._sandbox.fault(**given)
            else:
                known = ", ".join((*REQUEST_KINDS, *GATEWAY_KINDS, "lie_about_size"))
                raise FaultError(f"There is no fault {kind!r}; there are {known}.")
        except (SandboxError, TypeError, ValueError) as error:
            raise _bad_request(str(error)) from error
        return web.Response(status=204)

    async def clear_faults(self, _: web.Request) -> web.Response:
        self._sandbox.faults.clear()
        return web.Response(status=204)

    async def requests(self, request: web.Request) -> web.Response:
        """The last requests, oldest first; ``?limit=`` and ``?path=`` (a part of the path) filter them."""
        part = request.query.get("path", "")
        found = [r.payload for r in self._sandbox.requests.all() if part in r.path]
        limit = request.query.get("limit", "")
        return web.json_response(found[-int(limit) :] if limit.isdigit() and int(limit) else found)

    async def clear_requests(self, _: web.Request) -> web.Response:
        self._sandbox.requests.clear()
        return web.Response(status=204)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events, each an entry of the wire log: first the recent ones, then each new one."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        wire = self._sandbox.services.wire
        with wire.listen() as queue:
            for past in wire.entries():
                await response.write(_event(past))
            with contextlib.suppress(ConnectionError):
                while True:
                    try:
                        entry = await asyncio.wait_for(queue.get(), _STREAM_SIGN_OF_LIFE_S)
                    except TimeoutError:
                        # A comment of the event stream. Writing it fails once the listener has gone.
                        await response.write(b": still here\n\n")
                        continue
                    if entry is None:
                        break
                    await response.write(_event(entry))
        return response

    async def sessions(self, _: web.Request) -> web.Response:
        return web.json_response([session.payload for session in self._sandbox.sessions])

    async def failures(self, _: web.Request) -> web.Response:
        found = [{"method": f.method, "path": f.path, "error": repr(f.error)} for f in self._sandbox.failures]
        return web.json_response(found)

    async def heartbeat_interval(self, request: web.Request) -> web.Response:
        """``{"interval_s": 0.3}``: the heartbeat interval of connections from now on."""
        interval_s = (await _read(request)).get("interval_s")
        if isinstance(interval_s, bool) or not isinstance(interval_s, int | float) or interval_s <= 0:
            raise _bad_request("interval_s is a number of seconds above 0.")
        self._sandbox.options.heartbeat_interval_s = float(interval_s)
        return web.Response(status=204)

    async def intents(self, request: web.Request) -> web.Response:
        """``{"message_content"?, "guild_members"?, "presences"?: bool}``: what the application may identify with."""
        given = await _read(request)
        if not given.keys() <= _SWITCHES or not all(isinstance(value, bool) for value in given.values()):
            raise _bad_request(f"Give true or false for: {', '.join(sorted(_SWITCHES))}.")
        for key, value in given.items():
            setattr(self._sandbox.options, key, value)
        return web.Response(status=204)

    async def attachments(self, request: web.Request) -> web.Response:
        """``{"size_bytes": n, "times"?: n}``: the next uploads declare this size instead of their real one."""
        given = await _read(request)
        try:
            self._lie_about_size(given)
        except SandboxError as error:
            raise _bad_request(str(error)) from error
        return web.Response(status=204)

    async def limits(self, request: web.Request) -> web.Response:
        """``{"global_requests_per_s"?, "requests_per_bucket"?, "shards"?, "max_concurrency"?: n,
        "identify_interval_s"?: seconds}``: how strict Discord is from now on. Answers with how many requests of the bot
        were refused so far, by scope.
        """
        given = await _read(request)
        for name, value in given.items():
            least = _LIMITS.get(name)
            kind = int | float if name == "identify_interval_s" else int
            if least is None or isinstance(value, bool) or not isinstance(value, kind) or value < least:
                known = ", ".join(f"{limit} (from {lowest})" for limit, lowest in _LIMITS.items())
                raise _bad_request(f"Give numbers for: {known}.")
        for name, value in given.items():
            setattr(self._sandbox.options, name, value)
        return web.json_response({"refused": self._sandbox.rate_limits_given})

    async def guilds(self, request: web.Request) -> web.Response:
        """``{"count": n, "channels"?: n, "members"?: n}``: let the bot join further guilds; answers with their ids."""
        given = await _read(request)
        try:
            if not all(isinstance(value, int) for value in given.values()):
                raise TypeError("count, channels and members are numbers.")
            ids = self._sandbox.add_guilds(**given)
        except (SandboxError, TypeError) as error:
            raise _bad_request(str(error)) from error
        return web.json_response([str(guild_id) for guild_id in ids])

    def _lie_about_size(self, given: Json) -> None:
        size_bytes, times = given.get("size_bytes"), given.get("times", 1)
        if not isinstance(size_bytes, int) or not isinstance(times, int) or size_bytes < 0 or not 1 <= times <= 1000:
            raise FaultError("size_bytes is a number of bytes, times a number from 1 to 1000.")
        self._sandbox.lie_about_size(size_bytes, times=times)


def _event(entry: Json) -> bytes:
    """An entry of the wire log as a server-sent event."""
    whole = {**entry, "d": json.loads(entry["d"])} if entry.get("t") is not None else entry
    return b"data: " + json.dumps(whole).encode() + b"\n\n"


async def _read(request: web.Request) -> Json:
    try:
        given: Any = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise _bad_request("The body is not JSON.") from error
    if not isinstance(given, dict):
        raise _bad_request("The body is not a JSON object.")
    return given


def _bad_request(message: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"message": message}), content_type="application/json")
