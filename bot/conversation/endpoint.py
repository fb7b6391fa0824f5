"""The connection to one OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx2
import openai
import structlog

from bot.conversation.addresses import fields_of, tidy_key, tidy_url, working_neighbour
from bot.conversation.bounded_response import ResponseTooLargeError, bound
from bot.conversation.chat_message import ChatMessage
from bot.conversation.errors import ChatFailedError, ChatTimedOutError, ChatUnreachableError
from bot.conversation.model_list import names_in
from bot.conversation.refusals import Refusal, refusal_in, refusal_of
from bot.conversation.reply_stream import EndpointRefusedError
from bot.conversation.trusted_authorities import trusted_authorities

log = structlog.get_logger()

CONNECT_TIMEOUT_S = 10.0
LIST_TIMEOUT_S = 10.0
KEPT_S = 120.0
"""How long an idle connection stays open: people ask the next question within minutes, and with the client's default of
five seconds each of them would wait for a TLS handshake."""
MAX_TOLD_CHARS = 500

_KEY = re.compile(r"\b(sk|pk|gsk|key|xai|hf|AIza)[-_]?[\w-]{12,}|Bearer \S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EndpointAddress:
    """The address of an endpoint, and what every request to it carries."""

    url: str
    """As people write it."""
    key: str
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)
    """Fields added to every request; a dict ``models`` among them holds those of single models."""


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models that an endpoint says it has."""

    names: list[str]
    """In the endpoint's order."""
    address: str
    """Where the list was found in the end: not the requested address if that redirects."""


class Endpoint:
    """A client of one endpoint."""

    def __init__(self, address: EndpointAddress, *, timeout_s: float) -> None:
        """``timeout_s``: the longest silence allowed."""
        self.url = tidy_url(address.url)
        self.extra = address.extra
        self._key = tidy_key(address.key)
        self._headers = dict(address.headers)
        self._fields = fields_of(address.url)
        self._timeout_s = timeout_s
        self._client = openai.AsyncOpenAI(
            base_url=self.url,
            api_key=self._key,
            max_retries=0,
            default_query=self._fields,
            default_headers={"Accept-Encoding": "identity", **self._headers},
            http_client=openai.DefaultAsyncHttpx2Client(
                timeout=openai.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
                event_hooks={"response": [bound]},
                verify=trusted_authorities(),
                limits=httpx2.Limits(keepalive_expiry=KEPT_S),
            ),
        )

    @property
    def identity(self) -> str:
        """Identifies the endpoint with all settings that its behaviour may depend on; it does not reveal the key."""
        settings = json.dumps([self._key, dict(self.extra), self._headers, self._fields], sort_keys=True, default=str)
        return f"{self.url}/ {hashlib.sha256(settings.encode()).hexdigest()[:12]}"

    @contextlib.asynccontextmanager
    async def opened(
        self, model: str, body: Mapping[str, object], silence_s: float
    ) -> AsyncGenerator[httpx2.Response, None]:
        """The successful response to the request ``body`` to ``model``, still unread; it arrives within ``silence_s``.

        Raises:
            EndpointRefusedError, ChatUnreachableError, ChatTimedOutError, ChatFailedError
        """
        request = self._client.chat.completions.with_streaming_response.create(
            model=model, messages=[], stream=True, extra_body=body
        )
        async with contextlib.AsyncExitStack() as stack:
            with self.named_errors():
                async with asyncio.timeout(silence_s):
                    response = await stack.enter_async_context(request)
            yield response.http_response

    async def listed(self) -> ModelList | None:
        """The models that it lists; None if its response is not a list of models.

        Raises:
            EndpointRefusedError, ChatUnreachableError, ChatTimedOutError
        """
        try:
            with self.named_errors():
                async with asyncio.timeout(LIST_TIMEOUT_S):
                    response = await self._client.get("/models", cast_to=httpx2.Response)
                    data = response.json()
        except (ValueError, RecursionError):
            return None
        names = names_in(data)
        if not names and (refusal := refusal_in(data)) is not None:
            raise EndpointRefusedError(refusal)
        if names is None:
            return None
        return ModelList(names, tidy_url(str(response.url)) if response.history else self.url)

    async def neighbour(self) -> str | None:
        """The first address near its own that lists models; None if none does."""
        return await working_neighbour(self.url, self._key, self._headers)

    def log_refusal(self, model: str, refusal: Refusal, messages: Sequence[ChatMessage]) -> None:
        """Log what the endpoint says, without keys and without what people wrote, which some endpoints echo."""
        said = refusal.message.replace(self._key, "***") if len(self._key) > 3 else refusal.message
        said = _KEY.sub("***", said)
        for message in messages:
            begun = message.text.strip()[:40]
            if len(begun) > 3 and (at := said.find(begun)) >= 0:
                said = f"{said[:at]}…"
        log.warning(
            "the chat endpoint refuses",
            model=model,
            endpoint=self.url,
            status=refusal.status or None,
            code=refusal.code or None,
            says=said[:MAX_TOLD_CHARS],
        )

    @contextlib.contextmanager
    def named_errors(self) -> Iterator[None]:
        """Turn the client's errors into our own.

        Raises:
            EndpointRefusedError, ChatUnreachableError, ChatTimedOutError, ChatFailedError
        """
        try:
            yield
        except (openai.APITimeoutError, TimeoutError) as error:
            raise ChatTimedOutError(self._timeout_s) from error
        except openai.APIStatusError as error:
            response = error.response
            raise EndpointRefusedError(refusal_of(response.status_code, response.headers, response.content)) from error
        except (openai.APIError, httpx2.HTTPError, OSError) as error:
            raise ChatUnreachableError from error
        except ResponseTooLargeError as error:
            raise ChatFailedError(str(error)) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()
