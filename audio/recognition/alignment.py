"""When the words are said that Whisper heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

STATE_S = 0.02
"""Between one state of Whisper's encoder and the next."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word, and when it is said in the sound that Whisper heard."""

    start_s: float
    end_s: float
    text: str
    probability: float


def token_times_s(alignments: Sequence[tuple[int, int]], tokens: int, duration_s: float) -> list[float]:
    """When each of so many ``tokens`` begins, and at last when the end comes: ``tokens`` + 1 times, never falling.

    ``alignments``: pairs of a token's and a state's number, on the path that the decoder's attention takes through the
    sound (ctranslate2's ``align``). A token begins with its first state.
    """
    times_s: list[float] = []
    for token, state in alignments:
        while len(times_s) <= min(token, tokens):
            times_s.append(min(state * STATE_S, duration_s))
    return times_s + [duration_s] * (tokens + 1 - len(times_s))


def with_signs(words: Iterable[TimedWord]) -> list[TimedWord]:
    """``words`` with the signs that follow them, which nobody says: "country" and "." are one word."""
    found: list[TimedWord] = []
    for word in words:
        if found and not any(char.isalnum() for char in word.text):
            found[-1] = replace(found[-1], text=found[-1].text + word.text)
        else:
            found.append(word)
    return found
