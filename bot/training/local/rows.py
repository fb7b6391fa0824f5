"""Examples as the tokens from which a model learns."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.training.local.rephrasing import in_fewer_words

MAX_TOKENS = 1024
"""Of one example; longer ones are left out."""


@dataclass(frozen=True, slots=True)
class TokenizedExample:
    """One question and its answer."""

    tokens: tuple[int, ...]
    asked: int
    """How many of them come before the answer; only the answer is learnt."""


@dataclass(frozen=True, slots=True)
class QuestionRows:
    """One answer, and ways to ask for it."""

    ways: tuple[TokenizedExample, ...]
    """The first is the question as it was given; the others lack some of its words."""


@dataclass(frozen=True, slots=True)
class TokenizedPair:
    """One question with the answer to give and the one not to give."""

    preferred: TokenizedExample
    rejected: TokenizedExample


def read_rows(path: Path, tokenizer: Any, instruction: str) -> list[TokenizedExample]:
    """The examples of a JSONL file in the chat format that have at most ``MAX_TOKENS`` tokens."""
    found = (_row(record["messages"], tokenizer, instruction) for record in _records(path))
    return [row for row in found if len(row.tokens) <= MAX_TOKENS]


def read_questions(path: Path, tokenizer: Any, instruction: str, *, ways: int, seed: int) -> list[QuestionRows]:
    """The examples of a JSONL file in the chat format that have at most ``MAX_TOKENS`` tokens, each asked in ``ways``
    ways: people word the same question differently, and from one wording alone a model learns only that sentence."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    found = []
    for record in _records(path):
        *before, asked, answer = record["messages"]
        texts = [asked["content"], *(in_fewer_words(asked["content"], chance) for _way in range(ways - 1))]
        rows = [_row([*before, {**asked, "content": text}, answer], tokenizer, instruction) for text in texts]
        if len(rows[0].tokens) <= MAX_TOKENS:
            found.append(QuestionRows(tuple(row if len(row.tokens) <= MAX_TOKENS else rows[0] for row in rows)))
    return found


def read_pairs(path: Path, tokenizer: Any, instruction: str) -> list[TokenizedPair]:
    """The pairs of a JSONL file in the preference format whose rows have at most ``MAX_TOKENS`` tokens each."""
    found = []
    for record in _records(path):
        asked = record["input"]["messages"]
        preferred, rejected = (
            _row([*asked, *record[name]], tokenizer, instruction)
            for name in ("preferred_output", "non_preferred_output")
        )
        if max(len(preferred.tokens), len(rejected.tokens)) <= MAX_TOKENS:
            found.append(TokenizedPair(preferred, rejected))
    return found


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            yield json.loads(line)


def _row(given: Sequence[Mapping[str, str]], tokenizer: Any, instruction: str) -> TokenizedExample:
    messages = [{"role": each["role"], "content": each["content"]} for each in given]
    if messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": instruction})
    asked = _tokens(tokenizer, messages[:-1], add_generation_prompt=True)
    return TokenizedExample(tuple(_tokens(tokenizer, messages, add_generation_prompt=False)), len(asked))


def _tokens(tokenizer: Any, messages: Sequence[dict[str, str]], *, add_generation_prompt: bool) -> list[int]:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
    # The template ends each message with a line break, which is of no use after an answer.
    return list(tokenizer(text if add_generation_prompt else text.rstrip("\n"), add_special_tokens=False)["input_ids"])
