"""Counting tokens: exactly as the encoding does, and equally fast whatever people send."""

from __future__ import annotations

import time

import pytest
from rs_bpe.bpe import openai

from bot.conversation.tokens import count_tokens, first_tokens

ENGLISH = "The starling, a bird of the family Sturnidae, imitates what it hears: 1,234 times out of 5,678.\n"
RUSSIAN = "Скворец — птица семейства скворцовых, и повторяет услышанное: 1234 раза из 5678.\n\n"
CODE = "def speak(self, words: list[str]) -> None:\n    for word in words:\n        self.say(word)\n"
UNBROKEN = ["-", "ab", "/", "我", "😀", "Ъ"]


@pytest.mark.parametrize("text", [ENGLISH * 300, RUSSIAN * 300, CODE * 300])
def test_long_texts_are_counted_as_the_encoding_does(text: str) -> None:
    exact = openai.o200k_base().count(text)
    assert count_tokens(text) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("text", [ENGLISH * 300, RUSSIAN * 300, *(unbroken * 9_000 for unbroken in UNBROKEN)])
@pytest.mark.parametrize("tokens", [0, 1, 700, 3_000])
def test_the_beginning_is_as_long_as_fits(text: str, tokens: int) -> None:
    beginning = first_tokens(text, tokens)
    assert text.startswith(beginning)
    assert count_tokens(beginning) <= tokens
    if beginning != text:
        assert count_tokens(text[: len(beginning) + 200]) > tokens


def duration_s(text: str) -> float:
    begun = time.perf_counter()
    count_tokens(text)
    first_tokens(text, 3_000)
    return time.perf_counter() - begun


@pytest.mark.parametrize("unbroken", UNBROKEN)
def test_what_has_no_spaces_takes_no_longer_than_words(unbroken: str) -> None:
    count_tokens("")  # loads the encoding
    chars = 200_000
    words = duration_s((ENGLISH * (chars // len(ENGLISH) + 1))[:chars])
    assert duration_s(unbroken * (chars // len(unbroken))) < 30 * words
