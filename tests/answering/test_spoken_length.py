"""How much of a long answer is spoken."""

from __future__ import annotations

from bot.answering.speaking import LONG_CHARS, beginning_of, end_of_beginning

SENTENCE = "All work and no play makes a dull bird. "


def test_of_a_long_answer_whole_sentences_are_spoken_and_that_the_rest_is_written() -> None:
    spoken = beginning_of(SENTENCE * 100, "en")
    assert LONG_CHARS < len(spoken) < LONG_CHARS + 2 * len(SENTENCE) + 30
    assert spoken.endswith("dull bird.\n\nThe rest is written.")
    assert beginning_of(SENTENCE * 100, "ru").endswith("Остальное написано.")
    assert beginning_of(SENTENCE * 100, "fi").endswith("dull bird.")


def test_a_short_answer_and_one_without_a_rest_are_spoken_whole() -> None:
    for text in (SENTENCE * 3, "word " * 400, SENTENCE * (LONG_CHARS // len(SENTENCE)) + "And that is the very end."):
        assert beginning_of(text, "en") == text


def test_no_answer_ends_within_code() -> None:
    text = SENTENCE * 16 + "```py\n" + "print(1). \n" * 50 + "```\nThat was it. And more."
    end = end_of_beginning(text)
    assert end is not None and text[:end].count("```") % 2 == 0
