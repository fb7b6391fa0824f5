"""Examples as the tokens that a model learns."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
    """One example."""

    tokens: tuple[int, ...]
    asked: int
    """How many of them come before the answer, which alone is learnt."""


def read_rows(path: Path, tokenizer: Any, instruction: str) -> list[Row]:
    """The examples of a JSONL file in the chat format whose tokens are at most ``MOST_TOKENS``."""
    rows = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        messages = [{"role": each["role"], "content": each["content"]} for each in json.loads(line)["messages"]]
        if messages[0]["role"] != "system":
            messages.insert(0, {"role": "system", "content": instruction})
        asked = _tokens(tokenizer, messages[:-1], add_generation_prompt=True)
        whole = _tokens(tokenizer, messages, add_generation_prompt=False)
        if len(whole) <= MOST_TOKENS:
            rows.append(Row(tuple(whole), len(asked)))
    return rows


def batch_of(rows: Sequence[Row], padding: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
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
    return tokens, mask, labels


def _tokens(tokenizer: Any, messages: Sequence[dict[str, str]], *, add_generation_prompt: bool) -> list[int]:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
    # The template ends what is said with a line break, which nobody waits for after an answer.
    return list(tokenizer(text if add_generation_prompt else text.rstrip("\n"), add_special_tokens=False)["input_ids"])
