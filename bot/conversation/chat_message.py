"""What a chat model is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is shown to a model that can see."""

    jpeg: bytes
    """At most 1,024 pixels wide and high."""
    name: str = ""
    """Of its file."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str
    speaker: str | None = None
    """The name of the person who said it, where it is known."""
    pictures: tuple[Picture, ...] = ()
