"""One Whisper model in memory, used step by step; all calls block, so they belong in worker threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audio.recognition.alignment import STATE_S, TimedWord, token_times_s, with_signs
from audio.recognition.device import DeviceChoice
from audio.recognition.log_mel import Features, LogMel, fill_up
from audio.recognition.whisper_loading import load_model, told_as_unavailable
from audio.recording import RECORDING_RATE_HZ, Samples

if TYPE_CHECKING:
    import tokenizers
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper as Model

MAX_TOKENS = 448
"""The most tokens that Whisper's decoder holds, prompt included."""


WARM_UP_FRAMES = 1000

MAX_HINT_TOKENS = 120
"""The most tokens of hints in a prompt; further hints are left out. The rest of the decoder is for the text."""

LANGUAGES_WITHOUT_SPACES = frozenset({"ja", "lo", "my", "th", "yue", "zh"})


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """How one sound is to be decoded."""

    language: str
    """One of the model's languages."""
    translate: bool = False
    """Whether to write English, whatever language is spoken."""
    hints: str = ""
    """Names and jargon that may be said, given to Whisper as the preceding text."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What Whisper wrote for one sound."""

    tokens: tuple[int, ...]
    text: str
    mean_logprob: float
    """The mean of the tokens' log-probabilities, the end token included; 0 is certainty."""
    no_speech_probability: float


