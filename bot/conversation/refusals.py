"""What an endpoint says when it refuses or fails, and what that means."""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.conversation.errors import (
    ChatError,
    ChatFailedError,
    ChatFilteredError,
    ChatForbiddenError,
    ChatModelUnknownError,
    ChatOverloadedError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRefusedError,
    ChatRegionError,
    ChatWrongAddressError,
    ContextTooLongError,
)

MAX_WAIT_S = 86400.0
"""No endpoint means more."""
_MAX_WORDS = 4000
"""Characters that are looked at."""

_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|request_too_large|string_above_max_length|tokens_exceeded"
    r"|context (length|size|window|limit)|maximum context|max_?context|\bn_ctx\b|kv cache"
    r"|(prompt|input|request|message|conversation|context)s?( text| length| token count)? (is |are )?too (long|large)"
    r"|too many (input |prompt )?tokens|input token count|(input|prompt) tokens? (exceed|limit)"
    r"|maximum (prompt|input|number of (input )?tokens)|prompt (exceeds|has more)|longer than the (model|maximum)"
    r"|reduce (the length|your (message|prompt|input))|range of input length|too long\b"
)
_REQUESTED = re.compile(r"limit:? (\d+).{0,80}requested:? (\d+)", re.DOTALL)
"""What a limit on tokens a minute says: nothing is gained by waiting when a request is larger than that."""
_FILTERED = re.compile(
    r"content_?filter|content[ _]policy|content management policy|responsibleai|requires moderation|\bflagged\b"
    r"|moderation_blocked|data_inspection_failed|safety (system|filter|polic)|prohibited_content|content exists risk"
    r"|inappropriate content|blocked by.{0,40}(safety|polic|guardrail)|guardrail"
)
_REGION = re.compile(
    r"unsupported_country|country, region|(country|region|territory|location) (is )?not (supported|available|allowed)"
    r"|not (available|supported|allowed) in your (country|region|location|territory)|location is not supported"
)
_NO_CREDIT = re.compile(
    r"insufficient[ _](quota|balance|credits?|funds)|credit balance|(more|out of|no|enough) credits?\b|billing"
    r"|payment required|purchase .{0,20}credits?|account is not active|arrearage"
    r"|exceeded your current quota|spending limit"
)
_NO_MODEL = re.compile(
    r"model_not_found|model_not_available|(unknown|invalid|no such|nonexistent|unrecognized) model"
    r"|not a valid model|no endpoints found|try pulling it|is not found for api version|deploymentnotfound"
    r"|model.{0,120}?(not found|not exist|isn't available|is not available|no longer available|decommissioned)"
    r"|not have access to (the )?model|no access to model",
    re.DOTALL,
)
_NO_KEY = re.compile(
    r"invalid_api_key|api_key_invalid|authentication|unauthenticated|no_db_connection"
    r"|(api|access|auth)[ _-]?(key|token).{0,30}(invalid|not valid|incorrect|expired|missing)"
    r"|(invalid|incorrect|expired|missing|no).{0,20}(api|auth)[ _-]?(key|token|credentials)"
)
"""``no_db_connection``: what LiteLLM's proxy says of a key that is not its master's, where it keeps no others."""
_NO_ADDRESS = re.compile(
    r"^\W*(error\W*)?(detail\W*)?(404 )?(page )?not[ _]found\W*$"
    r"|invalid url|unexpected endpoint|unknown (url|request url)"
    r"|cannot (post|get) /|no route|route .{0,80}not found|method not allowed"
)
_OVERLOADED = re.compile(
    r"overloaded|at capacity|over capacity|loading|no healthy|no available (server|worker|channel)"
    r"|temporarily unavailable|high demand|try again later|server is busy|engine is currently"
)
_STATUSES = {
    "ratelimit": 429, "resourceexhausted": 429, "toomanyrequests": 429, "throttl": 429,
    "overloaded": 529, "unavailable": 503,
    "insufficientquota": 402, "billing": 402,
    "authentication": 401, "unauthenticated": 401, "invalidapikey": 401, "unauthorized": 401,
    "permission": 403, "forbidden": 403,
    "notfound": 404,
    "invalidrequest": 400, "invalidargument": 400, "badrequest": 400, "contentfilter": 400, "contextlength": 400,
    "timeout": 504,
}  # fmt: skip
"""By what an error within a stream is called, where it tells no status."""

