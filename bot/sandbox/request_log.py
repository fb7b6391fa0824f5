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
    """The name of the account that sent it; None without a token."""
    by_person: bool
    """Whether the token was a person's. Requests without a token come from an application."""
    content_type: str
    """Of the body; empty if there was none."""
    body: Any
    """The JSON, which may come from ``payload_json``; None if there was none."""
    files: dict[str, int]
    """Sizes in bytes by name."""
    response: Any
    """The JSON of the answer; None if there was none."""

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
    """An exception of the sandbox itself, which was answered with a 500."""

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
