"""What the model is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.prompting import InstructionMissingError, build_prompt, read_instruction
from bot.conversation.reasoning import ReasoningFilter
from bot.conversation.turns import Turn
from tests.storage.test_stores import NOW


def test_the_model_knows_who_speaks_where_and_when() -> None:
    prompt = build_prompt("Be kind.", [], "Hello?", speaker_name="Аня", guild_name="Garden", now=NOW)
    assert prompt.turns[0].role == "system"
    assert "Be kind." in prompt.turns[0].text
    assert "Аня" in prompt.turns[0].text
    assert "Garden" in prompt.turns[0].text
    assert "23 November 2026" in prompt.turns[0].text
    assert prompt.turns[-1] == Turn("user", "Hello?")
    assert not prompt.cut


def test_a_small_model_is_told_little() -> None:
    instruction = read_instruction(None, brief=True)
    prompt = build_prompt(instruction, [], "Hello?", speaker_name="Аня", guild_name="Garden", now=NOW, brief=True)
    assert [turn.text for turn in prompt.turns] == [instruction, "Hello?"]
    assert len(instruction) < 100


def test_what_was_said_before_comes_in_its_order_and_the_oldest_is_cut_first() -> None:
    history = [
        turn for n in range(10) for turn in (Turn("user", f"question {n}", "A"), Turn("assistant", "long " * 100))
    ]
    prompt = build_prompt("", history, "And now?", speaker_name="A", guild_name=None, now=datetime.now(UTC))
    questions = [turn.text for turn in prompt.turns if turn.role == "user"]
    assert questions[-1] == "And now?"
    assert questions[:-1] == [f"question {n}" for n in range(10 - len(questions) + 1, 10)]
    assert 3 <= len(questions) < 10
    assert prompt.cut


def test_several_people_are_told_apart_by_name() -> None:
    history = [Turn("user", "I like tea.", "Ada"), Turn("assistant", "Noted."), Turn("user", "I like coffee.", "Борис")]
    prompt = build_prompt("Be kind.", history, "Who likes what?", speaker_name="Ada", guild_name="Garden", now=NOW)
    assert [turn.text for turn in prompt.turns[1:]] == [
        "Ada: I like tea.",
        "Noted.",
        "Борис: I like coffee.",
        "Ada: Who likes what?",
    ]
    assert "begins with a name" in prompt.turns[0].text
    alone = build_prompt("Be kind.", history[:2], "And I?", speaker_name="Ada", guild_name="Garden", now=NOW)
    assert [turn.text for turn in alone.turns[1:]] == ["I like tea.", "Noted.", "And I?"]


def test_the_instruction_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "instruction.txt"
    file.write_bytes("\ufeffОтвечай стихами.\n".encode())
    assert read_instruction(file) == "Отвечай стихами."
    assert "Starling" in read_instruction(None)
    with pytest.raises(InstructionMissingError, match=r"nowhere\.txt"):
        read_instruction(tmp_path / "nowhere.txt")


@given(st.lists(st.text(alphabet="<think>/ ab", max_size=6), max_size=12))
def test_reasoning_is_left_out_wherever_the_stream_is_cut(parts: list[str]) -> None:
    in_parts, at_once = ReasoningFilter(), ReasoningFilter()
    shown = "".join([*(in_parts.feed(part) for part in parts), in_parts.end()])
    assert shown == at_once.feed("".join(parts)) + at_once.end()
    assert "<think>" not in shown
