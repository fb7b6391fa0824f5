"""Examples as the tokens that a model learns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

MOST_TOKENS = 1024
"""Of one example; what is longer is left out."""
IGNORED = -100
"""The label of tokens that are not learnt, as torch's cross entropy has it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question and its answer."""

    tokens: tuple[int, ...]
    asked: int
    """How many of them come before the answer, which alone is learnt."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One question, what to answer, and what not."""

    preferred: Row
    rejected: Row


def read_rows(path: Path, tokenizer: Any, instruction: str) -> list[Row]:
    """The examples of a JSONL file in the chat format whose tokens are at most ``MOST_TOKENS``."""
    found = (_row(record["messages"], tokenizer, instruction) for record in _records(path))
    return [row for row in found if len(row.tokens) <= MOST_TOKENS]


def read_pairs(path: Path, tokenizer: Any, instruction: str) -> list[Pair]:
    """The same of one in the preference format."""
    found = []
    for record in _records(path):
        asked = record["input"]["messages"]
        preferred, rejected = (
            _row([*asked, *record[name]], tokenizer, instruction)
            for name in ("preferred_output", "non_preferred_output")
        )
        if max(len(preferred.tokens), len(rejected.tokens)) <= MOST_TOKENS:
            found.append(Pair(preferred, rejected))
    return found


def batch_of(
    rows: Sequence[Row], padding: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, attention mask and labels of ``rows``, each (rows, longest row)."""
    longest = max(len(row.tokens) for row in rows)
    tokens = torch.full((len(rows), longest), padding)
    labels = torch.full((len(rows), longest), IGNORED)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for at, row in enumerate(rows):
        length = len(row.tokens)
        tokens[at, :length] = torch.tensor(row.tokens)
        labels[at, row.asked : length] = torch.tensor(row.tokens[row.asked :])
        mask[at, :length] = 1
    return tokens.to(device), mask.to(device), labels.to(device)


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            yield json.loads(line)


def _row(given: Sequence[Mapping[str, str]], tokenizer: Any, instruction: str) -> Row:
    messages = [{"role": each["role"], "content": each["content"]} for each in given]
    if messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": instruction})
    asked = _tokens(tokenizer, messages[:-1], add_generation_prompt=True)
    return Row(tuple(_tokens(tokenizer, messages, add_generation_prompt=False)), len(asked))


def _tokens(tokenizer: Any, messages: Sequence[dict[str, str]], *, add_generation_prompt: bool) -> list[int]:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
    # The template ends what is said with a line break, which nobody waits for after an answer.
    return list(tokenizer(text if add_generation_prompt else text.rstrip("\n"), add_special_tokens=False)["input_ids"])
