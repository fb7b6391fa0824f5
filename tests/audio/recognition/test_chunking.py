"""Recordings are split at pauses, and the times of a chunk's words are mapped back to the recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from audio.recognition.chunking import LONGEST_CHUNK_S, SHORTEST_CUT_PAUSE_S, split_at_pauses, split_into_chunks
from audio.recognition.log_mel import FULL_WINDOW_FRAMES, LogMel, window_frames
from audio.recognition.voice_activity import LONGEST_UTTERANCE_S, Span, Utterance, utterances
from audio.recording import RECORDING_RATE_HZ, Recording
from tests.audio.made_recordings import noise, silence


def said_at(*times_s: tuple[float, float]) -> list[Utterance]:
    """Utterances at these times, with a margin of 0.4 s around them."""
    return [
        Utterance(Span(samples(start_s), samples(end_s)), Span(samples(max(0.0, start_s - 0.4)), samples(end_s + 0.4)))
        for start_s, end_s in times_s
    ]


def samples(duration_s: float) -> int:
    return round(duration_s * RECORDING_RATE_HZ)


def test_a_short_note_is_one_chunk_without_the_silence_around_it() -> None:
    said = said_at((1, 3), (3.5, 6))

    (chunk,) = split_into_chunks(said)

    assert chunk.span == Span(samples(0.6), samples(6.4))
    assert chunk.spoken == (said[0].spoken, said[1].spoken)
    assert chunk.duration_s == pytest.approx(5.8)
    assert chunk.spoken_s == pytest.approx(4.5)


def test_nothing_is_left_of_silence() -> None:
    assert split_into_chunks([]) == []
    assert utterances(silence(5).samples) == []


def test_a_pause_ends_a_chunk_and_times_are_those_of_the_recording() -> None:
    first, second = split_into_chunks(said_at((1, 3), (3.8, 5)))

    assert first.span == Span(samples(0.6), samples(3.4))
    assert second.span == Span(samples(3.4), samples(5.4))
    assert second.time_in_recording_s(0.4) == pytest.approx(3.8)
    assert second.time_in_recording_s(29.0) == pytest.approx(5.4)


def test_a_chunk_is_cut_out_of_its_recording() -> None:
    _, chunk = split_into_chunks(said_at((1, 3), (13, 15)))

    cut = chunk.samples_from(np.arange(samples(16), dtype=np.float32))

    assert len(cut) == samples(2.8)
    assert cut[0] == samples(12.6)


def test_a_long_recording_is_cut_at_the_widest_pause_of_the_second_half() -> None:
    said = said_at((0, 12), (12.7, 15), (15.4, 18), (18.7, 21), (21.4, 26), (26.5, 33))

    first, second = split_into_chunks(said)

    assert len(first.spoken) == 3
    assert len(second.spoken) == 3
    # If a cut goes through a pause, the chunks' margins do not overlap.
    assert first.span.end <= second.span.start


def test_speech_without_a_pause_is_cut_all_the_same() -> None:
    said = said_at((0, 25), (25, 50), (50, 60))

    assert [chunk.spoken for chunk in split_into_chunks(said)] == [(utterance.spoken,) for utterance in said]


def test_a_chunk_is_cut_at_all_its_pauses_when_it_must_be() -> None:
    (chunk,) = split_into_chunks(said_at((1, 3), (3.5, 6)))

    first, second = split_at_pauses(chunk)

    assert first.span == Span(samples(0.6), samples(3.25))
    assert second.span == Span(samples(3.25), samples(6.4))


@given(st.lists(st.tuples(st.floats(0.3, 20), st.floats(0.05, LONGEST_UTTERANCE_S)), max_size=30))
def test_chunks_hold_every_utterance_once_in_order_and_fit_the_window(
    said_s: list[tuple[float, float]],
) -> None:
    times_s: list[tuple[float, float]] = []
    for pause_s, speech_s in said_s:
        start_s = (times_s[-1][1] if times_s else 0) + pause_s
        times_s.append((start_s, start_s + speech_s))
    said = said_at(*times_s)

    chunks = split_into_chunks(said)

    assert [spoken for chunk in chunks for spoken in chunk.spoken] == [utterance.spoken for utterance in said]
    assert all(0 < chunk.duration_s <= LONGEST_CHUNK_S for chunk in chunks)
    assert all(one.span.end <= other.span.start for one, other in pairwise(chunks))
    pauses = [after.start - before.end for chunk in chunks for before, after in pairwise(chunk.spoken)]
    assert all(pause < samples(SHORTEST_CUT_PAUSE_S) for pause in pauses)


def test_utterances_are_told_apart_by_pauses(jfk_sound: Recording) -> None:
    found = utterances(jfk_sound.samples)

    assert len(found) >= 3
    assert found[0].spoken.start < RECORDING_RATE_HZ / 2
    assert found[-1].spoken.end > 10 * RECORDING_RATE_HZ
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


def test_no_thread_spins_once_a_spectrum_is_there() -> None:
    """Otherwise NumPy's threads spin until the next matrix product, which takes a fifth of the time of transcribing a
    note."""
    LogMel(80).window(np.ones(16_000, np.float32), 1100)
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} <= {1}
