"""Frames of the gateway, held against our own schemas: Discord's OpenAPI document does not have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from jsonschema_rs import Draft202012Validator, Registry

from bot.sandbox.observer import Frame
from tests.conformance.differences import Difference, compiled, differences

_FOLDER = Path(__file__).parent / "gateway_schemas"


class GatewayDescription:
    """The schemas in ``gateway_schemas``, written from Discord's documentation.

    ``sent.json`` and ``received.json`` have one definition for each op code, by the side of the sandbox;
    ``events.json`` has one for each event, by its name. A frame without a definition is wrong.
    """

    def __init__(self) -> None:
        documents = {path.stem: json.loads(path.read_text()) for path in sorted(_FOLDER.glob("*.json"))}
        self._registry = Registry([(f"urn:gateway:{name}", document) for name, document in documents.items()])
        self._defined = {name: document["$defs"].keys() for name, document in documents.items()}
        self._made: dict[str, Draft202012Validator] = {}

    @property
    def events(self) -> set[str]:
        """The names of the events that are described."""
        return set(self._defined["events"])

    def name(self, frame: Frame) -> str:
        """Such as "op 11 to the application" or "MESSAGE_CREATE"."""
        if frame.sent:
            return str(frame.payload.get("t") or f"op {frame.payload['op']} to the application")
        return f"op {frame.payload['op']} from the application"

    def differences(self, frame: Frame) -> Iterator[Difference]:
        yield from self._check("sent" if frame.sent else "received", str(frame.payload["op"]), frame.payload)
        if frame.sent and frame.payload["op"] == 0:
            for found in self._check("events", str(frame.payload["t"]), frame.payload["d"]):
                yield Difference(f"/d{found.pointer}", found.keyword, found.message)

    def _check(self, document: str, name: str, value: object) -> Iterator[Difference]:
        if name not in self._defined[document]:
            yield Difference("", "$defs", f"{document}.json does not define {name}")
            return
        pointer = f"urn:gateway:{document}#/$defs/{name}"
        if pointer not in self._made:
            self._made[pointer] = compiled(pointer, self._registry)
        validator = self._made[pointer]
        if not validator.is_valid(value):
            yield from differences(validator, value)
