"""Notes that are harder to transcribe, made from others: several turns, whispers, noise, the telephone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audio.recording import RECORDING_RATE_HZ, Samples

NAMES = (
    "v1.0, v1.1, v1.2, v1.3, v1.4, v2.0, v2.1, v2.2, RTX 3060, RTX 3070, RTX 3080, RTX 4060, RTX 4070, RTX 4080, "
    "RTX 4090, i5-12400, i7-12700, i9-12900"
)
"""Vocabulary that a server might configure, none of which is said in these notes."""

TURNS, TURNS_OF = 36, 3
PAUSES_S = (0.8, 1.5)
LONGEST_TURN_S = 12.0

SHORT_S = 6.0
"""The longest notes that count as short: those that wrong hints are most likely to mislead."""

LPC_ORDER, LPC_FRAME, LPC_HOP = 16, 400, 160


@dataclass(frozen=True, slots=True)
class Note:
    """A recording and what is said in it."""

    language: str
    words: str
    samples: Samples
    """Mono at ``RECORDING_RATE_HZ``, shape (n,)."""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RECORDING_RATE_HZ


def in_turns(notes: Sequence[Note], seed: int = 36) -> list[Note]:
    """``TURNS`` notes, each of ``TURNS_OF`` others in one language, with a pause after each; the same for a seed."""
    chance = random.Random(seed)
    by_language: dict[str, list[Note]] = {}
    for note in notes:
        if note.duration_s <= LONGEST_TURN_S:
            by_language.setdefault(note.language, []).append(note)
    known = [language for language, some in by_language.items() if len(some) >= TURNS_OF]
    weights = [len(by_language[language]) for language in known]
    found = []
    for number in range(TURNS):
        turns = chance.sample(by_language[chance.choices(known, weights)[0]], TURNS_OF)
        pause = np.zeros(round(PAUSES_S[number % len(PAUSES_S)] * RECORDING_RATE_HZ), np.float32)
        samples = np.concatenate([part for turn in turns for part in (turn.samples, pause)])
        found.append(Note(turns[0].language, " ".join(turn.words for turn in turns), samples))
    return found


def short(notes: Sequence[Note]) -> list[Note]:
    """The notes of at most ``SHORT_S``."""
    return [note for note in notes if note.duration_s <= SHORT_S]


def in_noise(note: Note, snr_db: float) -> Note:
    """``note`` with pink noise that is ``snr_db`` fainter."""
    noise = np.random.default_rng(len(note.samples)).standard_normal(len(note.samples))
    spectrum = np.fft.rfft(noise)
    noise = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 20), len(noise))
    loudness = np.sqrt(np.mean(np.square(note.samples)) / np.mean(np.square(noise)))
    both = note.samples + noise * loudness * 10 ** (-snr_db / 20)
    return replace(note, samples=(both / max(1.0, np.abs(both).max())).astype(np.float32))


def on_the_telephone(note: Note) -> Note:
    """``note`` limited to 300 to 3400 Hz and quantised to the 256 levels of ITU-T G.711."""
    spectrum = np.fft.rfft(note.samples)
    pitch_hz = np.fft.rfftfreq(len(note.samples), 1 / RECORDING_RATE_HZ)
    band = np.fft.irfft(spectrum * ((pitch_hz >= 300) & (pitch_hz <= 3400)), len(note.samples))
    band /= max(float(np.abs(band).max()), 1e-9)
    steps = np.round(np.sign(band) * np.log1p(255 * np.abs(band)) / np.log(256) * 127) / 127
    return replace(note, samples=(0.5 * np.sign(steps) * (256 ** np.abs(steps) - 1) / 255).astype(np.float32))


def whispered(note: Note) -> Note:
    """``note`` as a whisper: noise instead of the voice, shaped like the speaker's speech by linear prediction."""
    chance = np.random.default_rng(len(note.samples))
    window = np.hanning(LPC_FRAME)
    whisper = np.zeros(len(note.samples) + LPC_FRAME)
    for start in range(0, len(note.samples) - LPC_FRAME, LPC_HOP):
        frame = note.samples[start : start + LPC_FRAME] * window
        filter_, error = _prediction(np.correlate(frame, frame, "full")[LPC_FRAME - 1 : LPC_FRAME + LPC_ORDER])
        noise = chance.standard_normal(LPC_FRAME) * np.sqrt(max(error, 0) / LPC_FRAME)
        whisper[start : start + LPC_FRAME] += _shaped(noise, filter_) * window
    whisper = np.append(whisper[0], whisper[1:] - 0.6 * whisper[:-1])[: len(note.samples)]
    return replace(note, samples=(0.07 * whisper / np.abs(whisper).max()).astype(np.float32))


def _prediction(correlation: np.ndarray) -> tuple[np.ndarray, float]:
    """The Levinson-Durbin recursion: the coefficients, shape (``LPC_ORDER`` + 1,), and the residual energy."""
    filter_ = np.zeros(LPC_ORDER + 1)
    filter_[0] = 1
    error = float(correlation[0]) * 1.0001
    for order in range(1, LPC_ORDER + 1):
        if error < 1e-9:
            break
        step = -(correlation[order] + filter_[1:order] @ correlation[order - 1 : 0 : -1]) / error
        filter_[1 : order + 1] += step * np.append(filter_[1:order][::-1], 1.0)
        error *= 1 - step * step
    return filter_, error


def _shaped(noise: np.ndarray, filter_: np.ndarray) -> np.ndarray:
    """``noise`` through the all-pole filter with the coefficients ``filter_``."""
    shaped = np.zeros(len(noise) + LPC_ORDER)
    backwards = filter_[:0:-1]
    for number, sample in enumerate(noise):
        shaped[number + LPC_ORDER] = sample - backwards @ shaped[number : number + LPC_ORDER]
    return shaped[LPC_ORDER:]
