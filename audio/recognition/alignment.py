"""Whisper's timestamp tokens, which say when the words between them are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TIMESTAMP_S = 0.02
"""By how much one timestamp token is later than the one before it: one state of Whisper's encoder."""


@dataclass(frozen=True, slots=True)
class TimedTokens:
    """Words, and when they are said in the sound that Whisper heard."""

    start_s: float
    end_s: float
    tokens: tuple[int, ...]
    """Without timestamps; at least one."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word, and when it is said in the sound that Whisper heard."""

    start_s: float
    end_s: float
    text: str
    probability: float


def timed(tokens: Sequence[int], first_timestamp: int, duration_s: float) -> list[TimedTokens]:
    """``tokens`` split at their timestamps, those from ``first_timestamp`` on.

    Words before the first timestamp begin at 0, and those behind the last end with the sound, at ``duration_s``. No
    time is behind ``duration_s`` or before the one in front of it, whatever the model says.
    """
    found: list[TimedTokens] = []
    words: list[int] = []
    start_s = 0.0
    for token in tokens:
        if token < first_timestamp:
            words.append(token)
            continue
        time_s = min(max((token - first_timestamp) * TIMESTAMP_S, start_s), duration_s)
        if words:
            found.append(TimedTokens(start_s, time_s, tuple(words)))
            words = []
        start_s = time_s
    if words:
        found.append(TimedTokens(start_s, duration_s, tuple(words)))
    return found


def offsets(parts: Sequence[TimedTokens]) -> list[int]:
    """Which token of all the first one of each part is."""
    found, before = [], 0
    for part in parts:
        found.append(before)
        before += len(part.tokens)
    return found


def token_times_s(alignments: Sequence[tuple[int, int]], tokens: int, duration_s: float) -> list[float]:
    """When each of so many ``tokens`` begins, and at last when the end comes: ``tokens`` + 1 times, never falling.

    ``alignments``: pairs of a token's and a state's number, on the path that the decoder's attention takes through the
    sound (ctranslate2's ``align``). A token begins with its first state.
    """
    times_s: list[float] = []
    for token, state in alignments:
        while len(times_s) <= min(token, tokens):
            times_s.append(min(state * TIMESTAMP_S, duration_s))
    return times_s + [duration_s] * (tokens + 1 - len(times_s))
