"""What an endpoint says when it refuses or fails, and what that means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.conversation.errors import (
    ChatError,
    ChatFailedError,
    ChatForbiddenError,
    ChatModelNotForChatError,
    ChatModelUnknownError,
    ChatOverloadedError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRefusedError,
    ChatRegionError,
    ChatWrongAddressError,
    ContextTooLongError,
)
from bot.conversation.refusal_words import NO_ADDRESS, NO_CHAT, NO_KEY, NO_MODEL, OVERLOADED, meaning_of
from bot.conversation.waits import wait_in_body, wait_in_headers, wait_in_words, waits_in_details

_MAX_WORDS = 4000
"""How many characters are looked at."""
_MESSAGES = ("message", "msg", "detail", "error", "title", "reason", "error_msg", "errorMsg", "error_message",
             "errorMessage", "status_msg")  # fmt: skip
"""Fields that hold the words of an error, in order of preference."""
_CODES = ("code", "status", "error_code", "errorCode", "status_code", "statusCode", "success")
"""Fields whose values show that the words beside them are an error, though it is not called one."""
_GOOD = re.compile(
    r"^\W*$|\bok\b|succe|complet|done|finish|load|progress|process|queue|runn?ing|pending|start|warm|wait"
)
"""Found in codes that do not mean an error."""
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
"""The status of an error within a stream that states none, by what it is called."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What came instead of an answer."""

    status: int = 0
    """The HTTP status; 0 if unknown."""
    code: str = ""
    param: str = ""
    """The field of the request that it is about, if it says so."""
    message: str = ""
    """The endpoint's own words."""
    retry_after_s: float | None = None
    is_page: bool = False
    """Whether it is a web page for people, sent not by the endpoint but by a proxy or a site."""
    asks_no_retry: bool = False

    @property
    def words(self) -> str:
        """All that it says, in lower case."""
        return f"{self.code} {self.param} {self.message}".lower()[:_MAX_WORDS]

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed soon."""
        return self.status in (408, 409, 420, 425, 429) or (self.status >= 500 and self.status not in (501, 505))

    def error(self, model: str) -> ChatError:
        """The error that tells people what this means, after ``model`` was asked."""
        words, status = self.words, self.status
        if self.is_page and status == 413:
            return ContextTooLongError()
        if not self.is_page and (meant := meaning_of(words, status, self.retry_after_s)) is not None:
            return meant
        if not self.is_page and status in (0, 400, 404, 422, 500) and NO_CHAT.search(words):
            return ChatModelNotForChatError(model)
        if not self.is_page and status in (0, 400, 403, 404, 410, 422) and NO_MODEL.search(words):
            return ChatModelUnknownError(model)
        if status == 401 or (status in (0, 400, 403) and not self.is_page and NO_KEY.search(words)):
            return ChatRefusedError()
        if status == 402:
            return ChatQuotaExceededError()
        if status in (420, 429):
            return ChatRateLimitedError.after(self.retry_after_s)
        if status in (404, 405, 426) or (self.is_page and status < 400) or (status < 502 and NO_ADDRESS.search(words)):
            astray = (
                self.is_page or status == 405 or not words.strip() or NO_ADDRESS.search(self.message.lower().strip())
            )
            return ChatWrongAddressError() if astray or status != 404 else ChatModelUnknownError(model)
        if status == 403:
            return ChatForbiddenError()
        if status == 451:
            return ChatRegionError()
        if status in (498, 503, 529) or ((status >= 500 or status in (0, 400)) and OVERLOADED.search(words)):
            return ChatOverloadedError()
        return ChatFailedError(f"status {status}" if status else "an error in its answer")


def refusal_of(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The refusal in an unsuccessful response."""
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
    from_headers = wait_in_headers(headers, is_limit=status == 429)
    return replace(
        said,
        status=status,
        message=said.message[:_MAX_WORDS],
        retry_after_s=said.retry_after_s if from_headers is None else from_headers,
        is_page=is_page,
        asks_no_retry=headers.get("x-should-retry") == "false",
    )


def page_refusal(headers: Mapping[str, str], text: str) -> Refusal | None:
    """The refusal in a web page for people that came as a success; None for anything else."""
    if not _is_page(headers, text):
        return None
    return Refusal(status=200, message=_title(text), is_page=True)


