"""Discord's rate limits: a bucket for each route and major parameter, and a global one."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from dataclasses import dataclass

from bot.sandbox.model.json_codec import Json
from bot.sandbox.options import Options

_MAJOR = re.compile(r"^/(?:channels|guilds|webhooks)/\d+")
_MAX_BUCKETS = 10_000


@dataclass
class _Bucket:
    full_again_s: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class RateLimitVerdict:
    """``headers``: for the answer. ``refusal``: the body of a 429, None if the request may pass."""

    headers: dict[str, str]
    refusal: Json | None = None


def refusal(retry_after_s: float, scope: str) -> RateLimitVerdict:
    """A 429 that asks to retry after ``retry_after_s``; ``scope`` is user, global or shared."""
    body: Json = {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after_s, 3),
        "global": scope == "global",
    }
    headers = {"Retry-After": str(max(1, round(retry_after_s))), "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    return RateLimitVerdict(headers, body)


class RateLimits:
    """Off by default, see the options. Interactions and webhooks of interactions are exempt, as on Discord."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._all = _Bucket(0.0)
        self.given: Counter[str] = Counter()
        """How many requests were refused, by scope."""

    def check(self, method: str, path: str, pattern: str) -> RateLimitVerdict:
        """Count one request of the bot, and decide whether it may pass."""
        verdict = self._check(method, path, pattern)
        if verdict.refusal is not None:
            self.given[verdict.headers["X-RateLimit-Scope"]] += 1
        return verdict

    def _check(self, method: str, path: str, pattern: str) -> RateLimitVerdict:
        if path.startswith(("/interactions", "/webhooks", "/gateway")):
            return RateLimitVerdict({})
        now_s = time.monotonic()
        if self._options.global_requests_per_s:
            if self._all.full_again_s <= now_s:
                self._all = _Bucket(now_s + 1.0)
            self._all.used += 1
            if self._all.used > self._options.global_requests_per_s:
                return refusal(self._all.full_again_s - now_s, "global")
        if not self._options.requests_per_bucket:
            return RateLimitVerdict({})
        return self._count(method, path, pattern, now_s)

    def _count(self, method: str, path: str, pattern: str, now_s: float) -> RateLimitVerdict:
        major = _MAJOR.match(path)
        key = (f"{method} {pattern}", major[0] if major else "")
        bucket = self._buckets.get(key)
        if bucket is None or bucket.full_again_s <= now_s:
            if len(self._buckets) >= _MAX_BUCKETS:
                self._buckets.clear()
            bucket = self._buckets[key] = _Bucket(now_s + self._options.bucket_window_s)
        bucket.used += 1
        limit = self._options.requests_per_bucket
        left_s = bucket.full_again_s - now_s
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - bucket.used)),
            "X-RateLimit-Reset": f"{time.time() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(key[0].encode()).hexdigest()[:32],
        }
        if bucket.used <= limit:
            return RateLimitVerdict(headers)
        refused = refusal(left_s, "user")
        return RateLimitVerdict(headers | refused.headers, refused.refusal)
