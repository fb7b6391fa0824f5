"""A language that is detected with certainty counts; an uncertain one is weighed against what was spoken before."""

from __future__ import annotations

from audio.recognition.language_choice import chosen_language

UNSURE = {"ms": 0.3, "es": 0.2, "pt": 0.1, "en": 0.4}


def test_the_likeliest_language_is_chosen_where_nothing_is_expected() -> None:
    assert chosen_language(UNSURE) == ("en", 0.4)


def test_what_is_expected_decides_where_the_ear_is_unsure() -> None:
    language, probability = chosen_language(UNSURE, expected={"es": 3, "en": 0})
    assert language == "es"
    assert 0.5 < probability < 1


def test_what_is_expected_is_nothing_against_a_sure_ear() -> None:
    assert chosen_language({"ru": 0.6, "uk": 0.4}, expected={"uk": 100}) == ("ru", 0.6)


def test_a_language_that_nobody_expected_is_still_heard() -> None:
    assert chosen_language({"de": 0.48, "es": 0.01, "nl": 0.51 - 0.02}, expected={"es": 5})[0] == "nl"


def test_only_languages_that_are_allowed_are_chosen_and_their_shares_count() -> None:
    assert chosen_language(UNSURE, among={"es", "pt"})[0] == "es"
    assert chosen_language(UNSURE, among={"ms", "pt"}, expected={"es": 5}) == ("ms", 0.3 / 0.4)
