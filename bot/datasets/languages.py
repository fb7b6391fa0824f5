"""The language of an example."""

from __future__ import annotations

from audio import detect_language
from bot.datasets.example import Example

_CHARS = 500
_MIN_LETTERS = 60
"""The language of a shorter prompt is uncertain (Russian or Macedonian?), so the answer is considered as well."""


def language_of_example(example: Example) -> str | None:
    """The language of the prompt as an ISO 639 code: the one that the example states, else the detected one; None if
    there are no letters."""
    if example.language is not None:
        return example.language
    text = example.prompt[:_CHARS]
    if sum(char.isalpha() for char in text) < _MIN_LETTERS:
        text = f"{text} {(example.answer or example.rejected or '')[:_CHARS]}"
    return detect_language(text, hint="en") if any(char.isalpha() for char in text) else None
