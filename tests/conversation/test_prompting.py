"""What the model is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.chat_message import ChatMessage
from bot.conversation.prompting import InstructionMissingError, build_prompt, read_instruction
from bot.conversation.tokens import count_tokens, first_tokens
from tests.storage.test_stores import NOW

ROOM = 2000


def test_the_model_knows_who_speaks_where_and_when() -> None:
    prompt = build_prompt(
        "Be kind.", [], ChatMessage("user", "Hello?", "Аня"), guild_name="Garden", now=NOW, room_tokens=ROOM
    )
    assert prompt.messages[0].role == "system"
    assert "Be kind." in prompt.messages[0].text
    assert "Аня" in prompt.messages[0].text
    assert "Garden" in prompt.messages[0].text
    assert "23 November 2026" in prompt.messages[0].text
    assert prompt.messages[-1].text == "Hello?"
    assert not prompt.history_cut
    assert not prompt.question_cut


def test_a_small_model_is_told_little() -> None:
    instruction = read_instruction(None, brief=True)
    prompt = build_prompt(
        instruction,
        [],
        ChatMessage("user", "Hello?", "Аня"),
        guild_name="Garden",
        now=NOW,
        room_tokens=ROOM,
        brief=True,
    )
    assert [message.text for message in prompt.messages] == [instruction, "Hello?"]
    assert len(instruction) < 100


def test_what_was_said_before_comes_in_its_order_and_the_oldest_is_cut_first() -> None:
    history = [
        message
        for n in range(10)
        for message in (ChatMessage("user", f"question {n}", "A"), ChatMessage("assistant", "long " * 100))
    ]
    now = datetime.now(UTC)
    prompt = build_prompt("", history, ChatMessage("user", "And now?", "A"), guild_name=None, now=now, room_tokens=600)
    questions = [message.text for message in prompt.messages if message.role == "user"]
    assert questions[-1] == "And now?"
    assert questions[:-1] == [f"question {n}" for n in range(10 - len(questions) + 1, 10)]
    assert len(questions) == 6
    assert prompt.history_cut
    assert not prompt.question_cut
    assert prompt.tokens <= 600


@given(
    st.lists(st.tuples(st.sampled_from(["Ada", "Борис"]), st.text(max_size=60)), max_size=12),
    st.text(min_size=1, max_size=2000),
    st.integers(300, 900),
)
def test_a_prompt_takes_no_more_room_than_it_has(said: list[tuple[str, str]], text: str, room: int) -> None:
    history = [
        message
        for name, words in said
        for message in (ChatMessage("user", words, name), ChatMessage("assistant", f"I see, {name}."))
    ]
    prompt = build_prompt(
        "Be kind.", history, ChatMessage("user", text, "Ada"), guild_name="G", now=NOW, room_tokens=room
    )
    assert prompt.tokens <= room
    assert prompt.history_cut == (len(prompt.messages) - 2 < len(history))
    asked = prompt.messages[-1].text.removeprefix("Ada: ") if not text.startswith("Ada: ") else prompt.messages[-1].text
    assert prompt.question_cut == (not asked.endswith(text))


def test_of_a_long_question_the_beginning_is_shown_and_nothing_before_it() -> None:
    history = [ChatMessage("user", "Earlier.", "A"), ChatMessage("assistant", "Yes.")]
    text = "слово " * 1000
    prompt = build_prompt("", history, ChatMessage("user", text, "A"), guild_name=None, now=NOW, room_tokens=200)
    assert prompt.question_cut
    assert prompt.history_cut
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert text.startswith(prompt.messages[1].text)
    assert 190 <= prompt.tokens <= 200


def test_an_instruction_without_end_leaves_something_of_the_question() -> None:
    prompt = build_prompt(
        "be kind " * 900, [], ChatMessage("user", "why " * 900, "A"), guild_name=None, now=NOW, room_tokens=200
    )
    assert count_tokens(prompt.messages[-1].text) == 64
    assert prompt.instruction_cut
    assert prompt.messages[0].text.startswith("be kind be kind")
    assert "Today is" in prompt.messages[0].text
    assert prompt.tokens <= 200


def test_an_instruction_gives_way_to_a_short_question_by_no_more_than_it_takes() -> None:
    prompt = build_prompt(
        "be kind " * 900, [], ChatMessage("user", "Why?", "A"), guild_name=None, now=NOW, room_tokens=200, brief=True
    )
    assert prompt.messages[-1].text == "Why?"
    assert not prompt.question_cut
    assert 195 <= prompt.tokens <= 200


def test_tokens_are_counted_as_o200k_has_them() -> None:
    assert count_tokens("") == 0
    assert count_tokens("hello world") == 2
    assert count_tokens("Привет, мир! 🐦") == 8
    assert count_tokens("<|endoftext|>") == 7
    assert count_tokens("\ud800") == 1
    assert count_tokens("word " * 300_000) >= 300_000


@given(st.text(max_size=300), st.integers(-1, 100))
def test_a_text_is_cut_to_its_first_tokens(text: str, tokens: int) -> None:
    first = first_tokens(text, tokens)
    assert text.startswith(first)
    assert count_tokens(first) <= max(tokens, 0)
    assert first == text or count_tokens(text[: len(first) + 1]) > tokens or count_tokens(text) > tokens


def test_several_people_are_told_apart_by_name() -> None:
    history = [
        ChatMessage("user", "I like tea.", "Ada"),
        ChatMessage("assistant", "Noted."),
        ChatMessage("user", "I like coffee.", "Борис"),
    ]
    prompt = build_prompt(
        "Be kind.",
        history,
        ChatMessage("user", "Who likes what?", "Ada"),
        guild_name="Garden",
        now=NOW,
        room_tokens=ROOM,
    )
    assert [message.text for message in prompt.messages[1:]] == [
        "Ada: I like tea.",
        "Noted.",
        "Борис: I like coffee.",
        "Ada: Who likes what?",
    ]
    assert "begins with a name" in prompt.messages[0].text
    alone = build_prompt(
        "Be kind.", history[:2], ChatMessage("user", "And I?", "Ada"), guild_name="Garden", now=NOW, room_tokens=ROOM
    )
    assert [message.text for message in alone.messages[1:]] == ["I like tea.", "Noted.", "And I?"]


def test_the_instruction_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "instruction.txt"
    file.write_bytes("\ufeffОтвечай стихами.\n".encode())
    assert read_instruction(file) == "Отвечай стихами."
    assert "Starling" in read_instruction(None)
    with pytest.raises(InstructionMissingError, match=r"nowhere\.txt"):
        read_instruction(tmp_path / "nowhere.txt")
