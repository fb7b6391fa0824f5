"""Gateway frames, checked against hand-written schemas, since Discord's OpenAPI document does not cover them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator

from bot.sandbox.model.json_codec import Json
from tests.conformance.differences import Difference, differences
from tests.conformance.gateway_schemas.events import EVENTS
from tests.conformance.gateway_schemas.frames import RECEIVED, SENT
from tests.conformance.gateway_schemas.notation import Schema


class GatewayDescription:
    """The schemas in ``gateway_schemas``. A frame without a schema is a violation."""

    def __init__(self) -> None:
        self._sent = _Validators(SENT)
        self._received = _Validators(RECEIVED)
        self._events = _Validators(EVENTS)

    def name(self, payload: Json, *, sent: bool) -> str:
        """For example "op 11 to the application" or "MESSAGE_CREATE"."""
        if not sent:
            return f"op {payload['op']} from the application"
        return str(payload["t"] or f"op {payload['op']} to the application")

    def differences(self, payload: Json, *, sent: bool) -> Iterator[Difference]:
        """Where ``payload`` deviates from its schema; ``sent`` says whether the sandbox sent it, or the application."""
        op = payload["op"]
        yield from (self._sent if sent else self._received).differences(op, payload)
        if sent and op == 0:
            for found in self._events.differences(payload["t"], payload["d"]):
                yield Difference(f"/d{found.pointer}", found.keyword, found.message)


class _Validators:
    """Validators, compiled at first use."""

    def __init__(self, schemas: Mapping[Any, Schema]) -> None:
        self._schemas = schemas
        self._made: dict[Any, Draft202012Validator] = {}

    def differences(self, key: object, value: object) -> Iterator[Difference]:
        if key not in self._schemas:
            yield Difference("", "schema", f"there is no schema for {key}")
            return
        if key not in self._made:
            self._made[key] = Draft202012Validator(self._schemas[key])
        if not self._made[key].is_valid(value):
            yield from differences(self._made[key], value)
