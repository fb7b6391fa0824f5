"""Requests in the form that one model at one endpoint accepts."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from bot.conversation.chat_message import ChatMessage
from bot.conversation.endpoint_profile import ModelProfile


def request_body(
    model: str,
    messages: Sequence[ChatMessage],
    profile: ModelProfile,
    *,
    max_reply_tokens: int,
    is_steady: bool = False,
    extra: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """The JSON of a request for a reply to ``messages``.

    ``is_steady``: the likeliest words instead of sampled ones. ``extra``: further fields, which take precedence; a
    field that is None there is not sent.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": wire_messages(messages, system_role=profile.system_role),
        "stream": profile.streams,
        "stream_options": {"include_usage": True} if profile.streams else None,
    }
    if profile.limit_field is not None:
        body[profile.limit_field] = max_reply_tokens
    for name, value in (extra or {}).items():
        if name in ("max_tokens", "max_completion_tokens"):
            body.pop(profile.limit_field or "", None)
        body[name] = value
    if is_steady:
        body["temperature"] = 0
    return {name: value for name, value in body.items() if value is not None and name not in profile.left_out}


def wire_messages(messages: Sequence[ChatMessage], *, system_role: bool = True) -> list[dict[str, Any]]:
    """``messages`` in OpenAI's format. Consecutive messages of one role are merged, since many models refuse them
    otherwise; without a ``system_role``, instructions are put in front of what the user says. Messages with neither
    text nor pictures are left out, since some endpoints refuse them."""
    said = [one for one in messages if one.text or one.pictures] or messages[-1:]
    adapted = said if system_role else [replace(one, role="user") if one.role == "system" else one for one in said]
    return [_wire(list(neighbours)) for _role, neighbours in groupby(adapted, key=lambda one: one.role)]


def _wire(neighbours: Sequence[ChatMessage]) -> dict[str, Any]:
    text = "\n\n".join(one.text for one in neighbours if one.text)
    pictures = [picture for one in neighbours for picture in one.pictures]
    if not pictures:
        return {"role": neighbours[0].role, "content": text}
    # Some endpoints refuse a text part that is empty.
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    for picture in pictures:
        url = f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": neighbours[0].role, "content": parts}
