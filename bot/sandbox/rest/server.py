"""REST over HTTP: faults, tokens, rate limits, routes, and the log of all requests."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import Any

from aiohttp import web

from bot.sandbox.faults import Fault, Faults
from bot.sandbox.model.entities import User
from bot.sandbox.model.errors import DiscordError, unauthorized
from bot.sandbox.model.json_codec import to_json
from bot.sandbox.model.uploads import Body, read_body
from bot.sandbox.request_log import Failure, LoggedRequest, RequestLog
from bot.sandbox.rest.api import Answer, Call, Reply, Route, only_bots, only_people
from bot.sandbox.rest.cdn import Cdn
from bot.sandbox.rest.channels import ChannelRoutes
from bot.sandbox.rest.commands import CommandRoutes
from bot.sandbox.rest.guilds import GuildRoutes
from bot.sandbox.rest.interactions import InteractionRoutes
from bot.sandbox.rest.messages import MessageRoutes
from bot.sandbox.rest.rate_limits import RateLimits, RateLimitVerdict, refusal
from bot.sandbox.rest.reactions import ReactionRoutes
from bot.sandbox.rest.router import Router
from bot.sandbox.rest.threads import ThreadRoutes
from bot.sandbox.rest.users import UserRoutes
from bot.sandbox.services import SandboxServices

PREFIX = "/api/v10"
_FAILURES_KEPT = 100

_log = logging.getLogger(__name__)


class RestServer:
    """Answers everything below /api/v10, and the CDN's downloads."""

    def __init__(self, services: SandboxServices) -> None:
        self.faults = Faults()
        self.requests = RequestLog(services.options.request_log_limit)
        self.failures: deque[Failure] = deque(maxlen=_FAILURES_KEPT)
        self._services = services
        self._cdn = Cdn(services.attachments)
        self.rate_limits = RateLimits(services.options)
        families = (
            MessageRoutes,
            ReactionRoutes,
            CommandRoutes,
            InteractionRoutes,
            ChannelRoutes,
            ThreadRoutes,
            GuildRoutes,
            UserRoutes,
        )
        self._router = Router(route for family in families for route in family(services).routes())

    @property
    def routes(self) -> list[Route]:
        """All routes that are answered below /api/v10."""
        return self._router.all()

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Serve one download from the CDN, with any fault that waits for it."""
        fault = self.faults.take(request.method, request.path)
        if fault is not None:
            if fault.kind == "expire_links":
                self._services.attachments.expire_links()
            elif (trouble := await self._trouble(fault, request)) is not None:
                return trouble[1]
        return await self._cdn.handle(request)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one REST request."""
        began_s = time.monotonic()
        path = request.path.removeprefix(PREFIX)
        account = self._services.accounts.by_authorization(request.headers.get("Authorization"))
        body = Body(None, {})
        person = account is not None and not account.bot
        fault = self.faults.take(request.method, path, by_person=person)
        answered = None if fault is None or fault.after else await self._trouble(fault, request)
        if answered is None:
            try:
                body = await self._read(request, account)
                answered = await self._carry_out(request, account, body)
            except DiscordError as error:
                answered = error.body, _json(error.body, status=error.status)
            except (asyncio.CancelledError, ConnectionError):
                raise
            except Exception as error:
                _log.exception("%s %s failed within the sandbox", request.method, path)
                self.failures.append(Failure(request.method, path, error))
                sorry = {"message": "500: Internal Server Error", "code": 0}
                answered = sorry, _json(sorry, status=500)
            if fault is not None and fault.after:
                answered = await self._trouble(fault, request) or answered
        answer, response = answered
        logged = LoggedRequest(
            method=request.method,
            path=path,
            query=dict(request.query),
            status=response.status,
            duration_s=time.monotonic() - began_s,
            account=None if account is None else account.username,
            by_person=person,
            content_type=request.content_type if request.body_exists else "",
            body=body.json,
            files={upload.filename: len(upload.data) for upload in body.files.values()},
            response=answer,
        )
        self.requests.add(logged)
        self._services.wire.add_request(logged)
        self._services.observer.request(logged)
        # Discord answers through a proxy; discord.py takes a 429 without this header for a ban of its address.
        response.headers["Via"] = "1.1 sandbox"
        return response

    async def _read(self, request: web.Request, account: User | None) -> Body:
        options = self._services.options
        person = account is not None and not account.bot
        return await read_body(
            request,
            file_limit_bytes=options.person_file_limit_bytes if person else options.file_limit_bytes,
            request_limit_bytes=max(options.request_limit_bytes, options.person_file_limit_bytes if person else 0),
        )

    async def _carry_out(self, request: web.Request, account: User | None, body: Body) -> tuple[Any, web.Response]:
        raw_path = request.rel_url.raw_path.removeprefix(PREFIX)
        route, parameters = self._router.find(request.method, raw_path)
        _require_caller(route, account)
        verdict = RateLimitVerdict({})
        if account is not None and account.bot:
            verdict = self.rate_limits.check(request.method, request.path.removeprefix(PREFIX), route.path)
            if verdict.refusal is not None:
                return verdict.refusal, _json(verdict.refusal, status=429, headers=verdict.headers)
        call = Call(account, parameters, request.query, body.json, body.files)
        return _respond(route.handler(call), verdict.headers)

    async def _trouble(self, fault: Fault, request: web.Request) -> tuple[Any, web.Response] | None:
        """The fault's answer, as JSON and as a response; None if the request goes on."""
        if fault.kind == "slow":
            await asyncio.sleep(fault.delay_s)
            return None
        if fault.kind == "drop":
            if request.transport is not None:
                request.transport.abort()
            return None, web.Response(status=502)
        if not fault.after:
            await request.read()
        if fault.kind == "rate_limit":
            refused = refusal(fault.retry_after_s, fault.scope)
            return refused.refusal, _json(refused.refusal, status=429, headers=refused.headers)
        if fault.kind == "error":
            body = {"message": f"{fault.status}: a fault that was asked for", "code": 0}
            return body, _json(body, status=fault.status)
        return None


def _require_caller(route: Route, account: User | None) -> None:
    if route.caller == "nobody":
        return
    if account is None:
        raise unauthorized()
    if route.caller == "bot" and not account.bot:
        raise only_bots()
    if route.caller == "person" and account.bot:
        raise only_people()


def _json(answer: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON response, like Discord's without a charset: discord.py takes any type but "application/json" for text."""
    return web.Response(body=to_json(answer).encode(), status=status, headers=headers, content_type="application/json")


def _respond(reply: Reply, headers: dict[str, str]) -> tuple[Any, web.Response]:
    if isinstance(reply, Answer):
        if reply.body is None:
            return None, web.Response(status=reply.status, headers=headers)
        return reply.body, _json(reply.body, status=reply.status, headers=headers)
    if reply is None:
        return None, web.Response(status=204, headers=headers)
    return reply, _json(reply, headers=headers)
