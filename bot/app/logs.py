"""Structured logs: readable on a terminal, JSON elsewhere; the libraries' own records go the same way."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from typing import cast

import structlog
from structlog.typing import WrappedLogger

_SHAPES = (
    r"[\w-]{20,28}\.[\w-]{5,8}\.[\w-]{25,}",
    r"\b(?:sk|gsk|pk|rk|hf|xai|key|ghp|AIza)[-_][\w-]{16,}",
    r"(?i:(?<=bearer )|(?<=api[-_]key[=:] ))[\w.~+/=-]{12,}",
    r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
)
"""Patterns of secrets that are not among the settings: Discord tokens, the usual keys of chat services, values of
Authorization headers, and the user and password of a URL."""

MIN_SECRET_CHARS = 6

_QUIET = {
    "hikari": logging.WARNING,
    "lightbulb": logging.WARNING,
    "linkd": logging.WARNING,
    "yuyo": logging.WARNING,
    "alembic": logging.WARNING,
    "faster_whisper": logging.WARNING,
    "httpx": logging.WARNING,
    "httpx2": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpcore2": logging.WARNING,
    "openai": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "asyncio": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "urllib3": logging.WARNING,
}
"""Libraries whose records at lower levels repeat what we log, or contain texts and headers."""


class Concealer:
    """The last processor of every record: conceals secrets in the text as it will be written, including tracebacks and
    nested fields."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """``secrets``: the configured values to conceal wherever they turn up; those shorter than ``MIN_SECRET_CHARS``
        are ignored, since they would conceal half a log and protect nothing."""
        known = {secret for secret in secrets if len(secret) >= MIN_SECRET_CHARS}
        # Quotes and backslashes are escaped inside JSON and Python literals, and in one inside the other.
        written = known | {repr(secret)[1:-1] for secret in known}
        written |= {json.dumps(secret, ensure_ascii=False)[1:-1] for secret in written}
        shapes = [re.escape(secret) for secret in sorted(written, key=len, reverse=True)]
        self._secret = re.compile("|".join([*shapes, *_SHAPES]))

    def __call__(self, _logger: WrappedLogger, _method: str, text: str) -> str:
        return self._secret.sub("[concealed]", text)


def set_up_logs(level: str, secrets: Iterable[str]) -> None:
    """Log everything from ``level`` (debug, info, warning, error) up to standard error, with ``secrets`` concealed."""
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    rendering: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    concealer = cast("structlog.typing.Processor", Concealer(secrets))  # structlog types the last step as the others
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering, concealer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
