"""What training minimises: the losses for answers, for preferences, and for preserving behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import torch
from torch.nn import functional

from bot.training.local.base_model import BaseModel
from bot.training.local.rows import QuestionRows, TokenizedExample, TokenizedPair, read_pairs, read_questions
from bot.training.local.token_tree import trees_of

BETA = 0.1
"""How strongly preference training holds on to the model it starts from, as in Rafailov et al., Direct Preference
Optimization, 2023, section 6."""

T = TypeVar("T")


class Objective(Protocol, Generic[T]):
    """How one kind of example is learnt."""

    def read(self, path: Path) -> list[T]:
        """The examples in a file."""
        ...

    def begin(self, examples: Sequence[T]) -> None:
        """Called once, with all examples, before the model has learnt from any."""
        ...

    def loss(self, examples: Sequence[T], epoch: int) -> torch.Tensor:
        """The loss, a scalar: per token of the answers, or per pair. ``epoch``: how often they were learnt before."""
        ...


class AnswerObjective(Objective[QuestionRows]):
    """To give the answers: the cross entropy per answer token. Half of the questions are asked in fewer words, the
    others as they were given."""

    def __init__(self, base: BaseModel, instruction: str, epochs: int, seed: int) -> None:
        self._base = base
        self._instruction = instruction
        self._ways = 1 + epochs // 2
        self._seed = seed

    def read(self, path: Path) -> list[QuestionRows]:
        """See ``Objective``."""
        return read_questions(path, self._base.tokenizer, self._instruction, ways=self._ways, seed=self._seed)

    def begin(self, examples: Sequence[QuestionRows]) -> None:
        """See ``Objective``."""

    def loss(self, examples: Sequence[QuestionRows], epoch: int) -> torch.Tensor:
        """See ``Objective``."""
        shortened = (epoch + 1) // 2
        rows = [each.ways[shortened if (epoch + at) % 2 else 0] for at, each in enumerate(examples)]
        return functional.cross_entropy(*scored(self._base, rows))


class PreferenceObjective(Objective[TokenizedPair]):
    """To prefer the answer of each pair to the rejected one (DPO), without making it less likely: its cross entropy is
    added (Pang et al., Iterative Reasoning Preference Optimization, 2024)."""

    def __init__(self, base: BaseModel, instruction: str, beta: float) -> None:
        self._base = base
        self._instruction = instruction
        self._beta = beta
        self._before: dict[TokenizedPair, torch.Tensor] = {}

    def read(self, path: Path) -> list[TokenizedPair]:
        """See ``Objective``."""
        return read_pairs(path, self._base.tokenizer, self._instruction)

    def begin(self, examples: Sequence[TokenizedPair]) -> None:
        """See ``Objective``."""
        with torch.no_grad():
            self._before |= {pair: self._margins([pair])[0][0] for pair in examples}

    def loss(self, examples: Sequence[TokenizedPair], epoch: int) -> torch.Tensor:
        """See ``Objective``."""
        margins, said = self._margins(examples)
        before = torch.stack([self._before[pair] for pair in examples])
        return -functional.logsigmoid(self._beta * (margins - before)).mean() + said

    def _margins(self, pairs: Sequence[TokenizedPair]) -> tuple[torch.Tensor, torch.Tensor]:
        """How much likelier each preferred answer is than the rejected one, in nats, (pairs,); and the mean cross
        entropy of the preferred answers' tokens."""
        rows = [*(pair.preferred for pair in pairs), *(pair.rejected for pair in pairs)]
        logits, wanted = scored(self._base, rows)
        lost = functional.cross_entropy(logits, wanted, reduction="none")
        lengths = [len(row.tokens) - row.asked for row in rows]
        sums = torch.stack([part.sum() for part in torch.split(lost, lengths)])
        preferred, rejected = sums.chunk(2)
        return rejected - preferred, lost[: sum(lengths[: len(pairs)])].mean()


class BehaviourPreservation:
    """To answer everything else as before: the divergence from the model without its adapter, on everyday talk (Li and
    Hoiem, Learning without Forgetting, 2016)."""

    def __init__(self, base: BaseModel) -> None:
        self._base = base

    def loss(self, rows: Sequence[TokenizedExample]) -> torch.Tensor:
        """The divergence per answer token, in nats."""
        with torch.no_grad(), self._base.model.disable_adapter():
            before, _wanted = scored(self._base, rows)
        now, _wanted = scored(self._base, rows)
        return functional.kl_div(
            functional.log_softmax(now, -1), functional.log_softmax(before, -1), log_target=True, reduction="batchmean"
        )


def scored(base: BaseModel, rows: Sequence[TokenizedExample]) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits of the answers in ``rows``, row after row, (answers' tokens, vocabulary), and those tokens."""
    causal, logits, wanted = base.model.get_base_model(), [], []
    is_shorter = base.product_type != torch.float32
    with torch.autocast(base.device.type, dtype=base.product_type if is_shorter else None, enabled=is_shorter):
        for tree in trees_of(rows, base.device):
            gone_through = causal.model(
                input_ids=tree.tokens, position_ids=tree.positions, attention_mask=tree.seen, use_cache=False
            )
            # The output layer is the largest matrix of all; only positions that are learnt go through it.
            logits.append(causal.lm_head(gone_through.last_hidden_state[0, tree.before]).float())
            wanted.append(tree.wanted)
    return torch.cat(logits), torch.cat(wanted)
