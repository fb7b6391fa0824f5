"""Observes all traffic between sandboxes and applications during tests, and records deviations from Discord's
descriptions."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.sandbox.model.json_codec import from_json
from bot.sandbox.observer import Frame
from bot.sandbox.request_log import LoggedRequest
from tests.conformance.differences import Difference
from tests.conformance.gateway import GatewayDescription
from tests.conformance.openapi import Description

_INDEX = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Violation:
    """A deviation. ``what`` is, for example, "POST /channels/{channel_id}/messages 200"; ``part`` is request, query,
    answer or frame."""

    what: str
    part: str
    difference: Difference
    test: str

    def __str__(self) -> str:
        found = self.difference
        where = found.pointer or "(all of it)"
        return f"{self.what}: {self.part} {where}: {found.message} ({found.keyword}, in {self.test})"


class Recorder:
    """An observer of sandboxes.

    Traffic of people is ignored, since Discord describes the API of applications, not that of its own client. A request
    is recognised as a person's by its token, a frame by the account of its connection.
    """

    def __init__(self, rest: Description | None, gateway: GatewayDescription) -> None:
        self.rest = rest
        """None if Discord's document is not available; REST requests are then not checked."""
        self.gateway = gateway
        self.seen: Counter[str] = Counter()
        """How often each operation or kind of frame was checked."""
        self.cost_s = 0.0
        """The total time of all checks."""
        self._violations: dict[tuple[str, str, str, str], Violation] = {}

    def request(self, request: LoggedRequest) -> None:
        if self.rest is None or request.by_person:
            return
        began_s = time.perf_counter()
        path = self.rest.template(request.path) or request.path
        self._note(f"{request.method} {path} {request.status}", self.rest.differences(request))
        self.cost_s += time.perf_counter() - began_s

    def frame(self, frame: Frame) -> None:
        if frame.account is not None and not frame.account.bot:
            return
        began_s = time.perf_counter()
        payload = from_json(frame.text)
        name = self.gateway.name(payload, sent=frame.sent)
        self._note(name, (("frame", found) for found in self.gateway.differences(payload, sent=frame.sent)))
        self.cost_s += time.perf_counter() - began_s

    def violations(self, part_of: str = "") -> list[Violation]:
        """The violations so far, one of each kind, optionally only those from tests whose name contains ``part_of``."""
        return [found for found in self._violations.values() if part_of in found.test]

    def _note(self, what: str, found: Iterator[tuple[str, Difference]]) -> None:
        self.seen[what] += 1
        test = os.environ.get("PYTEST_CURRENT_TEST", "no test (now)").rpartition(" ")[0]
        for part, difference in found:
            sort = (what, part, _INDEX.sub("0", difference.pointer), difference.keyword)
            self._violations.setdefault(sort, Violation(what, part, difference, test))
