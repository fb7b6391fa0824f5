"""Signs that Whisper wrote words that nobody said."""

from __future__ import annotations

import re
import zlib

_WORD = re.compile(r"[\w.-]*\w")

COMPRESSION_OF_LOOPS = 2.4
"""Text with a higher zlib compression ratio repeats itself (openai/whisper, ``compression_ratio_threshold``)."""

TOKENS_PER_S = 12.0
"""Nobody speaks faster: the fastest of fifty recordings in five languages has 7 tokens a second."""

TOKENS_FOR_ANY_LENGTH = 20
"""Tokens allowed in addition, whatever the duration: short texts have as much punctuation as long ones."""

FALLBACK_LOGPROB = -0.4
"""Words whose tokens have a lower mean log-probability are often wrong if one beam found them.

Measured on fifty recordings in five languages: decoding these again with more beams halves what beams are worth."""

NO_SPEECH_PROBABILITY = 0.6
"""Above this, words of low probability are hallucinated (openai/whisper, ``no_speech_threshold``)."""

HALLUCINATION_LOGPROB = -1.0
"""Below this mean log-probability, words count as improbable (openai/whisper, ``logprob_threshold``)."""

SPARSE_TOKENS_PER_S = 2.4
"""Speech has more tokens a second: where there are fewer, Whisper took a pause for the end, or began in the middle. Of
the chunks of fifty recordings, one in a hundred has fewer and is decoded again in vain."""

SPARSE_FROM_S = 2.0
"""Shorter speech has too few words to tell."""

SURE_NO_SPEECH, SURE_POSSIBLE_LOGPROB = 0.25, -0.7
"""The upper limit of the no-speech probability, and the lower limit of the mean log-probability, for words to count
where the voice detector found no speech. Noise, music, breath, keys and bells have 0.3 to 0.9 for the first, or are a
loop, and -2.5 to -0.7 for the second; whispers have less than 0.22, and -0.9 to -0.1."""

NAMES_LOSS = 1.5
"""How far the mean log-probability of the words found with hints may lie, scored without hints, below that of the words
found without: if the names were said, the loss is 1.4 at most; otherwise it is larger."""

_SHORTEST_INFLECTED, _ENDING = 5, 2
"""In letters: names of at least the first length may have anything in place of their last ``_ENDING`` letters."""

_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Japanese and Chinese characters: words in these scripts are not separated by spaces."""


def max_tokens(duration_s: float) -> int:
    """How many tokens a sound of ``duration_s`` has at most; a loop has more."""
    return TOKENS_FOR_ANY_LENGTH + round(TOKENS_PER_S * duration_s)


def is_loop(text: str, tokens: int, duration_s: float) -> bool:
    """Whether ``text``, of this many ``tokens`` for a sound of ``duration_s``, is one phrase again and again."""
    data = text.encode()
    return tokens >= max_tokens(duration_s) or len(data) / len(zlib.compress(data)) > COMPRESSION_OF_LOOPS


def needs_fallback(mean_logprob: float) -> bool:
    """Whether a chunk is to be decoded again because one beam found words of low probability."""
    return mean_logprob < FALLBACK_LOGPROB


def is_hallucination(no_speech_probability: float, mean_logprob: float) -> bool:
    """Whether words are noise mistaken for speech: the model doubts both that anybody speaks and the words."""
    return no_speech_probability > NO_SPEECH_PROBABILITY and mean_logprob < HALLUCINATION_LOGPROB


def is_sparse(tokens: int, spoken_s: float) -> bool:
    """Whether this number of ``tokens`` is too small for ``spoken_s`` of speech."""
    return spoken_s >= SPARSE_FROM_S and tokens < SPARSE_TOKENS_PER_S * spoken_s


def is_certainly_speech(text: str, no_speech_probability: float, mean_logprob: float) -> bool:
    """Whether ``text`` was certainly said, although the voice detector found no speech."""
    has_letters = any(char.isalpha() for char in text)
    return has_letters and no_speech_probability < SURE_NO_SPEECH and mean_logprob > SURE_POSSIBLE_LOGPROB


def has_gained_names(hinted: str, plain: str, hints: str) -> bool:
    """Whether a word of ``hints`` is in ``hinted``, the text found with the hints, but not in ``plain``.

    A word with another ending is the same name: speakers of inflected languages may say Grafana in any case.
    """
    heard, alone = hinted.lower(), plain.lower()
    return any(
        any(_stands(form, heard) and not _stands(form, alone) for form in _forms(word))
        for word in set(_WORD.findall(hints.lower()))
    )


def _forms(word: str) -> tuple[str, ...]:
    """Regular expressions for ``word`` and, if it is long enough, for ``word`` with another ending."""
    whole = re.escape(word)
    if _SPACELESS.search(word):
        return (whole,)
    if len(word) < _SHORTEST_INFLECTED or not word.isalpha():
        return (rf"(?<!\w){whole}(?!\w)",)
    return rf"(?<!\w){whole}(?!\w)", rf"(?<!\w){re.escape(word[:-_ENDING])}"


def _stands(form: str, text: str) -> bool:
    return re.search(form, text) is not None
