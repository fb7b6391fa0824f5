"""Faults on demand, which tests arrange for the bot to survive."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import Literal, get_args

from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json

RequestTrouble = Literal["rate_limit", "error", "slow", "drop", "expire_links"]
GatewayTrouble = Literal["reconnect", "invalid_session", "close"]

REQUEST_KINDS = get_args(RequestTrouble)
GATEWAY_KINDS = get_args(GatewayTrouble)


class FaultError(SandboxError):
    """Raised when a fault is requested that does not exist or has invalid details."""


@dataclass
class Fault:
    """One fault for the requests that match."""

    kind: str
    """``rate_limit`` answers 429, ``error`` answers ``status``, ``slow`` waits ``delay_s`` first, ``drop`` ends the
    connection without an answer, ``expire_links`` makes the link of a download expired."""
    method: str | None = None
    """Such as POST; None for any."""
    path: str | None = None
    """A glob ("/channels/*/messages") or a regular expression that begins with "^", over the path without "/api/v10";
    None for any."""
    times: int = 1
    """How many more times it happens."""
    only_bot: bool = False
    """Whether requests with a person's token are left alone."""
    status: int = 500
    """The status of an ``error``, 400-599."""
    retry_after_s: float = 1.0
    """How soon a ``rate_limit`` lets the client retry."""
    scope: str = "user"
    """The scope of a ``rate_limit``: user, global or shared."""
    delay_s: float = 1.0
    """How long a slow answer takes."""
    after: bool = False
    """Whether an ``error`` or ``drop`` comes after the request took effect, without the client learning of it."""

    def __post_init__(self) -> None:
        """Raises:
        FaultError: there is no such kind, or a detail is not a number or out of bounds.
        """
        if self.kind not in REQUEST_KINDS:
            raise FaultError(f"There is no fault {self.kind!r} for requests; there are {', '.join(REQUEST_KINDS)}.")
        for name, lowest, highest in (
            ("times", 1, 1_000_000),
            ("status", 400, 599),
            ("retry_after_s", 0, 3600),
            ("delay_s", 0, 3600),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
                raise FaultError(f"{name} is a number from {lowest} to {highest}, not {value!r}.")

    def matches(self, method: str, path: str, *, by_person: bool) -> bool:
        if by_person and self.only_bot:
            return False
        if self.times <= 0 or (self.method is not None and self.method.upper() != method):
            return False
        if self.kind == "expire_links" and "attachments/" not in path:
            return False
        if self.path is None:
            return True
        if self.path.startswith("^"):
            return re.search(self.path, path) is not None
        return fnmatch.fnmatchcase(path, self.path)


class Faults:
    """The faults that wait for a matching request, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, method: str, path: str, *, by_person: bool = False) -> Fault | None:
        """The oldest fault for this request, counted down by one; None if there is none."""
        for fault in self._waiting:
            if fault.matches(method, path, by_person=by_person):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    @property
    def payload(self) -> list[Json]:
        """The faults still waiting, as ``GET /sandbox/faults`` shows them."""
        return [{"kind": f.kind, "method": f.method, "path": f.path, "times": f.times} for f in self._waiting]