_TIMES = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])")
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "s": 1.0}
_WAIT = re.compile(
    r"(?:try again|retry|retrying|wait|available|reset\w*)(?:[ _-]?(?:in|after|for|at least|delay|about))*[\"':= ]*"
    rf"((?:{_TIMES.pattern}[ ,]*(?:and )?)+)"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What came instead of an answer."""

    status: int = 0
    """Of HTTP; 0: it is not known."""
    code: str = ""
    param: str = ""
    """The field of the request that it is about, where it says so."""
    message: str = ""
    """The endpoint's own words."""
    retry_after_s: float | None = None
    is_page: bool = False
    """Whether it is a page for people: not the endpoint answers, but a proxy, or a site."""
    in_stream: bool = False
    """Whether the response began as a success."""
    asks_no_retry: bool = False

    @property
    def words(self) -> str:
        """All that it says, in lower case."""
        return f"{self.code} {self.param} {self.message}".lower()[:_MAX_WORDS]

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed soon."""
        return self.status in (408, 409, 425, 429) or (self.status >= 500 and self.status not in (501, 505))

    def error(self, model: str) -> ChatError:
        """What people are told, when it was ``model`` that was asked."""
        words, status = self.words, self.status
        if not self.is_page and (named := _named(words, status, self.retry_after_s)) is not None:
            return named
        if not self.is_page and status in (0, 400, 403, 404, 410, 422) and _NO_MODEL.search(words):
            return ChatModelUnknownError(model)
        if status == 401 or (status in (0, 400, 403) and not self.is_page and _NO_KEY.search(words)):
            return ChatRefusedError()
        if status == 402:
            return ChatQuotaExceededError()
        if status == 429:
            return ChatRateLimitedError.after(self.retry_after_s)
        if status in (404, 405) or (self.is_page and status < 400) or (status < 500 and _NO_ADDRESS.search(words)):
            astray = (
                self.is_page or status == 405 or not words.strip() or _NO_ADDRESS.search(self.message.lower().strip())
            )
            return ChatWrongAddressError() if astray or status != 404 else ChatModelUnknownError(model)
        if status == 403:
            return ChatForbiddenError()
        if status in (503, 529) or (status >= 500 and _OVERLOADED.search(words)):
            return ChatOverloadedError()
        return ChatFailedError(f"status {status}" if status else "an error in its answer")


def _named(words: str, status: int, retry_after_s: float | None) -> ChatError | None:
    """The error that the words alone decide."""
    requested = _REQUESTED.search(words)
    too_large = requested is not None and int(requested[2]) > int(requested[1])
    if status == 413 or too_large or "request too large" in words:
        return ContextTooLongError()
    if status in (401, 429):
        # A limit that passes is spoken of in many words, of which some are those of other refusals.
        if status == 429 and retry_after_s is None and _NO_CREDIT.search(words):
            return ChatQuotaExceededError()
        return None
    for pattern, kind in (
        (_FILTERED, ChatFilteredError),
        (_REGION, ChatRegionError),
        (_NO_CREDIT, ChatQuotaExceededError),
        (_TOO_LONG, ContextTooLongError),
    ):
        if pattern.search(words):
            return kind()
    return None


def refusal_of(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """What a response that is no success says."""
    text = body[: _MAX_WORDS * 4].decode(errors="replace").strip()
    is_page = _is_page(headers, text)
    data: object = None
    if not is_page:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
    if isinstance(data, list):
        data = next((one for one in data if isinstance(one, Mapping)), None)
    said = _read(data) if isinstance(data, Mapping) else Refusal(message=_title(text) if is_page else text)
    from_headers = _wait_in_headers(headers)
    return replace(
        said,
        status=status,
        message=said.message[:_MAX_WORDS],
        retry_after_s=said.retry_after_s if from_headers is None else from_headers,
        is_page=is_page,
        asks_no_retry=headers.get("x-should-retry") == "false",
    )


def page_refusal(headers: Mapping[str, str], text: str) -> Refusal | None:
    """A page for people that came as a success; None for anything else."""
    if not _is_page(headers, text):
        return None
    return Refusal(status=200, message=_title(text), is_page=True, in_stream=True)


def refusal_in(data: object, name: str = "") -> Refusal | None:
    """The error in an event of a stream, or in JSON that came as a success; None where there is none."""
    if not isinstance(data, Mapping):
        return None
    error = data.get("error") or data.get("errors")
    is_error = bool(error) and error not in ("null", "None")
    nameless = "choices" not in data and (
        data.get("type") == "error"
        or ("detail" in data or ("message" in data and ("code" in data or "status" in data)))
    )
    if not (is_error or nameless or (name == "error" and data)):
        return None
    said = _read(data)
    status = next((status for status in _statuses(data) if 400 <= status < 600), 0)
    if not status:
        kinds = re.sub(r"[^a-z]", "", said.code.lower())
        status = next((number for mark, number in _STATUSES.items() if mark in kinds), 0)
    return replace(said, status=status, in_stream=True)


def _read(data: Mapping[str, object]) -> Refusal:
    """Any of the shapes in which errors are told."""
    error = data.get("error") or data.get("errors") or data
    if isinstance(error, list):
        error = next((one for one in error if isinstance(one, Mapping)), str(error[0]) if error else "")
    if not isinstance(error, Mapping):
        message = str(error)
        error = data
    else:
        found = [error.get(key) for key in ("message", "msg", "detail", "error", "title", "reason")]
        message = next((_said(one) for one in found if one), "")
    # What a router passes on of the provider's own words says more than its own.
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    inner = error.get("innererror")
    code = " ".join(
        str(one)
        for one in (error.get("code"), error.get("type"), error.get("status"),
                    inner.get("code") if isinstance(inner, Mapping) else None)
        if isinstance(one, str | int) and not isinstance(one, bool)
    )  # fmt: skip
    message = f"{message} {_said(raw)}".strip() if raw else message
    param = error.get("param")
    wait = _number(error.get("retry_after") or data.get("retry_after"))
    if wait is None:
        wait = wait_in_words(" ".join([message, *_delays(error.get("details"))]))
    return Refusal(
        code=code[:200],
        param=param[:200] if isinstance(param, str) else "",
        message=message[:_MAX_WORDS],
        retry_after_s=wait,
    )


def _said(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, Mapping) and "msg" in one for one in value):
        # Of FastAPI: where and what; the rest of it is what was sent.
        return "; ".join(f"{one.get('loc')}: {one['msg']}" for one in value)
    try:
        return json.dumps(value, ensure_ascii=False)[:_MAX_WORDS]
    except (TypeError, ValueError, RecursionError):
        return ""


def _delays(details: object) -> Iterator[str]:
    """What Google's APIs say of how long to wait."""
    for one in details if isinstance(details, list) else ():
        if isinstance(one, Mapping) and isinstance(delay := one.get("retryDelay"), str):
            yield f"retry in {delay}"


def _statuses(data: Mapping[str, object]) -> Iterator[int]:
    error = data.get("error")
    for holder in (error, data):
        if not isinstance(holder, Mapping):
            continue
        for key in ("status_code", "statusCode", "http_status", "status", "code"):
            value = holder.get(key)
            if isinstance(value, int) and not isinstance(value, bool):
                yield value
            elif isinstance(value, str) and re.fullmatch(r"[45]\d\d", value.strip()):
                yield int(value)


def wait_in_words(text: str) -> float | None:
    """How long an endpoint says to wait, in seconds: "try again in 12.5s", "retry after 1 minute", "6m0s"."""
    found = _WAIT.search(text.lower()[:_MAX_WORDS])
    return None if found is None else _duration(found[1])


def _wait_in_headers(headers: Mapping[str, str]) -> float | None:
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    said = (headers.get("retry-after") or headers.get("x-retry-after") or "").strip()
    if not said:
        return None
    if (seconds := _number(said)) is not None:
        return seconds
    if (duration := _duration(said.lower())) is not None:
        return duration
    try:
        at = email.utils.parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(at - time.time(), 0.0), MAX_WAIT_S)


def _duration(text: str) -> float | None:
    found = _TIMES.findall(text)
    if not found:
        return None
    seconds = 0.0
    for count, unit in found:
        seconds += float(count) * (0.001 if unit.startswith(("ms", "milli")) else _UNITS[unit[0]])
    return min(seconds, MAX_WAIT_S)


def _number(value: object) -> float | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return min(number, MAX_WAIT_S) if math.isfinite(number) and number >= 0 else None


def _is_page(headers: Mapping[str, str], text: str) -> bool:
    says_html = "text/html" in headers.get("content-type", "").lower()
    return says_html or bool(re.match(r"\ufeff?\s*<(!doctype|html)", text, re.IGNORECASE))


def _title(page: str) -> str:
    found = re.search(r"<title[^>]*>\s*([^<]{1,200})", page, re.IGNORECASE)
    return found[1].strip() if found else "a page for people"
