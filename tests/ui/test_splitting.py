"""Long answers are split into several messages that read well."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.splitting import split


def test_a_short_answer_stays_one_message() -> None:
    assert split("Hello there.") == ["Hello there."]


def test_nothing_becomes_no_message() -> None:
    assert split("  \n ") == []


def test_words_are_kept_whole() -> None:
    words = [f"word{n}" for n in range(1000)]
    pieces = split(" ".join(words))
    assert max(map(len, pieces)) <= 2000
    assert " ".join(pieces).split() == words


def test_sentences_are_preferred_to_words() -> None:
    pieces = split("One two three four. " * 150)
    assert all(piece.endswith(".") for piece in pieces)


def test_a_code_block_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"print({n})" for n in range(400))
    pieces = split(f"Look:\n```python\n{code}\n```\nThat is all.")
    assert len(pieces) > 2
    for piece in pieces:
        assert piece.count("```") % 2 == 0
    assert pieces[1].startswith("```python\n")
    lines = [line for piece in pieces for line in piece.splitlines() if line.startswith("print")]
    assert lines == code.splitlines()


def test_indentation_of_code_survives_a_cut() -> None:
    code = "\n".join(f"    indented_{n} = {n}" for n in range(300))
    pieces = split(f"```python\n{code}\n```")
    lines = [line for piece in pieces for line in piece.splitlines() if "indented" in line]
    assert lines == code.splitlines()


def test_a_word_longer_than_a_message_is_cut() -> None:
    assert "".join(split("x" * 5000)) == "x" * 5000


@pytest.mark.parametrize(
    ("before", "prefix", "after"),
    [
        ("1. First:", "   ", "2. Second."),
        ("- Deeper:\n    - Here:", "      ", "- Next."),
        ("> Quoted:", "> ", "Unquoted."),
        ("- > Both:", "  > ", "End."),
    ],
)
def test_code_in_lists_and_quotes_is_whole_in_each_piece(before: str, prefix: str, after: str) -> None:
    code = [f"{prefix}    line({n})" for n in range(300)]
    pieces = split("\n".join([before, f"{prefix}```python", *code, f"{prefix}```", after]))
    assert len(pieces) > 2
    for piece in pieces:
        fences = [line for line in piece.splitlines() if "```" in line]
        assert fences == [f"{prefix}```python", f"{prefix}```"]
    assert [line for piece in pieces for line in piece.splitlines() if "line(" in line] == code
    assert pieces[-1].endswith(after)


def test_code_behind_the_mark_of_a_list_is_opened_again_below_it() -> None:
    code = [f"  line({n})" for n in range(300)]
    pieces = split("\n".join(["- ```js", *code, "  ```"]))
    assert all(piece.startswith("  ```js\n") and piece.endswith("\n  ```") for piece in pieces[1:])


def test_a_list_is_cut_where_the_next_message_begins_without_spaces() -> None:
    items = "\n".join(f"- Item {n}\n    - nested {n}\n    - nested again" for n in range(100))
    pieces = split(items)
    assert all(piece.startswith("- Item") for piece in pieces)
    assert "\n".join(pieces) == items


@pytest.mark.parametrize("sign", ["👨‍👩‍👧‍👦", "🇫🇷", "é̂", "🏳️‍🌈", "நி"])
def test_no_cut_goes_through_a_sign_that_people_see(sign: str) -> None:
    for limit in range(64, 64 + len(sign)):
        pieces = split(sign * 100, limit)
        assert "".join(pieces) == sign * 100
        assert all(piece == sign * (len(piece) // len(sign)) for piece in pieces)


@given(st.text(alphabet="ab \n`.я🙂", max_size=900), st.integers(64, 200))
def test_every_piece_fits_and_nothing_but_blanks_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    kept = re.sub(r"[\s`]", "", "".join(pieces))
    assert kept.startswith(re.sub(r"[\s`]", "", text)[:5])
    for letter in "abя🙂.":
        assert "".join(pieces).count(letter) >= text.count(letter)


@given(st.text(alphabet="ab \n.", max_size=600), st.text(alphabet="ab \n.", max_size=300))
def test_messages_already_shown_do_not_change_when_the_answer_grows(text: str, more: str) -> None:
    before, after = split(text, 100), split(text + more, 100)
    assert after[: max(0, len(before) - 1)] == before[: max(0, len(before) - 1)]
