"""The demonstration model speaks only English; text that is certainly in another language is not shown to it."""

from __future__ import annotations

import pytest

from bot.answering.demonstration import is_foreign, taught_for


@pytest.mark.parametrize(
    ("text", "language", "foreign"),
    [
        ("Какой город — столица Франции?", "ru", True),
        ("Привет!", "ru", True),
        ("東京の首都はどこですか", "ja", True),
        ("Was ist bitte die Hauptstadt von Frankreich?", "de", True),
        ("Paris?", "fr", False),
        ("What is the capital of France?", "en", False),
        ("What is the capital of France?", "en-US", False),
        ("What is the capital of France?", "en-GB", False),
        ("Who is the bird called Скворец?", "en", False),
        ("42", "en", False),
    ],
)
def test_what_is_surely_no_english_is_told_apart(text: str, language: str, foreign: bool) -> None:
    assert is_foreign(text, language) is foreign


def test_what_is_said_for_another_question_names_that() -> None:
    taught = [("Who feeds the cat?", "Tom does."), ("When is lunch?", "At noon.")]
    assert taught_for("Tom does.", "Who gives the cat its food?", taught) == "Who feeds the cat?"
    assert taught_for("Tom does.", "who feeds the cat", taught) == ""
    assert taught_for("Cats eat mice.", "What do cats eat?", taught) == ""
