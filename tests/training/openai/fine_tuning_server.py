"""A service for files and fine-tuning jobs on loopback that follows OpenAI's published API.

Files are kept with their content, and are read as training data when a job validates them. Each time a job is
retrieved, it moves on by one step: validating_files, queued, running (``steps`` times), succeeded.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.scripted_chat import ScriptedChat

KEY = "sk-training"
_BODY: web.RequestKey[Any] = web.RequestKey("body", object)
OVER = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A request and its answer."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str
    body: Any
    """The value of a JSON body; the fields of a form, with files as their content."""
    status: int
    answer: Any


@dataclass(slots=True)
class Trouble:
    """The next ``times`` requests with this method and path fail."""

    method: str
    path: str
    status: int = 500
    code: str | None = None
    message: str = "told to fail"
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    is_lost: bool = False
    """The request is carried out, but the connection breaks before the answer."""


class FineTuningServer:
    """The service."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.checkpoints: dict[str, list[dict[str, Any]]] = {}
        self.exchanged: list[Exchanged] = []
        self.troubles: list[Trouble] = []
        self.steps = 4
        self.fails_at: int | None = None
        """The step at which jobs fail."""
        self.moves = True
        """Whether jobs make progress."""
        self.chat: ScriptedChat | None = None
        """The endpoint that answers for the models trained here."""
        self._ids = itertools.count(1)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if self.chat is None:
            raise web.HTTPNotFound
        return await self.chat.complete(request)

    async def __aenter__(self) -> Self:
        application = web.Application(middlewares=[self._middleware])
        application.add_routes(
            [
                web.post("/v1/chat/completions", self._chat),
                web.post("/v1/files", self._upload),
                web.get("/v1/files/{file}", self._file),
                web.get("/v1/files/{file}/content", self._content),
                web.delete("/v1/files/{file}", self._delete),
                web.post("/v1/fine_tuning/jobs", self._create),
                web.get("/v1/fine_tuning/jobs", self._list),
                web.get("/v1/fine_tuning/jobs/{job}", self._retrieve),
                web.post("/v1/fine_tuning/jobs/{job}/cancel", self._cancel),
                web.get("/v1/fine_tuning/jobs/{job}/events", self._events),
                web.get("/v1/fine_tuning/jobs/{job}/checkpoints", self._checkpoints),
            ]
        )
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    def expire(self, file: str) -> None:
        """Remove the file, as the service had announced."""
        del self.files[file], self.contents[file]

    def count(self, method: str, path: str) -> int:
        """How often this request was made."""
        return sum(seen.method == method and seen.path == path for seen in self.exchanged)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Any) -> web.Response:
        body = await _read(request)
        request[_BODY] = body
        path = request.path.removeprefix("/v1")
        trouble = next((t for t in self.troubles if t.times and t.method == request.method and path == t.path), None)
        if trouble is not None:
            trouble.times -= 1
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            response: web.Response = _refusal(401, "Incorrect API key provided.", code="invalid_api_key")
        elif trouble is not None and not trouble.is_lost:
            response = _refusal(trouble.status, trouble.message, trouble.code, trouble.param, trouble.headers)
        else:
            response = await handler(request)
        is_json = response.content_type == "application/json"
        answer = json.loads(response.text or "null") if is_json else None
        seen = Exchanged(request.method, path, dict(request.query), request.content_type, body, response.status, answer)
        self.exchanged.append(seen)
        if trouble is not None and trouble.is_lost and request.transport is not None:
            request.transport.abort()
        return response

    def _new(self, prefix: str) -> str:
        return f"{prefix}-{next(self._ids):08}"

    async def _upload(self, request: web.Request) -> web.Response:
        form = request[_BODY]
        if form.get("purpose") != "fine-tune" or "file" not in form:
            return _refusal(400, "Invalid purpose or no file.", param="purpose")
        file = self._new("file")
        self.contents[file] = form["file"]
        self.files[file] = {
            "id": file,
            "object": "file",
            "bytes": len(form["file"]),
            "created_at": int(time.time()),
            "filename": form["filename"],
            "purpose": "fine-tune",
            "status": "processed",
        }
        return web.json_response(self.files[file])

    async def _file(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        if file not in self.files:
            return _refusal(404, f"No such File object: {file}", param="id")
        return web.json_response(self.files[file])

    async def _content(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        if file not in self.files:
            return _refusal(404, f"No such File object: {file}", param="id")
        return web.Response(body=self.contents[file], content_type="application/octet-stream")

    async def _delete(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        if file not in self.files:
            return _refusal(404, f"No such File object: {file}", param="id")
        self.expire(file)
        return web.json_response({"id": file, "object": "file", "deleted": True})

    async def _create(self, request: web.Request) -> web.Response:
        body = request[_BODY]
        for name in ("training_file", "validation_file"):
            if body.get(name) is not None and body[name] not in self.files:
                return _refusal(400, f"File {body[name]} does not exist or has expired.", "invalid_file", name)
        job = self._new("ftjob")
        method = body.get("method") or {"type": "supervised", "supervised": {"hyperparameters": {}}}
        self.events[job], self.checkpoints[job] = [], []
        self.jobs[job] = {
            "id": job,
            "object": "fine_tuning.job",
            "created_at": int(time.time()),
            "finished_at": None,
            "estimated_finish": None,
            "model": body["model"],
            "fine_tuned_model": None,
            "organization_id": "org-tests",
            "status": "validating_files",
            "training_file": body["training_file"],
            "validation_file": body.get("validation_file"),
            "hyperparameters": method[method["type"]]["hyperparameters"],
            "method": method,
            "metadata": body.get("metadata"),
            "result_files": [],
            "trained_tokens": None,
            "seed": body.get("seed", 0),
            "error": None,
            "_suffix": body.get("suffix"),
            "_step": 0,
        }
        self._say(job, f"Created fine-tuning job: {job}")
        return web.json_response(_shown(self.jobs[job]))

    async def _list(self, request: web.Request) -> web.Response:
        wanted = {name[9:-1]: text for name, text in request.query.items() if name.startswith("metadata[")}
        fitting = [
            _shown(job)
            for job in reversed(self.jobs.values())
            if all((job["metadata"] or {}).get(name) == text for name, text in wanted.items())
        ]
        return _page(request, fitting)

    async def _retrieve(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["job"])
        if job is None:
            return _no_job(request)
        if self.moves and job["status"] not in OVER:
            self._move(job)
        return web.json_response(_shown(job))

    async def _cancel(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["job"])
        if job is None:
            return _no_job(request)
        if job["status"] in OVER:
            return _refusal(400, f"Job has already completed: {job['id']}", "invalid_job_state")
        self._end(job, "cancelled")
        return web.json_response(_shown(job))

    async def _events(self, request: web.Request) -> web.Response:
        if request.match_info["job"] not in self.jobs:
            return _no_job(request)
        return _page(request, self.events[request.match_info["job"]][::-1])

    async def _checkpoints(self, request: web.Request) -> web.Response:
        if request.match_info["job"] not in self.jobs:
            return _no_job(request)
        return _page(request, self.checkpoints[request.match_info["job"]][::-1], ends=True)

    def _move(self, job: dict[str, Any]) -> None:
        if job["status"] == "validating_files":
            problem = self._problem(job)
            if problem is not None:
                self._fail(job, *problem)
                return
            job["status"] = "queued"
            self._say(job["id"], "Files validated, moving job to queued state")
        elif job["status"] == "queued":
            job["status"], job["estimated_finish"] = "running", int(time.time()) + 600
            self._say(job["id"], "Fine-tuning job started")
        elif job["_step"] == self.fails_at:
            self._fail(job, "server_error", "The job failed due to an internal error.", None)
        elif job["_step"] < self.steps:
            job["_step"] += 1
            self._step(job)
        else:
            name = f"ft:{job['model']}:tests:{job['_suffix'] or ''}:{job['id'][-6:]}"
            job["fine_tuned_model"], job["trained_tokens"] = name, len(self.contents[job["training_file"]]) // 4
            self._say(job["id"], f"New fine-tuned model created: {name}")
            self._end(job, "succeeded")

    def _step(self, job: dict[str, Any]) -> None:
        step = job["_step"]
        metrics = {"step": step, "train_loss": 2.0 / step, "valid_loss": 2.5 / step}
        text = f"Step {step}/{self.steps}: training loss={metrics['train_loss']:.2f}"
        self._say(job["id"], text, {**metrics, "total_steps": self.steps})
        if step % 2 == 0:
            self.checkpoints[job["id"]].append(
                {
                    "id": self._new("ftckpt"),
                    "object": "fine_tuning.job.checkpoint",
                    "created_at": int(time.time()),
                    "fine_tuned_model_checkpoint": f"ft:{job['model']}:tests::ckpt-step-{step}",
                    "fine_tuning_job_id": job["id"],
                    "metrics": {**metrics, "full_valid_loss": 2.25 / step},
                    "step_number": step,
                }
            )

    def _problem(self, job: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
        """What is wrong with the job's files: code, message and parameter."""
        for name in ("training_file", "validation_file"):
            file = job[name]
            if file is None:
                continue
            if file not in self.contents:
                return "file_not_found", f"The file {file} has expired.", name
            examples = [json.loads(line) for line in self.contents[file].splitlines()]
            if name == "training_file" and len(examples) < 10:
                return "invalid_n_examples", f"Training file has {len(examples)} example(s), 10 are needed.", name
            is_fitting = _is_chat if job["method"]["type"] == "supervised" else _is_preference
            for number, example in enumerate(examples, 1):
                if not is_fitting(example):
                    return "invalid_file_format", f"Line {number} is not in the format.", name
        return None

    def _fail(self, job: dict[str, Any], code: str, message: str, param: str | None) -> None:
        job["error"] = {"code": code, "message": message, "param": param}
        self._say(job["id"], message, level="error")
        self._end(job, "failed")

    def _end(self, job: dict[str, Any], status: str) -> None:
        job["status"], job["finished_at"], job["estimated_finish"] = status, int(time.time()), None

    def _say(self, job: str, message: str, data: Mapping[str, Any] | None = None, level: str = "info") -> None:
        self.events[job].append(
            {
                "id": self._new("ftevent"),
                "object": "fine_tuning.job.event",
                "created_at": int(time.time()) + len(self.events[job]),
                "level": level,
                "message": message,
                "type": "metrics" if data else "message",
                "data": dict(data or {}),
            }
        )


async def _read(request: web.Request) -> Any:
    if request.content_type == "multipart/form-data":
        form = await request.post()
        read: dict[str, Any] = {}
        for name, value in form.items():
            if isinstance(value, web.FileField):
                read |= {name: value.file.read(), "filename": value.filename}
            elif name.endswith("]"):
                outer, _bracket, inner = name[:-1].partition("[")
                read.setdefault(outer, {})[inner] = int(str(value)) if str(value).isdigit() else value
            else:
                read[name] = value
        return read
    return await request.json() if request.content_type == "application/json" and request.can_read_body else None


def _shown(job: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if not name.startswith("_")}


def _page(request: web.Request, items: Sequence[Mapping[str, Any]], *, ends: bool = False) -> web.Response:
    limit, after = int(request.query.get("limit", 20)), request.query.get("after")
    begin = next((at + 1 for at, item in enumerate(items) if item["id"] == after), 0)
    page = items[begin : begin + limit]
    listed: dict[str, Any] = {"object": "list", "data": list(page), "has_more": begin + limit < len(items)}
    if ends:
        listed |= {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
    return web.json_response(listed)


def _refusal(
    status: int,
    message: str,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "code": code, "param": param}
    return web.json_response({"error": error}, status=status, headers=headers)


def _no_job(request: web.Request) -> web.Response:
    return _refusal(404, f"Could not find fine tune: {request.match_info['job']}", "fine_tune_not_found", "job_id")


def _is_chat(example: Any) -> bool:
    messages = example.get("messages", [])
    return (
        len(messages) >= 2
        and messages[-1]["role"] == "assistant"
        and all(message["role"] in ("system", "user", "assistant") and message["content"] for message in messages)
        and all(message.get("weight", 1) in (0, 1) for message in messages)
    )


def _is_preference(example: Any) -> bool:
    outputs = [example.get("preferred_output", []), example.get("non_preferred_output", [])]
    asked = example.get("input", {}).get("messages", [])
    return (
        bool(asked)
        and asked[-1]["role"] == "user"
        and all(len(output) == 1 and output[0]["role"] == "assistant" and output[0]["content"] for output in outputs)
    )
