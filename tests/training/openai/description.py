"""Requests and answers, checked against OpenAI's own description of its API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema_rs import Draft202012Validator, Registry

if TYPE_CHECKING:
    from tests.training.openai.fine_tuning_server import Exchanged

SPEC = Path(__file__).parents[3].parent / "shared" / "openai-spec" / "openapi.json"
_ERROR = "/components/schemas/ErrorResponse"


class OpenAIDescription:
    """OpenAI's document, in which requests for fine-tuning jobs are closed: they may have no fields that it does not
    name."""

    def __init__(self, path: Path = SPEC) -> None:
        document: dict[str, Any] = json.loads(path.read_text(), object_hook=_as_of_2020)
        self._paths: dict[str, Any] = document["paths"]
        for name in ("CreateFineTuningJobRequest", "FineTuneMethod", "FineTuneDPOHyperparameters"):
            document["components"]["schemas"][name]["additionalProperties"] = False
        self._registry = Registry([("urn:openai", document)])
        self._made: dict[str, Draft202012Validator] = {}

    def differences(self, exchanged: Exchanged) -> Iterator[str]:
        """Where request or answer deviate from the document. Of a refused request, only the answer is checked."""
        where = f"{exchanged.method} {exchanged.path}"
        path, operation = self._operation(exchanged)
        if operation is None:
            yield f"{where}: no such operation"
            return
        pointer = f"/paths/{_escape(path)}/{exchanged.method.lower()}"
        if exchanged.status >= 400:
            yield from self._check(f"{where} refused", _ERROR, exchanged.answer)
            return
        described = operation.get("requestBody", {}).get("content", {})
        if described:
            kind = _escape(exchanged.content_type)
            body = exchanged.body
            if exchanged.content_type == "multipart/form-data":
                body = {name: value for name, value in body.items() if name != "filename"}
                body["file"] = body["file"].decode()
            yield from self._check(f"{where} asked", f"{pointer}/requestBody/content/{kind}/schema", body)
        elif exchanged.body is not None:
            yield f"{where}: a body is not described"
        names = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
        for name in exchanged.query:
            if name.partition("[")[0] not in names:
                yield f"{where}: the parameter {name} is not described"
        if exchanged.answer is not None:
            answered = f"{pointer}/responses/200/content/{_escape('application/json')}/schema"
            yield from self._check(f"{where} answered", answered, exchanged.answer)

    def check_chat_request(self, body: object) -> Iterator[str]:
        """Where a chat completion request deviates from the document. Fields that it does not name are allowed, since
        other endpoints have additional ones."""
        return self._check("a request for a reply", "/components/schemas/CreateChatCompletionRequest", body)

    def _operation(self, exchanged: Exchanged) -> tuple[str, Any]:
        given = exchanged.path.split("/")
        fitting = [
            path
            for path in self._paths
            if len(path.split("/")) == len(given)
            and all(g == s or s.startswith("{") for s, g in zip(path.split("/"), given, strict=True))
        ]
        path = min(fitting, key=lambda found: found.count("{"), default="")
        return path, self._paths.get(path, {}).get(exchanged.method.lower())

    def _check(self, where: str, pointer: str, value: object) -> Iterator[str]:
        if pointer not in self._made:
            self._made[pointer] = Draft202012Validator({"$ref": f"urn:openai#{pointer}"}, registry=self._registry)
        for error in self._made[pointer].iter_errors(value):
            yield f"{where}: {error.message} at {error.instance_path}"


def _as_of_2020(schema: dict[str, Any]) -> dict[str, Any]:
    """The document claims to be OpenAPI 3.1, but writes exclusive bounds as 3.0 did; convert them."""
    for bound in ("Minimum", "Maximum"):
        if schema.get(f"exclusive{bound}") is True:
            schema[f"exclusive{bound}"] = schema.pop(bound.lower())
    return schema


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
