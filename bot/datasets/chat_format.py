"""Reads and writes OpenAI's training data formats: chat and preference.

https://platform.openai.com/docs/guides/supervised-fine-tuning and
https://platform.openai.com/docs/guides/direct-preference-optimization.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.datasets.example import MAX_TURNS, Example, Turn
from bot.datasets.example_text import ExampleOrigin, required
from bot.datasets.problems import Problem
from bot.errors import translatable as _
from bot.storage.file_names import shown

NO_MESSAGES = _("{what} must be a list of messages, and not empty.")
TOO_MANY_MESSAGES = _("There are {count} messages, and at most {limit} are taken.")
NOT_A_MESSAGE = _("Message {number} must be an object with role and content.")
BAD_ROLE = _("Message {number} has the role {role}; it must be system, user or assistant.")
LATE_SYSTEM = _("Message {number} is a system message; there may be one, and it must be the first.")
NOTHING_ASKED = _("Message {number} is an assistant message, but no user message stands right before it.")
NOT_ONLY_TEXT = _("Message {number} holds more than text (an image, a sound or a call of a tool).")
BAD_WEIGHT = _("Message {number} has a weight that is neither 0 nor 1.")
NO_ANSWER = _("The last message must be the assistant's.")
NO_QUESTION = _("The last message of input must be the user's.")
ALL_IGNORED = _("Every assistant message has the weight 0, so there is nothing to learn.")
ONE_OUTPUT = _("{what} must be a list of exactly one assistant message.")

_SYSTEM = ("system", "developer")


def from_messages(record: Mapping[str, Any], origin: ExampleOrigin) -> list[Example]:
    """The examples in ``{"messages": [...]}``: one for each assistant message whose weight is not 0.

    The user message right before it is the prompt, and the messages before that are its earlier turns.

    Raises:
        Problem: ``record`` is not in the format.
    """
    system, turns, weights = _conversation(record.get("messages"), "messages")
    if not turns or turns[-1].role != "assistant":
        raise Problem(NO_ANSWER)
    found = [
        origin.example(turns[at - 1].text, turn.text, system=system, turns=tuple(turns[: at - 1]))
        for at, turn in enumerate(turns)
        if turn.role == "assistant" and weights[at]
    ]
    if not found:
        raise Problem(ALL_IGNORED)
    return found


def from_preference(record: Mapping[str, Any], origin: ExampleOrigin) -> Example:
    """The pair in ``{"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}``.

    Raises:
        Problem: ``record`` is not in the format.
    """
    given = record.get("input")
    system, turns, _weights = _conversation(given.get("messages") if isinstance(given, dict) else None, "input")
    if not turns or turns[-1].role != "user":
        raise Problem(NO_QUESTION)
    answer = _output(record.get("preferred_output"), "preferred_output")
    rejected = _output(record.get("non_preferred_output"), "non_preferred_output")
    return origin.example(turns[-1].text, answer, rejected, system=system, turns=tuple(turns[:-1]))


def chat_record(example: Example) -> dict[str, Any]:
    """``example``, which must have an answer, in the chat format; earlier assistant messages get the weight 0, so that
    only the answer is learnt."""
    earlier = [
        {"role": turn.role, "content": turn.text, **({"weight": 0} if turn.role == "assistant" else {})}
        for turn in example.turns
    ]
    asked = {"role": "user", "content": example.prompt}
    return {"messages": [*_system(example), *earlier, asked, {"role": "assistant", "content": example.answer}]}


def preference_record(example: Example) -> dict[str, Any]:
    """``example``, which must be a pair, in the preference format."""
    earlier = [{"role": turn.role, "content": turn.text} for turn in example.turns]
    return {
        "input": {"messages": [*_system(example), *earlier, {"role": "user", "content": example.prompt}]},
        "preferred_output": [{"role": "assistant", "content": example.answer}],
        "non_preferred_output": [{"role": "assistant", "content": example.rejected}],
    }


def json_lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    """``records`` as JSONL, in UTF-8."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def _system(example: Example) -> list[dict[str, str]]:
    return [] if example.system is None else [{"role": "system", "content": example.system}]


def _conversation(messages: object, what: str) -> tuple[str | None, list[Turn], list[bool]]:
    """The system text, the turns, and for each turn whether it is to be learnt."""
    if not isinstance(messages, list) or not messages:
        raise Problem(NO_MESSAGES, what=shown(what))
    if len(messages) > MAX_TURNS:
        raise Problem(TOO_MANY_MESSAGES, count=len(messages), limit=MAX_TURNS)
    system, turns, weights = None, list[Turn](), list[bool]()
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict) or "role" not in message:
            raise Problem(NOT_A_MESSAGE, number=number)
        role = message["role"]
        if role in _SYSTEM:
            if number > 1:
                raise Problem(LATE_SYSTEM, number=number)
            system = _content(message, number)
        elif role == "user":
            turns.append(Turn("user", _content(message, number)))
            weights.append(False)
        elif role == "assistant":
            if not turns or turns[-1].role != "user":
                raise Problem(NOTHING_ASKED, number=number)
            turns.append(Turn("assistant", _content(message, number)))
            weights.append(_weight(message, number))
        else:
            raise Problem(BAD_ROLE, number=number, role=shown(str(role), 40))
    return system, turns, weights


def _content(message: Mapping[str, Any], number: int) -> str:
    content = message.get("content")
    if message.get("tool_calls") or message.get("function_call"):
        raise Problem(NOT_ONLY_TEXT, number=number)
    if isinstance(content, list):
        content = _joined_parts(content, number)
    return required(content, f"messages[{number}].content")


def _joined_parts(parts: Sequence[object], number: int) -> str:
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    if len(texts) < len(parts) or not all(isinstance(text, str) for text in texts):
        raise Problem(NOT_ONLY_TEXT, number=number)
    return "".join(map(str, texts))


def _weight(message: Mapping[str, Any], number: int) -> bool:
    weight = message.get("weight", 1)
    if weight is None:
        return True
    if isinstance(weight, bool) or weight not in (0, 1):
        raise Problem(BAD_WEIGHT, number=number)
    return bool(weight)


def _output(messages: object, what: str) -> str:
    if not isinstance(messages, list) or len(messages) != 1:
        raise Problem(ONE_OUTPUT, what=shown(what))
    [message] = messages
    if not isinstance(message, dict) or message.get("role") != "assistant":
        raise Problem(ONE_OUTPUT, what=shown(what))
    return _content(message, 1)
