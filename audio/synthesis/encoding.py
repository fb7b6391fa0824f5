"""From samples to what Discord plays as a voice message: Ogg Opus with its waveform."""

from __future__ import annotations

import io

import av
import numpy as np
from av.audio.resampler import AudioResampler

from audio.recording import Samples, Sound
from audio.synthesis.filtering import frames_of
from audio.synthesis.loudness import evened
from audio.synthesis.speech import Speech

OPUS_RATE_HZ = 48_000
OPUS_BIT_RATE = 32_000
"""In bits per second, like Discord's own voice messages."""

WAVEFORM_POINTS = 256
"""The most that Discord accepts."""
WAVEFORM_STEP_S = 0.1
"""What Discord's own clients use for short messages."""
_WAVEFORM_GAMMA = 0.6
"""Lifts the quiet parts, which would be flat lines otherwise."""
_POWER_STEP = OPUS_RATE_HZ // 100
"""The power of this many samples is kept as one number until the length, and so the width of a point, is known."""


class VoiceMessageEncoder:
    """Encodes a voice message while its sound is still arriving. Everything blocks; one call at a time."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._container = av.open(self._file, "w", format="ogg")
        self._track = self._container.add_stream(
            "libopus", rate=OPUS_RATE_HZ, layout="mono", options={"application": "voip"}
        )
        self._track.bit_rate = OPUS_BIT_RATE
        self._resampler = AudioResampler("s16", "mono", OPUS_RATE_HZ)
        self._powers: list[Samples] = []
        self._count = 0

    def add(self, sound: Sound) -> None:
        """Append ``sound``, at ``OPUS_RATE_HZ``. Blocks for about 15 ms per second of sound."""
        if sound.rate_hz != OPUS_RATE_HZ:
            raise ValueError(f"the sound has {sound.rate_hz} samples a second, not {OPUS_RATE_HZ}")
        for frame in frames_of(sound):
            frame.pts = None  # the encoder goes on counting
            for converted in self._resampler.resample(frame):
                self._container.mux(self._track.encode(converted))
        self._count += len(sound.samples)
        steps = np.array_split(sound.samples, range(_POWER_STEP, len(sound.samples), _POWER_STEP))
        self._powers.append(np.array([np.mean(step**2) for step in steps if len(step)], np.float32))

    def finish(self, *, voice: str, engine: str) -> Speech:
        """Finish the voice message, which must last at least 20 ms, one Opus frame. Nothing can be added afterwards."""
        for converted in self._resampler.resample(None):
            self._container.mux(self._track.encode(converted))
        self._container.mux(self._track.encode(None))
        self._container.close()
        duration_s = self._count / OPUS_RATE_HZ
        return Speech(self._file.getvalue(), duration_s, self._waveform(duration_s), voice, engine)

    def _waveform(self, duration_s: float) -> bytes:
        """The outline that Discord draws: one unsigned byte per ``WAVEFORM_STEP_S``, at most ``WAVEFORM_POINTS``.

        Each is the root mean square of its stretch, raised to ``_WAVEFORM_GAMMA``; 255 for the loudest.
        """
        points = max(1, min(WAVEFORM_POINTS, round(duration_s / WAVEFORM_STEP_S)))
        parts = np.array_split(np.concatenate(self._powers), points)
        levels = np.sqrt([part.mean() for part in parts if len(part)])
        loudest = levels.max(initial=0) or 1
        return bytes(np.round((levels / loudest) ** _WAVEFORM_GAMMA * 255).astype(np.uint8).tobytes())


def resampled(sound: Sound, rate_hz: int) -> Sound:
    """``sound`` at ``rate_hz``. Blocks for about a millisecond per second of sound."""
    if sound.rate_hz == rate_hz:
        return sound
    resampler = AudioResampler("flt", "mono", rate_hz)
    parts = [
        np.asarray(converted.to_ndarray(), np.float32).reshape(-1)
        for frame in (*frames_of(sound), None)
        for converted in resampler.resample(frame)
    ]
    return Sound(np.concatenate([np.zeros(0, np.float32), *parts]), rate_hz)


def encode(sound: Sound, *, voice: str = "", engine: str = "") -> Speech:
    """Encode ``sound``, at any rate, with its loudness evened, as Ogg Opus: 48 kHz mono at about 32 kbit/s.

    ``voice`` and ``engine`` are only passed on. ``sound`` must last at least 20 ms.
    """
    encoder = VoiceMessageEncoder()
    encoder.add(evened(resampled(sound, OPUS_RATE_HZ)))
    return encoder.finish(voice=voice, engine=engine)
