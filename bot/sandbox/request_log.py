"""The last requests, for tests that ask what the bot did."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from bot.sandbox.model.json_codec import Json


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request and its answer."""

    method: str
    path: str
    """Without "/api/v10" and the query."""
    query: dict[str, str]
    status: int
    duration_s: float
    account: str | None
    """The name of who asked; None without a token."""
    by_person: bool
    """Whether the token was a person's; without one, an application asked."""
    content_type: str
    """Of the body; empty where there was none."""
    body: Any
    """The JSON, also that of ``payload_json``; None where there was none."""
    files: dict[str, int]
    """Sizes in bytes by name."""
    response: Any
    """The JSON that was answered; None where there was none."""

    @property
    def payload(self) -> Json:
        return {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "duration_s": self.duration_s,
            "account": self.account,
            "body": self.body,
            "files": self.files,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception of the sandbox's own, that was answered with a 500."""

    method: str
    path: str
    error: Exception


class RequestLog:
    """Keeps the last ``limit`` requests."""

    def __init__(self, limit: int) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=limit)

    def add(self, request: LoggedRequest) -> None:
        self._requests.append(request)

    def clear(self) -> None:
        self._requests.clear()

    def all(self) -> list[LoggedRequest]:
        return list(self._requests)
