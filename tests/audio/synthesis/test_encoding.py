"""Samples become voice messages."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from audio import Recording, Sound, decode, encode, loudness_lufs
from tests.audio.made_recordings import silence, tone


def test_a_voice_message_is_ogg_opus_in_mono_at_48_khz(jfk_sound: Recording) -> None:
    speech = encode(Sound(jfk_sound.samples, 16_000), voice="someone", engine="somehow")

    with av.open(io.BytesIO(speech.ogg), "r", format="ogg") as file:
        track = file.streams.audio[0]
        assert (track.codec_context.name, track.rate, track.channels) == ("opus", 48_000, 1)
    assert speech.duration_s == pytest.approx(11)
    assert decode(speech.ogg).duration_s == pytest.approx(11, abs=0.05)
    assert 20_000 < len(speech.ogg) * 8 / speech.duration_s < 40_000
    assert (speech.voice, speech.engine) == ("someone", "somehow")
    assert len(speech.waveform) == 110


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 24_000, 44_100, 48_000])
def test_any_rate_is_taken(rate_hz: int) -> None:
    samples = (np.sin(np.arange(2 * rate_hz) * 2 * np.pi * 440 / rate_hz) / 4).astype(np.float32)

    recording = decode(encode(Sound(samples, rate_hz)).ogg)

    assert recording.duration_s == pytest.approx(2, abs=0.02)
    spectrum = np.abs(np.fft.rfft(recording.samples))
    assert np.argmax(spectrum) * 16_000 / len(recording.samples) == pytest.approx(440, abs=2)


def test_a_whisper_and_a_shout_become_alike(jfk_sound: Recording) -> None:
    quiet, loud = (
        loudness_lufs(Sound(decode(encode(Sound(jfk_sound.samples * np.float32(gain), 16_000)).ogg).samples, 16_000))
        for gain in (0.02, 1)
    )
    assert quiet == pytest.approx(loud, abs=1)


def test_the_waveform_follows_the_loudness() -> None:
    sound = Sound(np.concatenate([silence(1).samples, tone(1).samples, tone(1).samples / np.float32(10)]), 16_000)

    points = encode(sound).waveform

    assert len(points) == 30
    assert set(points[:9]) == {0}
    assert all(point > 245 for point in points[10:20])
    assert all(0 < point < 100 for point in points[20:])


@pytest.mark.parametrize(("duration_s", "points"), [(0.02, 1), (0.1, 1), (1, 10), (25.6, 256), (30, 256)])
def test_the_waveform_has_a_point_per_tenth_of_a_second_up_to_256(duration_s: float, points: int) -> None:
    assert len(encode(Sound(tone(duration_s).samples, 16_000)).waveform) == points


@pytest.mark.parametrize("duration_s", [0.02, 1])
def test_silence_can_be_sent_too(duration_s: float) -> None:
    speech = encode(Sound(silence(duration_s).samples, 16_000))

    assert set(speech.waveform) == {0}
    assert speech.ogg.startswith(b"OggS")
