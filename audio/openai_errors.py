"""What a service behind OpenAI's API answered instead of what was asked, in a few words."""

from __future__ import annotations

from urllib.parse import urlsplit

OPENAI_URL = "https://api.openai.com/v1"
"""The service that a key without an address is for."""


def host_of(base_url: str | None) -> str:
    """What people are told of where it is."""
    return urlsplit(base_url or OPENAI_URL).hostname or base_url or ""


def reason_of(error: Exception) -> str:
    """Why a request failed; nothing of what was sent is in it."""
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
