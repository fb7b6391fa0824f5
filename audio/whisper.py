"""One Whisper model in memory, asked step by step: blocking, for worker threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audio.log_mel import LogMel
from audio.recording import Samples
from audio.timed_tokens import TimedTokens, timed
from audio.whisper_loading import load_model

if TYPE_CHECKING:
    import tokenizers
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper as Model

MOST_TOKENS = 448
"""The length of Whisper's decoder, prompt included."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What Whisper wrote for one sound."""

    tokens: tuple[int, ...]
    """Timestamps included."""
    text: str
    mean_logprob: float
    """Of the tokens, the end included: 0 is certainty."""
    no_speech_probability: float


class Whisper:
    """A loaded model, which may be asked from as many threads at once as it has ``workers``."""

    def __init__(self, model: Model, tokenizer: tokenizers.Tokenizer) -> None:
        # A quarter of a second that only those who transcribe should pay.
        from faster_whisper.tokenizer import _LANGUAGE_CODES, Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self._model = model
        self._log_mel = LogMel(model.n_mels)
        known = [code for code in _LANGUAGE_CODES if tokenizer.token_to_id(f"<|{code}|>") is not None]
        self.languages: tuple[str, ...] = tuple(known) if model.is_multilingual else ("en",)
        self._tokenizer = Tokenizer(tokenizer, model.is_multilingual, task="transcribe", language=self.languages[0])
        # Working them out takes as long as hearing a word.
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]))

    @classmethod
    def load(cls, model: str | Path, *, device: str, compute_type: str, threads: int, workers: int) -> Whisper:
        """Load a converted model, see ``load_model``. Raises ``ModelUnavailableError``."""
        return cls(*load_model(model, device=device, compute_type=compute_type, threads=threads, workers=workers))

    def encoded(self, samples: Samples, frames: int) -> StorageView:
        """``samples``, shape (n,), as the encoder understands them in a window of ``frames``: the costly step.

        The shape is (1, frames / 2, width of the model).
        """
        from ctranslate2 import StorageView

        window = np.ascontiguousarray(self._log_mel.window(samples, frames)[np.newaxis])
        # On a graphics card, what goes straight from the encoder to the decoder need not come back.
        return self._model.encode(StorageView.from_array(window))

    def language(self, encoded: StorageView) -> tuple[str, float]:
        """Which language is spoken, one of ``languages``, and its probability among all of them, in [0, 1]."""
        if not self._model.is_multilingual:
            return "en", 1.0
        token, probability = self._model.detect_language(encoded)[0][0]
        return str(token).strip("<|>"), float(probability)

    def wording(
        self, encoded: StorageView, *, language: str, translate: bool, beams: int, most_tokens: int = MOST_TOKENS
    ) -> Wording:
        """The words in what was ``encoded``, which is in ``language``, one of ``languages``; in English to translate.

        ``beams``: how many beginnings of the text are kept in mind, at least 1.
        ``most_tokens``: after so many the text breaks off, timestamps included.
        """
        prompt = self._prompt(language, translate)
        written = self._model.generate(
            encoded,
            [prompt],
            beam_size=beams,
            max_length=min(len(prompt) + most_tokens, MOST_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
        )[0]
        tokens = tuple(written.sequences_ids[0])
        # The score is a mean over the tokens without the end, whose probability is in it.
        mean_logprob = written.scores[0] * len(tokens) / (len(tokens) + 1)
        return Wording(tokens, self.text_of(tokens), mean_logprob, written.no_speech_prob)

    def text_of(self, tokens: tuple[int, ...]) -> str:
        """The text that ``tokens`` spell, without timestamps and spaces around it."""
        return str(self._tokenizer.decode(tokens)).strip()

    def timed(self, wording: Wording, duration_s: float) -> list[TimedTokens]:
        """The tokens of ``wording`` for a sound of ``duration_s``, split at their timestamps."""
        return timed(wording.tokens, self._tokenizer.timestamp_begin, duration_s)

    def _prompt(self, language: str, translate: bool) -> list[int]:
        if not self._model.is_multilingual:
            return [self._tokenizer.sot]
        task = self._tokenizer.translate if translate else self._tokenizer.transcribe
        return [self._tokenizer.sot, self._tokenizer.tokenizer.token_to_id(f"<|{language}|>"), task]
