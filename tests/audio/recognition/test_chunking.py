"""Recordings are cut at pauses, and what is heard in a chunk is found again in the recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.recognition.alignment import TimedTokens, timed
from audio.recognition.chunking import LONGEST_CHUNK_S, split_into_chunks
from audio.recognition.log_mel import FULL_WINDOW_FRAMES, LogMel, window_frames
from audio.recognition.voice_activity import LONGEST_UTTERANCE_S, Span, utterances
from audio.recording import RECORDING_RATE_HZ, Recording
from tests.audio.made_recordings import noise, silence


def spans(*times_s: tuple[float, float]) -> list[Span]:
    return [Span(round(start_s * RECORDING_RATE_HZ), round(end_s * RECORDING_RATE_HZ)) for start_s, end_s in times_s]


def samples(duration_s: float) -> int:
    return round(duration_s * RECORDING_RATE_HZ)


def test_a_short_note_is_one_piece_without_the_silence_around_it() -> None:
    (chunk,) = split_into_chunks(spans((1, 3), (3.5, 6)), samples(9))

    assert chunk.stretches == tuple(spans((0.6, 6.4)))
    assert chunk.spoken == tuple(spans((1, 3), (3.5, 6)))
    assert chunk.duration_s == pytest.approx(5.8)


def test_nothing_is_left_of_silence() -> None:
    assert split_into_chunks([], samples(5)) == []
    assert utterances(silence(5).samples) == []


def test_long_pauses_are_shortened_and_times_are_those_of_the_recording() -> None:
    (chunk,) = split_into_chunks(spans((1, 3), (13, 15)), samples(16))

    assert chunk.stretches == tuple(spans((0.6, 3.4), (12.6, 15.4)))
    assert chunk.time_in_recording_s(0) == pytest.approx(0.6)
    assert chunk.time_in_recording_s(2.4) == pytest.approx(3.0)
    assert chunk.time_in_recording_s(2.8) == pytest.approx(12.6)
    assert chunk.time_in_recording_s(2.8, ending=True) == pytest.approx(3.4)
    assert chunk.time_in_recording_s(3.2) == pytest.approx(13.0)
    assert chunk.time_in_recording_s(29.0) == pytest.approx(15.4)


def test_a_piece_is_cut_out_of_its_recording() -> None:
    (chunk,) = split_into_chunks(spans((1, 3), (13, 15)), samples(16))
    sound = np.arange(samples(16), dtype=np.float32)

    cut = chunk.samples_from(sound)

    assert len(cut) == samples(5.6)
    assert cut[0] == samples(0.6)
    assert cut[samples(2.8)] == samples(12.6)


def test_a_long_recording_is_cut_at_the_widest_pause_of_the_second_half() -> None:
    said = spans((0, 12), (13.9, 15), (15.4, 18), (19.5, 21), (21.4, 26), (26.5, 33))

    first, second = split_into_chunks(said, samples(33))

    assert first.spoken == tuple(said[:3])
    assert second.spoken == tuple(said[3:])
    # Of a pause that a cut goes through, neither chunk takes what the other has.
    assert first.stretches[-1].end <= second.stretches[0].start


def test_speech_without_a_pause_is_cut_all_the_same() -> None:
    said = spans((0, 26), (26, 52), (52, 60))

    assert [chunk.spoken for chunk in split_into_chunks(said, samples(60))] == [(said[0],), (said[1],), (said[2],)]


@given(st.lists(st.tuples(st.floats(0.3, 20), st.floats(0.05, LONGEST_UTTERANCE_S)), max_size=30), st.floats(0, 5))
def test_pieces_hold_every_utterance_once_in_order_and_fit_the_window(
    said_s: list[tuple[float, float]], rest_s: float
) -> None:
    said: list[Span] = []
    for pause_s, speech_s in said_s:
        start = (said[-1].end if said else 0) + samples(pause_s)
        said.append(Span(start, start + samples(speech_s)))
    length = (said[-1].end if said else 0) + samples(rest_s)

    chunks = split_into_chunks(said, length)

    assert [utterance for chunk in chunks for utterance in chunk.spoken] == said
    assert all(0 < chunk.duration_s <= LONGEST_CHUNK_S for chunk in chunks)
    stretches = [stretch for chunk in chunks for stretch in chunk.stretches]
    assert all(one.end <= other.start for one, other in pairwise(stretches))
    assert all(0 <= stretch.start < stretch.end <= length for stretch in stretches)


def test_utterances_are_told_apart_by_pauses(jfk_sound: Recording) -> None:
    found = utterances(jfk_sound.samples)

    assert len(found) >= 3
    assert found[0].start < RECORDING_RATE_HZ / 2
    assert found[-1].end > 10 * RECORDING_RATE_HZ
    assert utterances(noise(5).samples) == []


@pytest.mark.parametrize(
    ("duration_s", "frames"), [(0.1, 1000), (6.9, 1000), (8, 1100), (11.013, 1402), (26.5, 2950), (27, 3000)]
)
def test_a_window_is_as_long_as_the_sound_and_some_silence(duration_s: float, frames: int) -> None:
    assert window_frames(duration_s, padding_s=3, shortest_s=10) == frames


def test_a_window_is_filled_up_with_the_lowest_energy_of_the_sound(jfk_sound: Recording) -> None:
    log_mel = LogMel(80)

    window = log_mel.window(jfk_sound.samples, 1400)

    assert window.shape == (80, 1400)
    assert window.dtype == np.float32
    assert (window[:, 1102:] == window[:, :1100].min()).all()
    assert log_mel.window(np.resize(jfk_sound.samples, samples(40)), FULL_WINDOW_FRAMES).shape == (80, 3000)


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ([100, 1, 2, 150], [TimedTokens(0, 1, (1, 2))]),
        ([105, 1, 150, 160, 2, 3, 200], [TimedTokens(0.1, 1, (1,)), TimedTokens(1.2, 2, (2, 3))]),
        ([1, 2], [TimedTokens(0, 3, (1, 2))]),
        ([100, 1, 150, 150, 2], [TimedTokens(0, 1, (1,)), TimedTokens(1, 3, (2,))]),
        ([100, 1, 400, 400], [TimedTokens(0, 3, (1,))]),
        ([150, 1, 120, 2, 160], [TimedTokens(1, 1, (1,)), TimedTokens(1, 1.2, (2,))]),
        ([100, 150], []),
        ([], []),
    ],
)
def test_words_are_split_at_their_timestamps(tokens: list[int], found: list[TimedTokens]) -> None:
    split = timed(tokens, 100, 3.0)

    assert [one.tokens for one in split] == [one.tokens for one in found]
    assert [one.start_s for one in split] == pytest.approx([one.start_s for one in found])
    assert [one.end_s for one in split] == pytest.approx([one.end_s for one in found])