class Whisper:
    """A loaded model, which may be used by as many threads at once as it has ``workers``."""

    def __init__(self, model: Model, tokenizer: tokenizers.Tokenizer) -> None:
        # Importing these takes a quarter of a second, which only those who transcribe should pay.
        from faster_whisper.tokenizer import _LANGUAGE_CODES, Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self._model = model
        self._log_mel = LogMel(model.n_mels)
        known = [code for code in _LANGUAGE_CODES if tokenizer.token_to_id(f"<|{code}|>") is not None]
        self.languages: tuple[str, ...] = tuple(known) if model.is_multilingual else ("en",)
        self._tokenizer = Tokenizer(tokenizer, model.is_multilingual, task="transcribe", language=self.languages[0])
        # Computed once, because that takes as long as transcribing a word.
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]))

    @classmethod
    def load(cls, model: str | Path, *, device: DeviceChoice, compute_type: str, threads: int, workers: int) -> Whisper:
        """Load a converted model, see ``load_model``. Raises ``ModelUnavailableError``."""
        loaded = load_model(model, device=device, compute_type=compute_type, threads=threads, workers=workers)
        whisper = cls(*loaded)
        if whisper.is_on_card:
            with told_as_unavailable(model):
                whisper.warm_up()
        return whisper

    def warm_up(self) -> None:
        """Make a graphics card load everything that it needs, so that no note waits for that: it takes 14 s the first
        time, and half a second later on."""
        encoded = self.encoded([np.zeros(RECORDING_RATE_HZ, np.float32)], WARM_UP_FRAMES)
        self.language_probabilities(encoded)
        self.decode(encoded, [DecodingOptions(self.languages[0])], beams=2, max_tokens=2)

    def spectrum(self, sound: Samples, frames: int) -> Features:
        """The encoder's input for ``sound``, shape (n,), in a window of ``frames``."""
        return self._log_mel.window(sound, frames)

    def encoded(self, sounds: Sequence[Samples | Features], frames: int) -> StorageView:
        """The encoder's output for ``sounds`` in windows of ``frames``: the costly step.

        Each sound is samples, shape (n,), or their ``spectrum`` in a window that is not longer than ``frames``.
        The shape of the output is (sounds, frames / 2, width of the model).
        """
        from ctranslate2 import StorageView

        windows = np.empty((len(sounds), self._model.n_mels, frames), np.float32)
        for window, sound in zip(windows, sounds, strict=True):
            fill_up(window, self.spectrum(sound, frames) if sound.ndim == 1 else sound)
        # On a graphics card the output stays there for the decoder and is not copied back.
        return self._model.encode(StorageView.from_array(windows))

    @property
    def bands(self) -> int:
        """The number of mel bands of the spectra that the model takes."""
        return int(self._model.n_mels)

    @property
    def is_on_card(self) -> bool:
        """Whether the model runs on a graphics card: there, encoding again costs less than fetching the output."""
        return bool(self._model.device == "cuda")

    def some_of(self, encoded: StorageView, numbers: Sequence[int]) -> StorageView:
        """Those of the sounds ``encoded`` together whose positions are ``numbers``, in that order."""
        from ctranslate2 import Device, StorageView

        if list(numbers) == list(range(encoded.shape[0])):
            return encoded
        whole = np.asarray(encoded.to_device(Device.cpu))
        return StorageView.from_array(np.ascontiguousarray(whole[list(numbers)]))

    def language_probabilities(self, encoded: StorageView) -> list[dict[str, float]]:
        """For each sound the probability of each of ``languages``; they sum to 1."""
        if not self._model.is_multilingual:
            return [{"en": 1.0}] * int(encoded.shape[0])
        return [
            {str(token).strip("<|>"): float(probability) for token, probability in ranking}
            for ranking in self._model.detect_language(encoded)
        ]

    def decode(
        self, encoded: StorageView, options: Sequence[DecodingOptions], *, beams: int, max_tokens: int = MAX_TOKENS
    ) -> list[Hypothesis]:
        """The best hypothesis for each of the sounds that were ``encoded``, each decoded with its own ``options``.

        All ``options`` of one call must have the same hints: the decoder needs prompts of equal length.
        ``beams``: the beam size, at least 1.
        ``max_tokens``: the text breaks off after this many tokens.
        """
        prompts = [self._prompt(each) for each in options]
        results = self._model.generate(
            encoded,
            prompts,
            beam_size=beams,
            max_length=min(len(prompts[0]) + max_tokens, MAX_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
        )
        found: list[Hypothesis] = []
        for result in results:
            tokens = tuple(result.sequences_ids[0])
            # The score includes the log-probability of the end token but is divided by the number of the others.
            mean_logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
            found.append(Hypothesis(tokens, self.text_of(tokens), mean_logprob, result.no_speech_prob))
        return found

    def timed_words(
        self, encoded: StorageView, options: DecodingOptions, tokens: Sequence[int], duration_s: float
    ) -> list[TimedWord]:
        """The words that ``tokens`` spell, with their times in one ``encoded`` sound of ``duration_s``.

        The times are found as in openai/whisper, from the decoder's attention to the sound.
        """
        if not tokens:
            return []
        start = self._prompt(DecodingOptions(options.language, options.translate))
        states = min(int(encoded.shape[1]), round(duration_s / STATE_S))
        (aligned,) = self._model.align(encoded, start, [list(tokens)], states * 2)
        said_at_s = token_times_s(aligned.alignments, len(tokens), duration_s)
        return with_signs(self._words_of(tokens, said_at_s, aligned.text_token_probs, options.language))

    def mean_logprob_of(
        self, encoded: StorageView, options: DecodingOptions, tokens: Sequence[int], duration_s: float
    ) -> float:
        """How well ``tokens``, at least one, fit one ``encoded`` sound of ``duration_s``: the mean of their
        log-probabilities."""
        states = min(int(encoded.shape[1]), round(duration_s / STATE_S))
        (aligned,) = self._model.align(encoded, self._prompt(options), [list(tokens)], states * 2)
        return float(np.mean(np.log(np.maximum(aligned.text_token_probs, 1e-9))))

    def text_of(self, tokens: tuple[int, ...]) -> str:
        """The text that ``tokens`` spell, without spaces around it."""
        return str(self._tokenizer.decode(tokens)).strip()

    def _words_of(
        self, tokens: Sequence[int], said_at_s: Sequence[float], probabilities: Sequence[float], language: str
    ) -> Iterator[TimedWord]:
        spaceless = language in LANGUAGES_WITHOUT_SPACES
        split = self._tokenizer.split_tokens_on_unicode if spaceless else self._tokenizer.split_tokens_on_spaces
        texts, parts = split(list(tokens))
        position = 0
        for text, own in zip(texts, parts, strict=True):
            after = position + len(own)
            if text.strip():
                probability = sum(probabilities[position:after]) / len(own)
                yield TimedWord(said_at_s[position], said_at_s[after], text.strip(), min(max(probability, 0.0), 1.0))
            position = after

    def _prompt(self, options: DecodingOptions) -> list[int]:
        before: list[int] = []
        if options.hints:
            hints = self._tokenizer.encode(f" {options.hints.strip(' ,;.')}")[: MAX_HINT_TOKENS - 1]
            # Text that follows a complete sentence itself begins with a capital and ends with a full stop.
            before = [self._tokenizer.sot_prev, *hints, *self._tokenizer.encode(".")]
        if not self._model.is_multilingual:
            return [*before, self._tokenizer.sot, self._tokenizer.no_timestamps]
        task = self._tokenizer.translate if options.translate else self._tokenizer.transcribe
        language = self._tokenizer.tokenizer.token_to_id(f"<|{options.language}|>")
        return [*before, self._tokenizer.sot, language, task, self._tokenizer.no_timestamps]
