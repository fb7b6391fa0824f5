"""Structured logs: readable on a terminal, JSON elsewhere; the libraries' own records go the same way."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_TOKEN = re.compile(r"[\w-]{20,28}\.[\w-]{5,8}\.[\w-]{25,}|\bsk-[\w-]{16,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
"""A Discord token, an OpenAI-style key, or the user and password of a URL."""

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
"""Libraries whose lower levels repeat what we log, or hold texts and headers."""


def conceal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blot out whatever looks like a token, a key or a password, in any field."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _TOKEN.sub("[concealed]", value)
    return event


def set_up_logs(level: str) -> None:
    """Send everything to the standard error stream, from ``level`` (debug, info, warning, error) up."""
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    ending: list[structlog.typing.Processor] = (
        [conceal, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [structlog.processors.format_exc_info, conceal, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
