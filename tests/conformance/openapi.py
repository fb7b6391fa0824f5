"""Requests and answers, held against Discord's OpenAPI document."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator, Registry

from bot.sandbox.request_log import LoggedRequest
from tests.conformance.differences import Difference, differences
from tests.conformance.overlay import RULES, Document, Rule

SPEC = Path(__file__).parents[2].parent / "shared" / "discord-spec" / "openapi.json"
_JSON = "application/json"
_ERRORS = "#/components/responses/ClientErrorResponse"


class Description:
    """Discord's document, with ``rules`` applied.

    The document leaves every object open, so that a misspelt optional field would pass. Here no object may have
    fields that it does not name.
    """

    def __init__(self, path: Path = SPEC, rules: tuple[Rule, ...] = RULES) -> None:
        self.rules = rules
        self.needed: set[Rule] = set()
        document: Document = json.loads(path.read_text())
        self._paths: dict[str, Any] = document["paths"]
        self._responses: dict[str, Any] = document["components"]["responses"]
        self._segments = [(path, path.split("/")) for path in self._paths]
        closed = _closed(document)
        self._plain = _Validators(closed)
        self._amended = _Validators(_amended(closed, rules))
        self._without: dict[Rule, _Validators] = {}
        self._closed = closed
        self._found: dict[str, str | None] = {}

    def unneeded(self) -> list[Rule]:
        """The rules without which nothing that was checked until now would have been found wrong."""
        return [rule for rule in self.rules if rule.widens and rule not in self.needed] + [
            rule for rule in self.rules if not rule.widens and _amended(self._closed, (rule,)) == self._closed
        ]

    def template(self, path: str) -> str | None:
        """The described path that ``path`` is an instance of; literal segments win over parameters."""
        if path not in self._found:
            given = path.split("/")
            fitting = [found for found, segments in self._segments if _fits(segments, given)]
            self._found[path] = min(fitting, key=lambda found: found.count("{"), default=None)
        return self._found[path]

    def differences(self, request: LoggedRequest) -> Iterator[tuple[str, Difference]]:
        """Where request or answer are not as described, each with the part that it is in.

        A refused request (4xx) is not checked, only its answer. What is answered with 5xx is not described at all.
        """
        if request.status >= 500:
            return
        path = self.template(request.path)
        operation = self._paths.get(path or "", {}).get(request.method.lower())
        if operation is None:
            if request.status < 400:
                yield "request", Difference("", "paths", "no such operation is described, and it was carried out")
            else:
                yield from self._check("answer", f"{_ERRORS}/content/{_escape(_JSON)}/schema", request.response)
            return
        where = f"#/paths/{_escape(path or '')}/{request.method.lower()}"
        if request.status < 400:
            yield from self._request(request, operation, where)
            yield from self._query(request, operation, where)
        yield from self._answer(request, operation, where)

    def _request(self, request: LoggedRequest, operation: Any, where: str) -> Iterator[tuple[str, Difference]]:
        described = operation.get("requestBody")
        if described is None:
            if request.body is not None:
                yield "request", Difference("", "requestBody", "no body is described")
            return
        if request.body is None and not request.content_type:
            if described.get("required"):
                yield "request", Difference("", "requestBody", "a body is required")
            return
        kinds = described["content"]
        if request.content_type not in kinds:
            yield "request", Difference("", "content", f"{request.content_type} is not described")
            return
        # payload_json has the fields of the JSON body; the files themselves are not part of a schema.
        kind = _JSON if _JSON in kinds else request.content_type
        yield from self._check("request", f"{where}/requestBody/content/{_escape(kind)}/schema", request.body)

    def _query(self, request: LoggedRequest, operation: Any, where: str) -> Iterator[tuple[str, Difference]]:
        described = {
            parameter["name"]: n
            for n, parameter in enumerate(operation.get("parameters", ()))
            if parameter["in"] == "query"
        }
        for name, text in request.query.items():
            if name not in described:
                yield "query", Difference(f"/{name}", "parameters", "no such parameter is described")
                continue
            pointer = f"{where}/parameters/{described[name]}/schema"
            validator = self._amended.at(pointer)
            if not validator.is_valid(text) and not validator.is_valid(_parsed(text)):
                yield "query", Difference(f"/{name}", "schema", f"{text!r} is not as described")

    def _answer(self, request: LoggedRequest, operation: Any, where: str) -> Iterator[tuple[str, Difference]]:
        responses = operation["responses"]
        key = next((key for key in (str(request.status), f"{request.status // 100}XX") if key in responses), None)
        if key is None:
            yield "answer", Difference("", "responses", f"status {request.status} is not described")
            return
        reference = responses[key].get("$ref")
        where = reference or f"{where}/responses/{key}"
        response = self._responses[reference.rpartition("/")[2]] if reference else responses[key]
        if _JSON in response.get("content", {}):
            yield from self._check("answer", f"{where}/content/{_escape(_JSON)}/schema", request.response)
        elif request.response is not None:
            yield "answer", Difference("", "content", "no body is described")

    def _check(self, part: str, pointer: str, value: object) -> Iterator[tuple[str, Difference]]:
        validator = self._amended.at(pointer)
        if not validator.is_valid(value):
            for found in differences(validator, value):
                yield part, found
            return
        unproven = [rule for rule in self.rules if rule.widens and rule not in self.needed]
        if unproven and not self._plain.at(pointer).is_valid(value):
            self.needed.update(rule for rule in unproven if not self._with_others(rule).at(pointer).is_valid(value))

    def _with_others(self, rule: Rule) -> _Validators:
        """The document with every rule but ``rule``."""
        if rule not in self._without:
            others = tuple(other for other in self.rules if other is not rule)
            self._without[rule] = _Validators(_amended(self._closed, others))
        return self._without[rule]


class _Validators:
    """One version of the document, and the validators that were made from it."""

    def __init__(self, document: Document) -> None:
        self._registry = Registry([("urn:discord", document)])
        self._made: dict[str, Draft202012Validator] = {}

    def at(self, pointer: str) -> Draft202012Validator:
        if pointer not in self._made:
            schema = {"$ref": f"urn:discord{pointer}"}
            self._made[pointer] = Draft202012Validator(schema, registry=self._registry, validate_formats=True)
        return self._made[pointer]


def _amended(document: Document, rules: tuple[Rule, ...]) -> Document:
    made = copy.deepcopy(document)
    for rule in rules:
        rule.amend(made)
    return made


def _closed(document: Document) -> Document:
    """A copy in which objects have no fields but those that are named; parts of an ``allOf`` are closed as a whole."""
    made = copy.deepcopy(document)
    schemas = made["components"]["schemas"]
    parts = {
        part["$ref"].rpartition("/")[2]
        for schema in schemas.values()
        for part in schema.get("allOf", ())
        if "$ref" in part
    }
    for name, schema in schemas.items():
        fields = schema.get("properties") or schema.get("allOf")
        if fields and name not in parts and "additionalProperties" not in schema:
            schema["unevaluatedProperties"] = False
    for schema in _schemas_of_operations(made):
        if schema.get("properties") and "additionalProperties" not in schema:
            schema["unevaluatedProperties"] = False
    return made


def _schemas_of_operations(document: Document) -> Iterator[Any]:
    """The JSON schemas that are written where they are used."""
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                bodies = [operation.get("requestBody", {}), *operation.get("responses", {}).values()]
                yield from (body["content"][_JSON]["schema"] for body in bodies if _JSON in body.get("content", {}))


def _fits(segments: list[str], given: list[str]) -> bool:
    return len(segments) == len(given) and all(
        (g and s.startswith("{")) or s == g for s, g in zip(segments, given, strict=True)
    )


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
