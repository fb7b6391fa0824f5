"""The common beginning of several rows is processed once, with the same results."""

from __future__ import annotations

import pytest

from bot.training.local.rows import MAX_TOKENS, TokenizedExample

INSTRUCTION = tuple(range(3, 23))


def row(asked: tuple[int, ...], answer: tuple[int, ...]) -> TokenizedExample:
    begin = (*INSTRUCTION, *asked)
    return TokenizedExample((*begin, *answer), len(begin))


ROWS = (
    row((31, 32, 33), (41, 42, 43, 44)),
    row((31, 32, 33), (41, 42, 50)),
    row((31, 34), (41, 42, 43, 44)),
    row((31, 32, 33), (41, 42, 43, 44)),
)


def test_rows_score_as_each_does_alone() -> None:
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    from bot.training.local.base_model import BaseModel
    from bot.training.local.objectives import scored

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    model = get_peft_model(LlamaForCausalLM(config), LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM"))
    base = BaseModel(model, None, 2.0, torch.device("cpu"), torch.float32)
    logits, wanted = scored(base, ROWS)
    alone = []
    for each in ROWS:
        every = model(input_ids=torch.tensor([each.tokens])).logits[0]
        alone.append(every[each.asked - 1 : -1])
    assert torch.allclose(logits, torch.cat(alone), atol=1e-5)
    assert wanted.tolist() == [token for each in ROWS for token in each.tokens[each.asked :]]


def test_what_rows_begin_with_alike_stands_once_and_no_tree_outgrows_the_longest_row() -> None:
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    from bot.training.local.token_tree import trees_of

    (tree,) = trees_of(ROWS, torch.device("cpu"))
    assert tree.tokens.shape == (1, len(INSTRUCTION) + 3 + 4 + 1 + 1 + 4)
    long = [row((number,) * (MAX_TOKENS // 2), (1,)) for number in range(40, 44)]
    trees = list(trees_of(long, torch.device("cpu")))
    assert [tree.tokens.shape[1] <= MAX_TOKENS for tree in trees] == [True] * len(trees)
    assert sum(len(tree.wanted) for tree in trees) == len(long)
