"""The load of a number of notes per day: the arithmetic of the benchmark ``simulation``."""

from __future__ import annotations

import pytest

from benchmarks.simulation import DAY_S, Load, needs, rates, takes, wait_for_discord

MILLION = Load()


def test_the_day_has_all_notes_and_the_peak_that_is_asked_for() -> None:
    for peak in (1.5, 3.0, 6.0):
        expected = rates(Load(notes_a_day=500_000, peak=peak))
        assert expected.sum() == pytest.approx(500_000)
        assert expected.max() * DAY_S / 500_000 == pytest.approx(peak, rel=0.01)


def test_discords_limit_binds_first_and_a_higher_one_lets_nobody_wait() -> None:
    bound = [need.what for need in needs(MILLION) if not need.grows and need.share > 1]
    assert bound == ["Discord: requests"]
    assert wait_for_discord(MILLION).late_share > 0.5
    raised = wait_for_discord(Load(requests_per_s=100))
    assert raised.longest_s < 5
    few = wait_for_discord(Load(notes_a_day=100_000))
    assert few.longest_s < 5
    assert few.whole_share > raised.whole_share


def test_texts_need_no_cores_that_hear_or_speak() -> None:
    texts = {need.what: need.needed for need in needs(Load(voice_share=0.0))}
    assert texts["workers: hearing"] == texts["workers: speaking"] == 0
    assert texts["Discord: requests"] == pytest.approx(MILLION.peak_notes_s)


def test_the_report_names_what_is_not_enough() -> None:
    assert "| Discord: requests | 69.4 /s | 45.5 a bot | **not enough** |" in takes(MILLION)
    assert "not enough" not in takes(Load(notes_a_day=100_000, voice_share=0.5))
