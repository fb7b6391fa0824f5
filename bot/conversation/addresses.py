"""Addresses of endpoints, as people write them and as they are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx2

from bot.conversation.bounded_response import ResponseTooLargeError, bound
from bot.conversation.model_list import names_in
from bot.conversation.trusted_authorities import trusted_authorities

TRY_TIMEOUT_S = 4.0
_PATHS = ("/v1", "/api/v1", "/openai/v1", "/v1beta/openai", "/api/openai/v1", "/api", "")
"""Where OpenAI-compatible servers serve the API: most; OpenRouter and LM Studio; Groq and Azure; Gemini."""
_TOO_FAR = re.compile(r"(/chat/completions|/completions|/chat|/responses|/models|/embeddings)+/*$")


def tidy_url(url: str) -> str:
    """``url`` without whitespace, surrounding quotation marks and trailing slashes, and without the path and the query
    of a single call."""
    return _TOO_FAR.sub("", re.split(r"[?#]", _bare(url))[0]).rstrip("/")


def fields_of(url: str) -> dict[str, str]:
    """The query fields of ``url``, to be sent with each call, such as the version of Azure's older API."""
    return dict(parse_qsl(urlsplit(_bare(url)).query))


def _bare(url: str) -> str:
    return re.sub(r"\s+", "", url).strip("\"'<>`,;")


def tidy_key(key: str) -> str:
    """``key`` without what gets copied along with it: whitespace, quotation marks, ``Bearer``, the name of a
    variable."""
    key = re.sub(r"^(export )?\w*(KEY|TOKEN)=", "", re.sub(r"\s+", " ", key).strip())
    key = key.strip().strip("\"'<>`").strip()
    return re.sub(r"^(authorization: ?)?bearer ", "", key, flags=re.IGNORECASE).replace(" ", "")


def neighbours(url: str) -> list[str]:
    """At most twelve addresses near ``url`` where its endpoint may be, the likeliest first."""
    parts = urlsplit(tidy_url(url))
    segments = [segment for segment in parts.path.split("/") if segment]
    bases = ["/" + "/".join(segments[:count]) if count else "" for count in range(len(segments), -1, -1)]
    # If the path is too long: the beginnings of it that end as such addresses do.
    shorter = [base for base in bases[1:] if base.endswith(tuple(filter(None, _PATHS)))]
    near = (f"{base}{path}" for base in bases for path in _PATHS if not (base and path and base.endswith(path)))
    paths = dict.fromkeys([*shorter, *near])
    return [urlunsplit((parts.scheme, parts.netloc, path, "", "")) for path in paths if path != parts.path][:12]


async def working_neighbour(url: str, key: str, headers: Mapping[str, str]) -> str | None:
    """The first address near ``url`` that lists models; None if none does."""
    all_headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity", **headers}
    timeout = httpx2.Timeout(TRY_TIMEOUT_S)
    async with httpx2.AsyncClient(
        headers=all_headers, timeout=timeout, event_hooks={"response": [bound]}, verify=trusted_authorities()
    ) as client:
        found = await asyncio.gather(*(_lists_models(client, near) for near in neighbours(url)))
    return next((near for near, lists in zip(neighbours(url), found, strict=True) if lists), None)


async def _lists_models(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        response = await client.get(f"{url}/models")
        return response.is_success and names_in(response.json()) is not None
    except (httpx2.HTTPError, httpx2.InvalidURL, ResponseTooLargeError, ValueError, RecursionError):
        return False
