"""All voices are equally loud, and none is clipped."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import numpy as np
import pytest

from audio import EspeakEngine, PiperEngine, Recording, Sound, Synthesizer, decode, encode, loudness_lufs
from audio.synthesis.clips import PAUSE_S
from audio.synthesis.encoding import OPUS_RATE_HZ
from audio.synthesis.loudness import PEAK, TARGET_LUFS, evened
from tests.audio.made_recordings import silence, tone

TEXT = "The weather will be lovely. Please water the flowers! Yes."


def test_a_tone_is_measured_as_the_standard_says() -> None:
    """EBU Tech 3341: a 1 kHz sine at -23 dBFS in both channels has -23 LUFS, so in one channel it has 3 LU less."""
    rate_hz = 48_000
    sine = np.sin(np.arange(10 * rate_hz) * 2 * np.pi * 1000 / rate_hz).astype(np.float32) * np.float32(
        10 ** (-23 / 20)
    )
    assert loudness_lufs(Sound(sine, rate_hz)) == pytest.approx(-26, abs=0.2)


def test_silence_has_no_loudness_and_stays_as_it_is() -> None:
    quiet = Sound(silence(1).samples, 16_000)
    assert math.isinf(loudness_lufs(quiet))
    assert evened(quiet) is quiet
    assert math.isinf(loudness_lufs(Sound(np.zeros(0, np.float32), 16_000)))


@pytest.mark.parametrize("duration_s", [0.05, 0.39, 0.41, 3])
def test_a_short_sound_becomes_as_loud_as_a_long_one(duration_s: float) -> None:
    faint = Sound(tone(duration_s).samples * np.float32(0.01), 16_000)
    assert loudness_lufs(evened(faint)) == pytest.approx(TARGET_LUFS, abs=0.5)


def test_one_loud_click_does_not_make_speech_faint_and_is_held_down(jfk_sound: Recording) -> None:
    samples = jfk_sound.samples * np.float32(0.05)
    samples[80_000:80_010] = 0.9
    loud = evened(Sound(samples, 16_000))
    assert np.abs(loud.samples).max() <= PEAK
    assert len(loud.samples) == len(samples)
    assert loudness_lufs(loud) == pytest.approx(TARGET_LUFS, abs=1)


async def test_the_voices_of_all_engines_are_equally_loud_and_none_is_clipped(
    piper_joe: Path, jfk_sound: Recording
) -> None:
    synthesizers = [Synthesizer([PiperEngine([piper_joe])]), Synthesizer([EspeakEngine()])]
    try:
        spoken = [[clip async for clip in synthesizer.clips(TEXT)] for synthesizer in synthesizers]
        messages = [await synthesizer.speak(TEXT) for synthesizer in synthesizers]
    finally:
        await asyncio.gather(*(synthesizer.close() for synthesizer in synthesizers))
    pause = round(PAUSE_S * OPUS_RATE_HZ)
    clips = [Sound(clip.sound.samples[:-pause], OPUS_RATE_HZ) for engine in spoken for clip in engine]
    messages.append(encode(Sound(jfk_sound.samples, 16_000)))
    decoded = [decode(message.ogg).samples for message in messages]

    assert len(clips) == 6
    differences = [abs(loudness_lufs(clip) - TARGET_LUFS) for clip in clips]
    assert max(differences) < 1
    heard = [loudness_lufs(Sound(samples, 16_000)) for samples in decoded]
    assert max(heard) - min(heard) < 2
    assert max(float(np.abs(samples).max()) for samples in decoded) < 1


def test_what_is_loud_enough_but_clipped_is_held_down_too(jfk_sound: Recording) -> None:
    loud = Sound(evened(Sound(jfk_sound.samples, 16_000)).samples, 16_000)
    spiky = Sound(loud.samples.copy(), 16_000)
    spiky.samples[40_000] = 1.0
    assert np.abs(evened(spiky).samples).max() <= PEAK
