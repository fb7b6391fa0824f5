"""Signs that Whisper wrote what nobody said."""

from __future__ import annotations

import re
import zlib

_WORD = re.compile(r"[\w.-]*\w")

COMPRESSION_OF_LOOPS = 2.4
"""Text that zlib shortens more than this repeats itself (openai/whisper, ``compression_ratio_threshold``)."""

TOKENS_PER_S = 12.0
"""Nobody speaks faster: of fifty recordings in five languages the fastest has 7."""

TOKENS_FOR_ANY_LENGTH = 20
"""Short words take as many signs as long ones."""

FALLBACK_LOGPROB = -0.4
"""Words of a lower probability, as the mean of their tokens' logarithms, are often wrong when one beam found them.

Measured on fifty recordings in five languages: decoding these again with more beams halves what beams are worth."""

NO_SPEECH_PROBABILITY = 0.6
"""Above it, words of low probability are hallucinated (openai/whisper, ``no_speech_threshold``)."""

HALLUCINATION_LOGPROB = -1.0
"""Below this mean words have a low probability (``logprob_threshold`` there)."""

SPARSE_TOKENS_PER_S = 2.4
"""Whoever speaks has more: where a note has less, Whisper took a pause for its end, or began in the middle. One in a
hundred chunks of fifty recordings has less, and is decoded again in vain."""

SPARSE_FROM_S = 2.0
"""Shorter chunks have too few words to tell."""

SURE_NO_SPEECH, SURE_POSSIBLE_LOGPROB = 0.25, -0.7
"""What the model must think of words where the voice detector found none. Noise, music, breath, keys and bells have 0.3
to 0.9 for the first, or are a loop; whispers below 0.22. Their words have -2.5 to -0.7, and -0.9 to -0.1."""

NAMES_LOSS = 1.5
"""By how much the mean logarithm of a token's probability may fall when nothing is hinted at: names that were said lose
1.4 at most, those that were not lose more."""

_SHORTEST_INFLECTED, _ENDING = 5, 2
"""Letters: names of at least the first may have another ending, of up to the second."""

_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Japanese and Chinese signs, whose words stand without spaces."""


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


def is_sparse(tokens: int, spoken_s: float) -> bool:
    """Whether so many ``tokens`` are too few for somebody who speaks for ``spoken_s``."""
    return spoken_s >= SPARSE_FROM_S and tokens < SPARSE_TOKENS_PER_S * spoken_s


def is_certainly_speech(text: str, no_speech_probability: float, mean_logprob: float) -> bool:
    """Whether ``text`` was said, though the voice detector found nobody who speaks."""
    has_letters = any(char.isalpha() for char in text)
    return has_letters and no_speech_probability < SURE_NO_SPEECH and mean_logprob > SURE_POSSIBLE_LOGPROB


def has_gained_names(hinted: str, plain: str, hints: str) -> bool:
    """Whether a word of ``hints`` stands in ``hinted``, the text that was heard with them, and not in ``plain``.

    With another ending it is the same name: who talks of Grafana may say it in any case of his language.
    """
    heard, alone = hinted.lower(), plain.lower()
    return any(
        any(_stands(form, heard) and not _stands(form, alone) for form in _forms(word))
        for word in set(_WORD.findall(hints.lower()))
    )


def _forms(word: str) -> tuple[str, ...]:
    """Regular expressions for ``word``, and for it with another ending."""
    whole = re.escape(word)
    if _SPACELESS.search(word):
        return (whole,)
    if len(word) < _SHORTEST_INFLECTED or not word.isalpha():
        return (rf"(?<!\w){whole}(?!\w)",)
    return rf"(?<!\w){whole}(?!\w)", rf"(?<!\w){re.escape(word[:-_ENDING])}"


def _stands(form: str, text: str) -> bool:
    return re.search(form, text) is not None
