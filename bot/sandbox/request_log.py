"""The last requests, for tests that ask what the bot did."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from bot.sandbox.model.json_codec import Json


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request and its answer.

    Attributes:
        path: without "/api/v10" and the query.
        account: the name of who asked; None without a token.
        by_person: whether the token was a person's; without one, an application asked.
        content_type: of the body; empty where there was none.
        body: the JSON, also that of ``payload_json``; None where there was none.
        files: sizes in bytes by name.
        response: the JSON that was answered; None where there was none.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int
    duration_s: float
    account: str | None
    by_person: bool
    content_type: str
    body: Any
    files: dict[str, int]
    response: Any

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
