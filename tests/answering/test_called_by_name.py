"""Notes that begin with Starling's name, in the spellings that recognizers produce."""

from __future__ import annotations

import pytest

from bot.answering.called_by_name import is_called


@pytest.mark.parametrize(
    "heard",
    [
        "Starling, what is it?", "Hey Starling what is it", "Star Link, what?", "Старлинг, сколько времени?",
        "Привет, Стерлинг, как дела?", "Sterling, hi.", "スターリング、こんにちは", "Good morning, Starling.",
        "Джарвис, привет", "Oh Jarvis what now", "Um, Starling, what is it?", "Hey there Starling, hi",
        "А Старлинг, скажи", "Скажи, Старлинг, который час?",
    ],
)  # fmt: skip
def test_a_name_is_known_in_any_spelling(heard: str) -> None:
    assert is_called(heard, ["Jarvis"])


@pytest.mark.parametrize(
    "heard",
    [
        "Starting tomorrow we go.", "What is a starling?", "I saw Starling", "The starling sings", "Darling, come",
        "Yesterday, I went home.", "Завтра старт, готовьтесь", "", "Jarvis, hello", "Start!",
    ],
)  # fmt: skip
def test_what_only_speaks_of_something_alike_is_not_for_us(heard: str) -> None:
    assert not is_called(heard)
