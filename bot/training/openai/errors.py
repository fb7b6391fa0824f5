"""Errors of a service with OpenAI's API, as our own errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import openai

from bot.training.errors import (
    ExamplesExpiredError,
    ServiceBusyError,
    ServiceClosedError,
    ServiceDeclinedError,
    ServiceFailedError,
    ServiceQuotaError,
    ServiceRefusedError,
    ServiceUnreachableError,
    TrainingError,
    UnknownTrainingError,
)

DEFAULT_WAIT_S = 60.0
"""The wait that people are told if the service does not say how long."""

_CLOSED = (
    "fine-tuning is not available",
    "fine-tuning is no longer",
    "not allowed to fine-tune",
    "not have access to fine",
)
_ABOUT_FILES = ("training_file", "validation_file", "file_id")


@contextlib.contextmanager
def named(service: str, *, handle: str = "") -> Iterator[None]:
    """Turn the client's errors into TrainingErrors; ``handle``: the training that was asked about, if any."""
    try:
        yield
    except (openai.APITimeoutError, openai.APIConnectionError, TimeoutError, OSError) as error:
        raise ServiceUnreachableError(service) from error
    except openai.APIStatusError as error:
        raise _meant(error, service, handle) from error
    except openai.APIError as error:
        raise ServiceFailedError(service, type(error).__name__) from error


def _meant(error: openai.APIStatusError, service: str, handle: str) -> TrainingError:
    status, code, text = error.status_code, str(error.code or ""), str(error.message)
    if status == 401:
        return ServiceRefusedError(service)
    if status == 403 or any(mark in text.lower() for mark in _CLOSED):
        return ServiceClosedError(service)
    if status == 402 or code == "insufficient_quota":
        return ServiceQuotaError(service)
    if is_about_files(error.param, code, text):
        return ExamplesExpiredError(service)
    if status == 404 and handle:
        return UnknownTrainingError(handle)
    if status == 429:
        return ServiceBusyError(service, wait_s(error))
    if status >= 500:
        return ServiceFailedError(service, f"status {status}")
    return ServiceDeclinedError(service, text)


def is_about_files(param: str | None, code: str, text: str) -> bool:
    """Whether an error says that an uploaded file no longer exists."""
    about = (param or "") in _ABOUT_FILES or "file" in code
    gone = ("expired", "not found", "not_found", "no such file", "does not exist", "deleted")
    return about and any(mark in f"{code} {text}".lower() for mark in gone)


def wait_s(error: openai.APIStatusError) -> float:
    """How many seconds the service asks to wait, limited to 1 s to an hour."""
    try:
        return min(max(float(error.response.headers.get("retry-after", DEFAULT_WAIT_S)), 1.0), 3600.0)
    except ValueError:
        return DEFAULT_WAIT_S
