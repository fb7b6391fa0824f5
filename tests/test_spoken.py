"""Texts that differ only as processors make them differ are alike; others are not."""

from __future__ import annotations

import pytest

from tests.spoken import JFK, is_heard, word_error_rate


@pytest.mark.parametrize(
    "text",
    [
        "And so, my fellow Americans, ask not what your country can do for you. Ask what you can do for your country.",
        "> 💬 Who?\n> 🎙️ and so my fellow Americans ask not what your country can do for you – ask what you can do"
        " for your country\nParis is the capital of France.",
    ],
)
def test_commas_capitals_and_what_stands_around_do_not_count(text: str) -> None:
    assert is_heard(JFK, text, 0)


def test_a_word_that_is_wrong_counts() -> None:
    assert word_error_rate("это хорошо", "Это плохо.") == 0.5
    assert word_error_rate(JFK, JFK.replace("ask not", "asked not")) == pytest.approx(1 / len(JFK.split()))


@pytest.mark.parametrize("text", ["", "...", "Paris is the capital of France.", "And so, my fellow Americans"])
def test_what_was_not_said_is_not_heard(text: str) -> None:
    assert not is_heard(JFK, text)
