"""How long an endpoint asks to wait, in every form in which endpoints say so."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

MAX_WAIT_S = 86400.0
"""Longer waits are cut to this: no endpoint means more."""
_MAX_WORDS = 4000
"""How many characters are looked at."""
_EARLIEST_MOMENT = 1_600_000_000.0
"""A larger number of seconds is a Unix time, not a duration; one over a thousand times larger is in milliseconds."""

_TIMES = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])")
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "s": 1.0}
_WAIT = re.compile(
    r"(?:try again|retry(?: (?:your|the) requests?)?|retrying|wait|available|reset\w*|cool ?down|come back|allowed)"
    r"(?: your| the)?(?: request)?"
    r"(?:[ _-]?(?:in|after|for|at least|delay|about))*[\"':= ]*"
    rf"((?:{_TIMES.pattern}[ ,]*(?:and )?)+)"
)
_BUCKETS = ("x-ratelimit-{}-requests", "x-ratelimit-{}-tokens", "anthropic-ratelimit-requests-{}",
            "anthropic-ratelimit-tokens-{}", "anthropic-ratelimit-input-tokens-{}")  # fmt: skip
"""Headers of limits that are counted separately, each with what remains (``remaining``) and when it is full again
(``reset``)."""
_IN_SECONDS = ("retry_after", "retryAfter", "retry_after_seconds", "retryAfterSeconds", "estimated_time")
_MOMENTS = ("reset_at", "resets_at", "reset_time", "resetAt", "retry_at")
_DRAFTED = re.compile(r"(?:\breset=|;\s*t=)(\d+)")
"""The reset as drafts of a standard state it, in one header with what remains."""
_CLOCK = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d)")
_BARE_WAIT = re.compile(
    r"(?:retry|try again)(?:[ _-]?(?:in|after))+[\"':= ]*(\d+(?:\.\d+)?)(?![\w.:-])|(\d+)\s*秒"
    r"|retry_?delay\W{1,12}seconds\W{1,4}(\d+)"
)
_MOMENT = re.compile(r"(?:at|until|after|reset\w*)\W{1,3}(\d{4}-\d\d-\d\d[t ][\d:.]{5,15}(?:z|[+-]\d\d:?\d\d)?)")


def wait_in_headers(headers: Mapping[str, str], *, is_limit: bool) -> float | None:
    """How many seconds the headers of a response say to wait; None if they do not say.

    ``headers`` are looked up by names in lower case. ``is_limit``: whether the request was refused because of a limit,
    so that it matters when that is reset.
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if (milliseconds := _number(headers.get(name))) is not None:
            return milliseconds / 1000
    for name in ("retry-after", "x-retry-after", "retry-after-seconds", "x-retry-after-seconds"):
        if said := headers.get(name):
            return _until(said)
    if not is_limit:
        return None
    if (said := headers.get("x-ratelimit-reset-after")) is not None:
        return _until(said)
    if (found := _DRAFTED.search(headers.get("ratelimit", ""))) is not None:
        return _number(found[1])
    for bucket in _BUCKETS:
        if _number(headers.get(bucket.format("remaining"))) == 0 and (said := headers.get(bucket.format("reset"))):
            return _until(said)
    for name in ("x-ratelimit-reset", "ratelimit-reset"):
        if (said := headers.get(name)) and _number(headers.get(name.replace("reset", "remaining"), 0)) == 0:
            return _until(said)
    return None


def wait_in_body(*holders: object) -> float | None:
    """How many seconds the fields of an error say to wait; None if none of ``holders`` says it."""
    for holder in holders:
        if not isinstance(holder, Mapping):
            continue
        for key in _IN_SECONDS:
            said = holder.get(key)
            if (seconds := _until(said) if isinstance(said, str) else _number(said)) is not None:
                return seconds
        for key in _MOMENTS:
            if isinstance(said := holder.get(key), str) and (seconds := _until(said)) is not None:
                return seconds
        if (milliseconds := _number(holder.get("retry_after_ms"))) is not None:
            return milliseconds / 1000
        if isinstance(delay := holder.get("retry_delay"), Mapping) and (seconds := _number(delay.get("seconds"))):
            return seconds
        metadata = holder.get("metadata")
        if isinstance(metadata, Mapping) and (seconds := wait_in_body(metadata)) is not None:
            return seconds
        passed_on = metadata.get("headers") if isinstance(metadata, Mapping) else None
        if isinstance(passed_on, Mapping):
            # The provider's headers, as a router passes them on.
            named = {str(name).lower(): str(value) for name, value in passed_on.items()}
            return wait_in_headers(named, is_limit=True)
    return None


def wait_in_words(text: str) -> float | None:
    """How many seconds a text says to wait, as in "try again in 12.5s" or "retry after 1 minute"; None if none."""
    words = text.lower()[:_MAX_WORDS]
    if (found := _WAIT.search(words)) is not None:
        return _duration(found[1])
    if (found := _BARE_WAIT.search(words)) is not None:
        return _number(next(filter(None, found.groups())))
    return None if (found := _MOMENT.search(words)) is None else _until(found[1].upper())


def waits_in_details(details: object) -> Iterator[str]:
    """The waits that Google's APIs state, in words that ``wait_in_words`` reads."""
    for one in details if isinstance(details, list) else ():
        if isinstance(one, Mapping) and isinstance(delay := one.get("retryDelay"), str):
            yield f"retry in {delay}"


def _until(said: str) -> float | None:
    """The wait in seconds that a number, a duration or a moment states; None if it is none of these."""
    said = said.strip().strip('"').strip()
    if (first := re.fullmatch(r"(\d+(?:\.\d+)?)\s*[;,].*", said)) is not None:
        said = first[1]
    if (clock := _CLOCK.fullmatch(said)) is not None:
        return 3600.0 * int(clock[1] or 0) + 60.0 * int(clock[2]) + int(clock[3])
    if (seconds := _number(said, most=math.inf)) is not None:
        if seconds > 1000 * _EARLIEST_MOMENT:
            seconds /= 1000
        return _from_now(seconds) if seconds > _EARLIEST_MOMENT else min(seconds, MAX_WAIT_S)
    if (duration := _duration(said.lower())) is not None:
        return duration
    for moment in (email.utils.parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = moment(said)
            return _from_now((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _from_now(at: float) -> float:
    return min(max(at - time.time(), 0.0), MAX_WAIT_S)


def _duration(text: str) -> float | None:
    found = _TIMES.findall(text)
    if not found:
        return None
    seconds = 0.0
    for count, unit in found:
        seconds += float(count) * (0.001 if unit.startswith(("ms", "milli")) else _UNITS[unit[0]])
    return min(seconds, MAX_WAIT_S)


def _number(value: object, *, most: float = MAX_WAIT_S) -> float | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return min(number, most) if math.isfinite(number) and number >= 0 else None
