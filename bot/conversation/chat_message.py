"""The messages that a chat model is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for a model that can see."""

    jpeg: bytes
    """At most 1,024 pixels wide and high."""
    name: str = ""
    """The name of its file."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str
    speaker: str | None = None
    """The name of the person who said it, if known."""
    pictures: tuple[Picture, ...] = ()
