"""The reasoning of reasoning models is not shown, and nothing else is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.reasoning import ReasoningFilter

HARMONY = (
    "<|channel|>analysis<|message|>Which city?<|end|><|start|>assistant<|channel|>final<|message|>Paris.<|return|>"
)


def _shown(parts: list[str], *, is_thinking: bool = False, is_whole: bool = True) -> str:
    """The text that people read in the end: parts that turn out to have been reasoning are retracted."""
    chosen = ReasoningFilter(is_thinking=is_thinking)
    shown = ""
    for part in parts:
        was_unopened, fresh = chosen.was_unopened, chosen.feed(part)
        shown = fresh if chosen.was_unopened and not was_unopened else shown + fresh
    return shown + chosen.end(is_whole=is_whole)


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("<think>It is Paris.</think>Paris.", "Paris."),
        ("\n<think>\nA</think>\n\n<think>B</think>Paris.", "Paris."),
        ("<thinking>It is.</thinking>Paris.", "Paris."),
        ("<thought>It is.</thought>Paris.", "Paris."),
        ("<Reasoning>It is.</reasoning>Paris.", "Paris."),
        ("[THINK]It is.[/THINK]Paris.", "Paris."),
        ("◁think▷It is.◁/think▷Paris.", "Paris."),
        (HARMONY, "Paris."),
        ("<|start|>assistant<|channel|>final<|message|>Paris.", "Paris."),
        ("analysisWhich city?assistantfinalParis.", "Paris."),
        ("Okay, the user wants a city.\n</think>\n\nParis.", "Paris."),
        ("It is Paris.</think>Paris.", "Paris."),
        ("So the answer is Paris</think>\n\nParis.", "Paris."),
        ("- city: Paris\n- country: France</think>Paris.", "Paris."),
        ("<think>Hm.</think></think>\nParis.", "Paris."),
        ("<reasoning_content>Hm.</reasoning_content>Paris.", "Paris."),
        ("Thinking...\nHm.\n...done thinking.\n\nParis.", "Paris."),
        ("assistantanalysisHm.assistantfinalParis.", "Paris."),
        ("analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Paris.", "Paris."),
    ],
)
@pytest.mark.parametrize("width", [1, 2, 5, 1000])
def test_reasoning_in_its_usual_dresses_is_not_shown(reply: str, shown: str, width: int) -> None:
    parts = [reply[at : at + width] for at in range(0, len(reply), width)]
    assert _shown(parts).strip() == shown


@pytest.mark.parametrize(
    "reply",
    [
        "In HTML, <think> is no element, and </think> closes nothing.",
        "Write `</think>` at the end.\nThen go on.",
        "```xml\n<think>\n</think>\n```\nThat is all.",
        "analysis of data takes time",
        "a < b and [THINK] is a mark of Mistral's",
        "<|channel|> is a mark of gpt-oss",
        "Models write: <think>a thought.</think>\nand then the answer.",
        "Close it with </think>\nThen go on.",
        "<think> tags open it.\n\nIt ends with </think> and a blank line.",
        "final words",
        "<t",
    ],
)
@pytest.mark.parametrize("width", [1, 3, 1000])
def test_marks_in_prose_and_code_are_text(reply: str, width: int) -> None:
    assert _shown([reply[at : at + width] for at in range(0, len(reply), width)]) == reply


def test_a_model_that_is_known_to_think_first_shows_nothing_of_it() -> None:
    thoughtful = ReasoningFilter(is_thinking=True)
    assert thoughtful.feed("The user wants ") == ""
    assert thoughtful.feed("a city.</think>Paris.") == "Paris."


def test_a_model_that_does_not_think_this_time_is_heard() -> None:
    assert _shown(["Paris", " of course."], is_thinking=True) == "Paris of course."
    assert _shown(["Paris", " of course."], is_thinking=True, is_whole=False) == ""


def test_reasoning_without_an_end_is_not_an_answer() -> None:
    assert _shown(["<think>never", " ends"]) == ""


MARKS = ("<think>", "</think>", "<th", "ink>", "[THINK]", "<|channel|>", "<|message|>", "<|end|>", "analysis", "final")
TEXT = ("a. ", "B", "\n", "`", "```\n", " ")


@given(st.lists(st.sampled_from([*MARKS, *TEXT]), max_size=14))
def test_where_the_stream_is_cut_makes_no_difference(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert _shown(pieces) == _shown([whole]) == _shown(list(whole))
