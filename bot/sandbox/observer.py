"""The interface for watching what passes between a sandbox and its clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.sandbox.model.entities import User
from bot.sandbox.request_log import LoggedRequest


@dataclass(frozen=True, slots=True)
class Frame:
    """One payload of the gateway."""

    text: str
    """Its JSON."""
    sent: bool
    """Whether the sandbox sent it; otherwise the client did, and the sandbox accepted it."""
    account: User | None
    """Whose connection it is; None before it is known."""


class Observer(Protocol):
    """Called at once, in the sandbox's event loop; must not raise."""

    def request(self, request: LoggedRequest) -> None:
        """A request was answered."""

    def frame(self, frame: Frame) -> None:
        """A frame was queued for a client, or accepted from one."""


class Nobody:
    """Watches nothing."""

    def request(self, request: LoggedRequest) -> None:
        pass

    def frame(self, frame: Frame) -> None:
        pass
