"""A service that offers OpenAI's audio API: the client for it, and the reasons why requests to it fail."""

from __future__ import annotations

import functools
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import openai

OPENAI_URL = "https://api.openai.com/v1"
"""The service that is used when a key is set without an address."""


CONNECT_TIMEOUT_S = 10.0
KEPT_S = 120.0
"""How long an unused connection stays open; if it were shorter, the next note would wait for another TLS handshake."""


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The trusted certificate authorities, cached because loading them takes a tenth of a second for each client."""
    import httpx2

    return httpx2.create_ssl_context()


def build_client(base_url: str | None, api_key: str | None, *, timeout_s: float) -> openai.AsyncOpenAI:
    """Build a client without connecting. ``base_url``: None for OpenAI's own; ``api_key``: None if the service needs
    none; ``timeout_s``: of one request."""
    # Importing these takes a second, which only those who use such a service should pay.
    import httpx2
    import openai

    timeout = openai.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
    limits = httpx2.Limits(keepalive_expiry=KEPT_S)
    return openai.AsyncOpenAI(
        base_url=base_url or OPENAI_URL,
        api_key=api_key or "none",
        timeout=timeout,
        max_retries=1,
        http_client=openai.DefaultAsyncHttpx2Client(timeout=timeout, verify=_trusted(), limits=limits),
    )


def host_of(base_url: str | None) -> str:
    """The host name of the service, as shown to people."""
    return urlsplit(base_url or OPENAI_URL).hostname or base_url or ""


def reason_of(error: Exception) -> str:
    """Why a request failed, in words that contain nothing of what was sent."""
    import openai

    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return "the service does not take the key"
    if isinstance(error, openai.RateLimitError):
        return "the service takes no more for now"
    if isinstance(error, openai.APIStatusError):
        return f"the service answered {error.status_code}"
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return "the service did not answer in time"
    if isinstance(error, openai.APIConnectionError):
        return "the service cannot be reached"
    return f"{type(error).__name__}: {error}".rstrip(".")[:200]
