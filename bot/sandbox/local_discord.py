"""A Discord in memory: its parts, its addresses, and faults on demand."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from bot.sandbox.description import describe
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.gateway.events import Event
from bot.sandbox.gateway.intents import Intents
from bot.sandbox.gateway.sessions import Session
from bot.sandbox.model.entities import Member
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.seed import BOT_TOKEN, GUILD_ID, MEMBER_ID, add_plain_guild
from bot.sandbox.observer import Nobody, Observer
from bot.sandbox.options import Options
from bot.sandbox.request_log import Failure, RequestLog
from bot.sandbox.rest.server import PREFIX, RestServer
from bot.sandbox.services import SandboxServices

_MAX_CHANNELS = 100
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - looked for, not bound to


class LocalDiscord:
    """The parts of a sandbox and what can be done with them, whether or not it is listening yet."""

    observer: ClassVar[Observer] = Nobody()
    """Notified of every request and frame of the sandboxes that are created after it was set."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, options: Options | None = None) -> None:
        self.options = replace(options) if options is not None else Options()
        """Limits, times and switches; may be changed while it runs."""
        self.services = SandboxServices(self.options, self.observer)
        self._rest = RestServer(self.services)
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{self._address}"

    @property
    def _address(self) -> str:
        """Where clients on this machine reach it. A wildcard host is replaced, as one cannot connect to it."""
        return f"{'127.0.0.1' if self._host in _WILDCARDS else self._host}:{self._port}"

    @property
    def rest_url(self) -> str:
        """The ``rest_url`` to give to a bot."""
        return f"{self.url}{PREFIX}"

    @property
    def bot_token(self) -> str:
        return BOT_TOKEN

    @property
    def description(self) -> Json:
        """What ``GET /sandbox`` answers: addresses, ids, names and tokens."""
        return describe(self.services, self.rest_url)

    @property
    def failures(self) -> deque[Failure]:
        """Exceptions of the sandbox itself, each answered with a 500; empty unless the sandbox has a defect."""
        return self._rest.failures

    @property
    def requests(self) -> RequestLog:
        """The last requests."""
        return self._rest.requests

    @property
    def faults(self) -> Faults:
        """The faults that wait for a matching request."""
        return self._rest.faults

    @property
    def sessions(self) -> list[Session]:
        """The gateway's sessions, including those whose client is disconnected."""
        return list(self.services.gateway.sessions.values())

    @property
    def bot_sessions(self) -> list[Session]:
        return self.services.gateway.bot_sessions()

    def add_person(self, name: str) -> str:
        """Add a person to the first guild; returns their token.

        Raises:
            SandboxError: the name is taken, or does not have 2 to 32 characters.
        """
        services = self.services
        person, token = services.accounts.add_person(name)
        member = Member(GUILD_ID, person.id, datetime.now(UTC))
        services.state.members[member.guild_id, member.user_id] = member
        data = services.payloads.member(member) | {"guild_id": str(GUILD_ID)}
        services.publish(Event("GUILD_MEMBER_ADD", data, GUILD_ID, intents=Intents.GUILD_MEMBERS))
        return token

    def add_guilds(self, count: int, *, channels: int = 1, members: int = 0) -> list[int]:
        """Let the bot join ``count`` further guilds; returns their ids.

        Each has ``channels`` text channels (1 to 100), named "general", "channel-2" and so on, and belongs to the
        administrator. The second of the seed's people is a member as well, and ``members`` new people, the same in
        each guild.

        Raises:
            SandboxError: a number is out of bounds.
        """
        if count < 0 or members < 0 or not 1 <= channels <= _MAX_CHANNELS:
            raise SandboxError(f"A guild has 1 to {_MAX_CHANNELS} channels; no number is below 0.")
        services = self.services
        names = ["general", *(f"channel-{n}" for n in range(2, channels + 1))]
        first = len(services.state.guilds) + 1
        people = [MEMBER_ID]
        people += [services.accounts.add_person(f"person {first}-{n}")[0].id for n in range(1, members + 1)]
        made = [add_plain_guild(services.state, f"Guild {first + n}", names, people) for n in range(count)]
        for guild in made:
            services.gateway.announce_guild(guild)
        return [guild.id for guild in made]

    @property
    def rate_limits_given(self) -> Counter[str]:
        """How many requests of the bot were answered with 429, by scope: global or user."""
        return self._rest.rate_limits.given

    # Faults

    def fault(self, kind: str, **details: Any) -> None:
        """Let the next matching requests go wrong; ``details`` are the attributes of ``faults.Fault``.

        Raises:
            FaultError: there is no such kind, or a number is out of bounds.
        """
        self.faults.add(Fault(kind, **details))

    def reconnect(self) -> None:
        """Ask the bot to reconnect (op 7)."""
        self.services.gateway.reconnect()

    def invalidate_sessions(self, *, resumable: bool = False) -> None:
        """Send the bot op 9; its sessions are deleted unless ``resumable``."""
        self.services.gateway.invalidate(resumable=resumable)

    def close_gateway(self, code: int | None = None) -> None:
        """Close the bot's connections with ``code``; None cuts them without a close frame, as a network does."""
        self.services.gateway.close_bots(code)

    def expire_links(self) -> None:
        """Expire every link to an attachment that was given out so far."""
        self.services.attachments.expire_links()

    def lie_about_size(self, size_bytes: int, *, times: int = 1) -> None:
        """Make the next ``times`` uploads declare ``size_bytes`` instead of their real size."""
        self.services.messages.declared_size_lies.extend([size_bytes] * times)
