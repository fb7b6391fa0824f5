"""A message that is still being written is split into sentences, each emitted as soon as it is certain."""

from __future__ import annotations

import random
import time

import pytest

from audio import StreamingMarkdown, normalize_for_speech, sentences
from audio.synthesis.streaming_markdown import LONGEST_WAIT

MESSAGES = [
    "Hello **there. My** friend. It costs 3.14 dollars, e.g. in `foo. bar` so. See [Read. Now](https://a.b/c.d?e). Ok",
    "# Title\n\nOne. Two!\n\n- first\n- second. With two.\n  1. inner\n\n```py\nprint('x. Y')\n```\nAfter code.\n\nEnd",
    "| a | b |\n|---|---|\n| one | 2 |\n\nAfter the table. 5 * 3 is fine. And *so* on",
    "今日は。元気ですか？「そうだ。」はい",
    "Привет! Сегодня 5 тыс. руб. и т. д. Это А. С. Пушкин. **Вот так.** Он умер: ||Его убил. Дантес||. Всё",
    "1. First thing. It is.\n2. Second thing. Yes.\n   - Third",
    "~~~\ncode. More.\n~~~\nText with <:smile:123> and <@123>. Next.",
    "> quoted. Twice\n\n**a\nb** c. d_e_f. 2 * 3 * 4. `unclosed. Really. Yes",
]


def told(message: str, cuts: random.Random) -> list[str]:
    growing, found, start = StreamingMarkdown(), list[str](), 0
    while start < len(message):
        end = start + cuts.randint(1, 9)
        found += growing.write(message[start:end])
        start = end
    return found + growing.end()


@pytest.mark.parametrize("message", MESSAGES)
def test_however_it_is_parted_the_words_are_those_of_the_whole(message: str) -> None:
    whole = " ".join(sentences(normalize_for_speech(message))).replace(".", "").split()
    for seed in range(20):
        assert " ".join(told(message, random.Random(seed))).replace(".", "").split() == whole


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["It costs 3.", "14 dollars. ", "Really"], [[], [], ["It costs 3.14 dollars."]]),
        (["I met Dr.", " Smith. ", "He"], [[], [], ["I met Dr. Smith."]]),
        (["Done.", "\n"], [[], ["Done."]]),
        (["今日は。", "元"], [[], ["今日は。"]]),
        (["**Bold. ", "Still** bold. ", "No"], [[], [], ["Bold.", "Still bold."]]),
        (["See [One. ", "Two](https://a.b). ", "X"], [[], [], ["See One.", "Two."]]),
        (["Look:\n```\nx = 1. ", "y\n", "```\n", "So. ", "It"], [["Look:"], [], [], [], ["So."]]),
        (["| a |\n", "|---|\n", "| 1 |\n", "\n"], [[], [], [], ["a.", "1."]]),
        (["Он жил в 1990 г.", " в Москве. ", "Да"], [[], [], ["Он жил в 1990 г. в Москве."]]),
    ],
)
def test_a_sentence_is_told_when_its_end_is_certain_and_not_before(parts: list[str], expected: list[list[str]]) -> None:
    growing = StreamingMarkdown()
    assert [growing.write(part) for part in parts] == expected


@pytest.mark.parametrize("evil", ["[a. ", "**a. b ", "`a. ", "a", " a", "| a. ", "<a. ", "1. ", "||a. ", "```\nx\n"])
def test_no_message_takes_long_or_is_kept_for_ever(evil: str) -> None:
    growing, began_s = StreamingMarkdown(), time.thread_time()
    message = evil * (8000 // len(evil))
    for start in range(0, len(message), 40):
        growing.write(message[start : start + 40])
    assert len("".join(growing.end())) <= LONGEST_WAIT + 100
    assert time.thread_time() - began_s < 3