def refusal_in(data: object, name: str = "") -> Refusal | None:
    """The error in a stream's event called ``name``, or in JSON that came as a success; None if there is none."""
    if not isinstance(data, Mapping):
        return None
    error = data.get("error") or data.get("errors")
    is_error = _says_something(error)
    nameless = "choices" not in data and (
        data.get("type") == "error"
        or _says_something(data.get("detail"))
        or (any(data.get(key) for key in _MESSAGES) and any(_is_bad(data[key]) for key in _CODES if key in data))
    )
    inner = data.get("base_resp")
    if not (is_error or nameless or "choices" in data) and isinstance(inner, Mapping):
        # MiniMax sends this field even when all is well.
        return refusal_in(inner) if inner.get("status_code") else None
    if not (is_error or nameless or (name == "error" and data)):
        return None
    said = _read(data)
    status = next((status for status in _statuses(data) if 400 <= status < 600), 0)
    if not status:
        kinds = re.sub(r"[^a-z]", "", said.code.lower())
        status = next((number for mark, number in _STATUSES.items() if mark in kinds), 0)
    return replace(said, status=status)


def _says_something(error: object) -> bool:
    """Whether ``error`` is one: some endpoints send the field with every event, and nothing in it."""
    if isinstance(error, Mapping):
        return any(_says_something(value) for value in error.values())
    return bool(error) and str(error).strip().lower() not in ("null", "none", "0", "false", "")


def _is_bad(code: object) -> bool:
    """Whether ``code`` beside some words makes them an error: some endpoints send "200 OK" with every event."""
    if isinstance(code, bool | None):
        return code is False
    if isinstance(code, str) and not code.strip().isdigit():
        return not _GOOD.search(code.lower())
    return not isinstance(code, int | str) or not (int(code) == 0 or 200 <= int(code) < 300)


def _read(data: Mapping[str, object]) -> Refusal:
    """Read an error in any of the shapes that endpoints use."""
    error = data.get("error") or data.get("errors") or data
    if isinstance(error, list):
        error = next((one for one in error if isinstance(one, Mapping)), str(error[0]) if error else "")
    if not isinstance(error, Mapping):
        message = str(error)
        error = data
    else:
        found = [error.get(key) for key in _MESSAGES]
        message = next((_said(one) for one in found if one), "") or _said(error)
    # The provider's own words, if a router passes them on, say more than the router's.
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    inner = error.get("innererror")
    code = " ".join(
        str(one)
        for one in (error.get("code"), error.get("type"), error.get("status"), error.get("error_code"),
                    inner.get("code") if isinstance(inner, Mapping) else None)
        if isinstance(one, str | int) and not isinstance(one, bool)
    )  # fmt: skip
    message = f"{message} {_said(raw)}".strip() if raw else message
    param = error.get("param")
    wait = wait_in_body(error, data)
    if wait is None:
        wait = wait_in_words(" ".join([message, *waits_in_details(error.get("details"))]))
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
        # FastAPI's form: only where and what, since the rest repeats what was sent.
        return "; ".join(f"{one.get('loc')}: {one['msg']}" for one in value)
    try:
        return json.dumps(value, ensure_ascii=False)[:_MAX_WORDS]
    except (TypeError, ValueError, RecursionError):
        return ""


def _statuses(data: Mapping[str, object]) -> Iterator[int]:
    error = data.get("error")
    for holder in (error, data):
        if not isinstance(holder, Mapping):
            continue
        for key in ("status_code", "statusCode", "http_status", "http_status_code", "status", "code"):
            value = holder.get(key)
            if isinstance(value, int) and not isinstance(value, bool):
                yield value
            elif isinstance(value, str) and re.fullmatch(r"[45]\d\d", value.strip()):
                yield int(value)


def _is_page(headers: Mapping[str, str], text: str) -> bool:
    says_html = "text/html" in headers.get("content-type", "").lower()
    return says_html or bool(re.match(r"\ufeff?\s*<(!doctype|html)", text, re.IGNORECASE))


def _title(page: str) -> str:
    found = re.search(r"<title[^>]*>\s*([^<]{1,200})", page, re.IGNORECASE)
    return found[1].strip() if found else "a page for people"
