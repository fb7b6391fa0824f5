"""Whatever the damage to a file, the result is sound or a specific error, and the decoder survives.

``python -m benchmarks.mutated_files`` does the same with ten thousand files.
"""

from __future__ import annotations

import random
from collections import Counter

import numpy as np

from audio import Decoder, DecoderFailedError, Recording, RecordingError
from tests.audio.decoding.mutations import mutated, seeds

FILES = 250


def test_hundreds_of_damaged_files_end_in_sound_or_in_an_error_of_their_own(jfk: bytes, jfk_sound: Recording) -> None:
    files = seeds(jfk_sound.samples[:16_000])
    chance = random.Random(2)
    outcomes: Counter[str] = Counter()
    decoder = Decoder()
    try:
        for _ in range(FILES):
            try:
                recording = decoder.decode(mutated(files, chance))
            except RecordingError as error:
                assert not isinstance(error, DecoderFailedError)
                assert str(error)
                outcomes[type(error).__name__] += 1
            else:
                assert np.abs(recording.samples).max() <= 1
                outcomes["first part" if recording.truncated else "sound"] += 1
        assert decoder.decode(jfk).duration_s == jfk_sound.duration_s
    finally:
        decoder.close()
    # The damage is neither so small that it never matters, nor so great that nothing can be decoded.
    assert outcomes["sound"] > FILES / 10
    assert outcomes["first part"] > FILES / 20
    assert outcomes["DamagedFileError"] > FILES / 10
    assert len(outcomes) >= 5
