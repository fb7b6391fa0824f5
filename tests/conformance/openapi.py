"""Requests and answers, checked against Discord's OpenAPI document."""

from __future__ import annotations

import contextlib
import json
import marshal
from collections.abc import Iterator, Mapping
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

    The document leaves every object open, so that a misspelt optional field would pass. Here, objects in answers may
    have only the fields that it names.
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
        """The rules without which everything checked so far would have passed as well."""
        return [rule for rule in self.rules if rule.widens and rule not in self.needed] + [
            rule for rule in self.rules if not rule.widens and _amended(self._closed, (rule,)) == self._closed
        ]

    def template(self, path: str) -> str | None:
        """The path in the document that ``path`` is an instance of; literal segments take precedence over
        parameters."""
        if path not in self._found:
            given = path.split("/")
            fitting = [found for found, segments in self._segments if _fits(segments, given)]
            self._found[path] = min(fitting, key=lambda found: found.count("{"), default=None)
        return self._found[path]

    def differences(self, request: LoggedRequest) -> Iterator[tuple[str, Difference]]:
        """Where request or answer deviate from the document, each with its part.

        Of a refused request (4xx), only the answer is checked. Answers with 5xx are not described at all.
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
        # payload_json contains the fields of the JSON body; the files themselves are not part of a schema.
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
            if not any(validator.is_valid(meaning) for meaning in _meanings(text)):
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
        """The document amended by every rule except ``rule``."""
        if rule not in self._without:
            others = tuple(other for other in self.rules if other is not rule)
            self._without[rule] = _Validators(_amended(self._closed, others))
        return self._without[rule]


class _Validators:
    """One version of the document, with the validators made from it."""

    def __init__(self, document: Document) -> None:
        self._registry = Registry([("urn:discord", document)])
        self._made: dict[str, Draft202012Validator] = {}

    def at(self, pointer: str) -> Draft202012Validator:
        if pointer not in self._made:
            schema = {"$ref": f"urn:discord{pointer}"}
            self._made[pointer] = Draft202012Validator(schema, registry=self._registry, validate_formats=True)
        return self._made[pointer]


def _copy(document: Document) -> Document:
    """A copy, in a quarter of the time of ``copy.deepcopy``; each test process needs several."""
    copied: Document = marshal.loads(marshal.dumps(document))
    return copied


def _amended(document: Document, rules: tuple[Rule, ...]) -> Document:
    made = _copy(document)
    for rule in rules:
        rule.amend(made)
    return made


def _closed(document: Document) -> Document:
    """A copy in which the objects of answers may have only the fields that are named.

    Objects in requests stay open: Discord ignores unknown fields there, and libraries send some. The parts of an
    ``allOf`` are closed as a whole.
    """
    made = _copy(document)
    schemas = made["components"]["schemas"]
    operations = [
        operation for path in made["paths"].values() for operation in path.values() if isinstance(operation, dict)
    ]
    sent = _referenced([operation.get("requestBody") for operation in operations], schemas, set())
    parts = _referenced([schema.get("allOf") for schema in schemas.values()], {}, set())
    answers = [schema for name, schema in schemas.items() if name not in sent | parts]
    for operation in operations:
        bodies = [response.get("content", {}) for response in operation["responses"].values()]
        answers += [body[_JSON]["schema"] for body in bodies if _JSON in body]
    for schema in answers:
        if (schema.get("properties") or schema.get("allOf")) and "additionalProperties" not in schema:
            schema["unevaluatedProperties"] = False
    return made


def _referenced(part: Any, schemas: Mapping[str, Any], found: set[str]) -> set[str]:
    """Add to ``found`` the names of the schemas that ``part`` refers to, directly or through ``schemas``, and return
    it."""
    if isinstance(part, list):
        for item in part:
            _referenced(item, schemas, found)
    elif isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found.add(name)
            _referenced(schemas.get(name), schemas, found)
        for item in part.values():
            _referenced(item, schemas, found)
    return found


def _fits(segments: list[str], given: list[str]) -> bool:
    return len(segments) == len(given) and all(
        (g and s.startswith("{")) or s == g for s, g in zip(segments, given, strict=True)
    )


def _meanings(text: str) -> Iterator[object]:
    """The possible meanings of ``text`` in a query, where numbers stand for booleans as well."""
    yield text
    with contextlib.suppress(ValueError):
        yield json.loads(text.lower())
    if text in ("0", "1"):
        yield text == "1"


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
