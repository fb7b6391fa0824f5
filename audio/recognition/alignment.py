"""Finding when the words that Whisper heard were said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

STATE_S = 0.02
"""The time from one state of Whisper's encoder to the next."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word, and when it is said in the sound that was encoded."""

    start_s: float
    end_s: float
    text: str
    probability: float


def token_times_s(alignments: Sequence[tuple[int, int]], tokens: int, duration_s: float) -> list[float]:
    """The start time of each of the ``tokens``, then the end time of the last: ``tokens`` + 1 times, never decreasing.

    ``alignments``: pairs of the numbers of a token and a state, along the path that the decoder's attention takes
    through the sound (ctranslate2's ``align``). A token begins with its first state.
    """
    times_s: list[float] = []
    for token, state in alignments:
        while len(times_s) <= min(token, tokens):
            times_s.append(min(state * STATE_S, duration_s))
    return times_s + [duration_s] * (tokens + 1 - len(times_s))


def with_signs(words: Iterable[TimedWord]) -> list[TimedWord]:
    """Join punctuation, which nobody says, to the word before it: "country" and "." become one word."""
    found: list[TimedWord] = []
    for word in words:
        if found and not any(char.isalnum() for char in word.text):
            found[-1] = replace(found[-1], text=found[-1].text + word.text)
        else:
            found.append(word)
    return found
