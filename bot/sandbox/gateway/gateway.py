"""The gateway: one WebSocket protocol for the bot and for people."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.gateway.compression import transport_packing
from bot.sandbox.gateway.events import Event
from bot.sandbox.gateway.identifying import (
    CloseConnectionError,
    IdentifyPace,
    read_intents,
    read_payload,
    read_shard,
)
from bot.sandbox.gateway.intents import Intents, without_content
from bot.sandbox.gateway.member_requests import member_chunks
from bot.sandbox.gateway.sessions import GOING_AWAY, Connection, Session
from bot.sandbox.gateway.user_gateway import ready_for_person
from bot.sandbox.model.accounts import Accounts
from bot.sandbox.model.entities import Guild
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json, to_json
from bot.sandbox.model.payloads import Payloads, own_user_payload
from bot.sandbox.model.state import SandboxState
from bot.sandbox.observer import Observer
from bot.sandbox.options import Options
from bot.sandbox.wire_log import WireLog

_MAX_EVENTS = 120
_EVENTS_WINDOW_S = 60.0
_VERSIONS = {"9", "10"}
_SILENCE_FLOOR_S = 5.0
_CLOSING_S = 2.0
_RECONNECT_GRACE_S = 5.0

_HEARTBEAT, _IDENTIFY, _RESUME = 1, 2, 6
_RECONNECT, _INVALID_SESSION, _HELLO, _ACK = 7, 9, 10, 11
_REQUEST_MEMBERS = 8
# Presence, voice state, soundboards, channel info: accepted, but ignored.
_IGNORED = frozenset({3, 4, 31, 43})
# What Discord's own client sends in addition: guild subscriptions and the like.
_IGNORED_FROM_PEOPLE = frozenset(range(12, 50))


class Gateway:
    """Accepts connections and delivers events to the sessions that may receive them."""

    def __init__(
        self,
        state: SandboxState,
        payloads: Payloads,
        accounts: Accounts,
        options: Options,
        wire: WireLog,
        observer: Observer,
    ) -> None:
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.identifies = 0
        self._state = state
        self._payloads = payloads
        self._accounts = accounts
        self._options = options
        self._wire = wire
        self._observer = observer
        self._sockets: set[web.WebSocketResponse] = set()
        self._pace = IdentifyPace(options)

    # Delivering

    def publish(self, event: Event) -> None:
        """Send the event to every session that may receive it."""
        # JSON by whether the content is left out, so that it is written once and not for every session.
        written: dict[bool, str] = {}
        for session in list(self.sessions.values()):
            if not self._receives(session, event):
                continue
            account = session.account
            gated = event.message and account.bot and not session.intents & Intents.MESSAGE_CONTENT
            if gated not in written:
                data = event.data
                if gated:
                    data = without_content(data, account.id, direct="guild_id" not in data)
                written[gated] = to_json(data)
            session.dispatch(event.name, written[gated])

    def announce_guild(self, guild: Guild) -> None:
        """Tell the sessions of a new guild's members about it."""
        for session in list(self.sessions.values()):
            account = session.account
            told = session.intents & Intents.GUILDS and session.has(guild.id) if account.bot else True
            if told and (guild.id, account.id) in self._state.members:
                session.dispatch("GUILD_CREATE", self._whole_guild(guild, session))

    def _receives(self, session: Session, event: Event) -> bool:
        """Whether ``session`` receives ``event``."""
        account = session.account
        wanted = event.to_bot if account.bot else event.to_people
        if not wanted:
            return False
        if not account.bot and event.only_user_id not in (None, account.id):
            return False
        if account.bot:
            if event.intents and not event.intents & session.intents:
                return False
            if not session.has(event.guild_id):
                return False
            if event.name == "INTERACTION_CREATE":
                # People who have installed the application for themselves use it in guilds that it is not in.
                return True
        if event.guild_id is not None and (event.guild_id, account.id) not in self._state.members:
            return False
        if event.channel_id is not None and (channel := self._state.channels.get(event.channel_id)) is not None:
            return event.only_user_id is not None or self._state.may_see(account.id, channel)
        return True

    # Disruptions, for tests

    def bot_sessions(self) -> list[Session]:
        return [s for s in self.sessions.values() if s.account.bot]

    def reconnect(self) -> None:
        """Ask every bot session to reconnect (op 7); a connection that stays is closed after a while."""
        for session in self.bot_sessions():
            if session.connection is not None:
                session.connection.send(_RECONNECT, None)
                asyncio.get_running_loop().call_later(_RECONNECT_GRACE_S, session.connection.close, 4000)

    def invalidate(self, *, resumable: bool) -> None:
        """Send op 9 to every bot session; the sessions are deleted unless ``resumable``."""
        for session in self.bot_sessions():
            if session.connection is not None:
                session.connection.send(_INVALID_SESSION, resumable)
            if not resumable:
                del self.sessions[session.id]

    def close_bots(self, code: int | None) -> None:
        """Close every bot connection with ``code``; None cuts them without a close frame."""
        for session in self.bot_sessions():
            if session.connection is None:
                continue
            if code is None:
                session.connection.cut()
            else:
                session.connection.close(code)

    async def close(self) -> None:
        """Close everything, when the sandbox stops."""
        for session in self.sessions.values():
            if session.connection is not None:
                session.connection.cut()
        for socket in list(self._sockets):
            await socket.close(code=GOING_AWAY)
        self.sessions.clear()

    # Connections

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        try:
            if request.query.get("v", "10") not in _VERSIONS:
                raise CloseConnectionError(4012)
            packing = transport_packing(request.query.get("compress"))
        except CloseConnectionError as error:
            await socket.close(code=error.code)
            return socket
        except SandboxError:
            await socket.close(code=4002)
            return socket
        connection = Connection(socket, request, packing, self._observer)
        self._sockets.add(socket)
        writer = asyncio.create_task(connection.write_until_closed())
        try:
            await self._converse(socket, connection, writer)
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            self._sockets.discard(socket)
        return socket

    async def _converse(
        self, socket: web.WebSocketResponse, connection: Connection, writer: asyncio.Task[None]
    ) -> None:
        interval_s = self._options.heartbeat_interval_s
        connection.send(_HELLO, {"heartbeat_interval": int(interval_s * 1000), "_trace": []})
        session: Session | None = None
        recent: deque[float] = deque(maxlen=_MAX_EVENTS + 1)
        try:
            while True:
                silence_s = max(interval_s * self._options.intervals_of_silence, _SILENCE_FLOOR_S)
                try:
                    frame = await socket.receive(timeout=silence_s)
                except TimeoutError:
                    raise CloseConnectionError(4009) from None
                if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    return
                recent.append(time.monotonic())
                if len(recent) > _MAX_EVENTS and recent[-1] - recent[0] < _EVENTS_WINDOW_S:
                    raise CloseConnectionError(4008)
                payload = read_payload(frame.data)
                session = self._receive(payload, connection, session, interval_s)
                connection.took(frame.data)
        except CloseConnectionError as error:
            connection.close(error.code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(writer), _CLOSING_S)
        finally:
            self._left(session, connection, socket.close_code)

    def _receive(
        self, payload: Json, connection: Connection, session: Session | None, interval_s: float
    ) -> Session | None:
        op, data = payload["op"], payload.get("d")
        account = self._accounts.by_token(str(data.get("token", ""))) if isinstance(data, dict) else None
        if op in (_IDENTIFY, _RESUME) and account is not None and account.bot:
            connection.wire = self._wire
        if connection.wire is not None:
            connection.wire.add_frame("sandbox", op, data)
        if op == _HEARTBEAT:
            connection.send(_ACK, None)
            connection.note_heartbeat(interval_s)
            return session
        if op in (_IDENTIFY, _RESUME):
            if session is not None:
                raise CloseConnectionError(4005)
            if not isinstance(data, dict):
                raise CloseConnectionError(4002)
            return self._identify(data, connection) if op == _IDENTIFY else self._resume(data, connection)
        if op == _REQUEST_MEMBERS:
            if session is None:
                raise CloseConnectionError(4003)
            if not isinstance(data, dict):
                raise CloseConnectionError(4002)
            for chunk in member_chunks(self._state, self._payloads, session, data):
                session.dispatch("GUILD_MEMBERS_CHUNK", to_json(chunk))
            return session
        if op in _IGNORED or (op in _IGNORED_FROM_PEOPLE and session is not None and not session.account.bot):
            if session is None:
                raise CloseConnectionError(4003)
            return session
        raise CloseConnectionError(4001)

    def _left(self, session: Session | None, connection: Connection, close_code: int | None) -> None:
        if session is None or session.connection is not connection:
            return
        session.connection = None
        session.left_at_s = time.monotonic()
        # Discord ends the session of a client that closes with 1000 or 1001; after any other end it can be resumed.
        if close_code in (1000, 1001) and not connection.ended_here:
            self.sessions.pop(session.id, None)

    # Beginning and resuming

    def _identify(self, data: Json, connection: Connection) -> Session | None:
        account = self._accounts.by_token(str(data.get("token", "")))
        if account is None:
            raise CloseConnectionError(4004)
        connection.account = account
        intents = read_intents(account, data, self._options)
        shard = read_shard(data)
        if data.get("compress") is True:
            connection.pack_each_payload()
        if account.bot and not self._pace.take(shard[0]):
            connection.send(_INVALID_SESSION, False)
            return None
        self._forget_old_sessions()
        session = Session(
            account=account,
            token=str(data["token"]),
            intents=intents,
            shard=shard,
            replay=deque(maxlen=self._options.replay_limit),
            connection=connection,
            heartbeats=connection.heartbeats,
        )
        if account.bot and len(self._guilds_of(session)) > self._options.guilds_per_shard:
            raise CloseConnectionError(4011)
        self.sessions[session.id] = session
        ready: Json = {
            "v": 10,
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "session_type": "normal",
            "private_channels": [],
            "_trace": [],
        }
        if account.bot:
            self.identifies += 1
            self._begin_bot(session, ready, data)
        else:
            session.dispatch("READY", to_json(ready | ready_for_person(self._state, self._payloads, account)))
        return session

    def _guilds_of(self, session: Session) -> list[Guild]:
        return [guild for guild in self._state.guilds_of(session.account.id) if session.has(guild.id)]

    def _begin_bot(self, session: Session, ready: Json, data: Json) -> None:
        account = session.account
        guilds = self._guilds_of(session)
        ready |= {
            "user": own_user_payload(account),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "application": {"id": str(account.id), "flags": self._accounts.application_flags()},
        }
        if "shard" in data:
            ready["shard"] = list(session.shard)
        session.dispatch("READY", to_json(ready))
        if session.intents & Intents.GUILDS:
            for guild in guilds:
                session.dispatch("GUILD_CREATE", self._whole_guild(guild, session))

    def _whole_guild(self, guild: Guild, session: Session) -> str:
        """GUILD_CREATE's data, as JSON."""
        bot = session.account.bot
        everyone = not bot or bool(session.intents & Intents.GUILD_PRESENCES)
        whole = self._payloads.gateway_guild(guild, session.account.id, hidden_channels=bot, all_members=everyone)
        return to_json(whole)

    def _resume(self, data: Json, connection: Connection) -> Session | None:
        connection.account = self._accounts.by_token(str(data.get("token", "")))
        if connection.account is None:
            raise CloseConnectionError(4004)
        session = self.sessions.get(str(data.get("session_id")))
        after: Any = data.get("seq")
        self._forget_old_sessions()
        if session is None or session.token != data.get("token") or session.id not in self.sessions:
            connection.send(_INVALID_SESSION, False)
            return None
        if not isinstance(after, int) or after > session.sequence:
            raise CloseConnectionError(4007)
        if not session.can_replay(after):
            del self.sessions[session.id]
            connection.send(_INVALID_SESSION, False)
            return None
        if session.connection is not None:
            session.connection.cut()
        session.replay_after(after, connection)
        return session

    def _forget_old_sessions(self) -> None:
        oldest_s = time.monotonic() - self._options.session_lifetime_s
        for session in list(self.sessions.values()):
            if session.connection is None and session.left_at_s < oldest_s:
                del self.sessions[session.id]
