"""Signs that Whisper wrote what nobody said."""

from __future__ import annotations

import zlib

COMPRESSION_OF_LOOPS = 2.4
"""Text that zlib shortens more than this repeats itself (openai/whisper, ``compression_ratio_threshold``)."""

TOKENS_PER_S = 12.0
"""Nobody speaks faster: of fifty recordings in five languages the fastest has 7, timestamps included."""

TOKENS_FOR_ANY_LENGTH = 20
"""Short words take as many timestamps and signs as long ones."""

FALLBACK_LOGPROB = -0.4
"""Words of a lower probability, as the mean of their tokens' logarithms, are often wrong when one beam found them.

Measured on fifty recordings in five languages: decoding these again with more beams halves what beams are worth."""

NO_SPEECH_PROBABILITY = 0.6
"""Above it, words of low probability are hallucinated (openai/whisper, ``no_speech_threshold``)."""

HALLUCINATION_LOGPROB = -1.0
"""Below this mean words have a low probability (``logprob_threshold`` there)."""


def max_tokens(duration_s: float) -> int:
    """How many tokens a sound of ``duration_s`` can have; a loop has more."""
    return TOKENS_FOR_ANY_LENGTH + round(TOKENS_PER_S * duration_s)


def is_loop(text: str, tokens: int, duration_s: float) -> bool:
    """Whether ``text``, with so many ``tokens`` for a sound of ``duration_s``, is one phrase again and again."""
    data = text.encode()
    return tokens >= max_tokens(duration_s) or len(data) / len(zlib.compress(data)) > COMPRESSION_OF_LOOPS


def needs_fallback(mean_logprob: float) -> bool:
    """Whether words that one beam found are to be decoded again."""
    return mean_logprob < FALLBACK_LOGPROB


def is_hallucination(no_speech_probability: float, mean_logprob: float) -> bool:
    """Whether words are noise that was taken for speech: the model doubts both that there is any and what it says."""
    return no_speech_probability > NO_SPEECH_PROBABILITY and mean_logprob < HALLUCINATION_LOGPROB
