"""Chat completion requests, checked against OpenAI's own description of its API."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from tests.training.openai.description import SPEC, OpenAIDescription


@functools.cache
def _description() -> OpenAIDescription | None:
    return OpenAIDescription() if SPEC.is_file() else None


def flaws(body: Mapping[str, object]) -> list[str]:
    """Where the request ``body`` deviates from the description; empty if the description is not available."""
    description = _description()
    return [] if description is None else list(description.check_chat_request(body))
