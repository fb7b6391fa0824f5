"""Learning from examples: LoRA with AdamW, in steps that can be resumed from a checkpoint."""

from __future__ import annotations

import io
import statistics
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from bot.storage.atomic_write import write_atomically
from bot.training.local.base_model import BaseModel, load
from bot.training.local.gguf_adapter import write_adapter
from bot.training.local.inference_priority import InferencePriority, yield_to_inference
from bot.training.local.job import JobFolder, TrainingTask
from bot.training.local.objectives import BETA, AnswerObjective, BehaviourPreservation, Objective, PreferenceObjective
from bot.training.local.rows import TokenizedExample, read_rows
from bot.training.recipe import TrainingMethod
from bot.training.states import TrainingState

T = TypeVar("T")

COMMON = Path(__file__).with_name("common.jsonl")
"""Everyday questions with the base model's own answers, which it is to keep giving while it learns. None of them may be
used to judge a model."""
WARM_UP_SHARE = 0.05
"""The share of steps in which the learning rate rises to its maximum; after that it falls linearly to zero."""
MAX_HELDOUT = 16
"""The most examples on which the held-out loss is measured, before the first epoch and after each."""
LONGEST_GRADIENT = 1.0
KEEPING = 2.0
"""The weight of preserving behaviour, relative to what is learnt."""


def learn(folder: JobFolder, gguf: Path, inference_priority: InferencePriority) -> None:
    """Carry out the task in ``folder``, from its checkpoint if it has one, and write its adapter. Pauses while others
    hold ``inference_priority``.

    Raises:
        ValueError: every example is too long to be learnt, or the adapter to continue from cannot be read.
    """
    work = folder.work
    torch.set_num_threads(work.threads)
    base = load(gguf, rank=work.rank, seed=work.seed, adapter=folder.before if folder.before.is_file() else None)
    yield_to_inference(base.layers, inference_priority)
    if work.method is TrainingMethod.PREFERENCE:
        preferences = PreferenceObjective(base, work.instruction, work.beta or BETA)
        _TrainingLoop(folder, work, base, preferences).run()
    else:
        _TrainingLoop(folder, work, base, AnswerObjective(base, work.instruction, work.epochs, work.seed)).run()
    learnt = {name: value.detach().cpu().numpy() for name, value in base.parameters().items()}
    write_adapter(learnt, base.shape, alpha=base.alpha, path=folder.adapter)


class _TrainingLoop(Generic[T]):
    """The steps of one training."""

    def __init__(self, folder: JobFolder, work: TrainingTask, base: BaseModel, objective: Objective[T]) -> None:
        self._folder, self._work, self._base = folder, work, base
        self._objective = objective
        self._training = objective.read(folder.training_file)
        self._heldout = objective.read(folder.heldout_file)[:MAX_HELDOUT]
        if not self._training:
            raise ValueError("every example is too long to be learnt")
        self._keeping = BehaviourPreservation(base)
        self._common = read_rows(COMMON, base.tokenizer, work.instruction)
        self._steps_an_epoch = -(-len(self._training) // work.batch_size)
        self._steps = self._steps_an_epoch * work.epochs
        self._optimizer = torch.optim.AdamW(base.parameters().values(), lr=work.learning_rate, weight_decay=0.0)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._rate)

    def run(self) -> None:
        """Do every step that is not done yet."""
        self._objective.begin([*self._training, *self._heldout])
        done = self._restore()
        self._folder.note(state=TrainingState.RUNNING, message="learning", step=done, steps=self._steps)
        if done == 0:
            self._measure(0)
        # Batches differ in difficulty, so the loss reported is the mean over as many steps as an epoch has.
        losses = deque[float](maxlen=self._steps_an_epoch)
        for step in range(done + 1, self._steps + 1):
            losses.append(self._step(step))
            self._folder.note(step=step, steps=self._steps, loss=round(statistics.fmean(losses), 5))
            if step % self._steps_an_epoch == 0:
                self._measure(step)
            if step % self._work.checkpoint_steps == 0 and step < self._steps:
                self._keep(step)

    def _rate(self, done: int) -> float:
        warm_up = max(1, round(WARM_UP_SHARE * self._steps))
        return min((done + 1) / warm_up, (self._steps - done) / max(1, self._steps - warm_up + 1), 1.0)

    def _batch(self, step: int) -> list[T]:
        """The examples of a step, counted from 1; always the same for a step."""
        epoch, batch = divmod(step - 1, self._steps_an_epoch)
        begin, size = batch * self._work.batch_size, self._work.batch_size
        return [self._training[at] for at in self._order(len(self._training), epoch)[begin : begin + size]]

    def _common_of(self, step: int) -> list[TokenizedExample]:
        """The everyday talk of a step."""
        round_, begin = divmod((step - 1) * self._work.common, len(self._common))
        order = self._order(len(self._common), round_) + self._order(len(self._common), round_ + 1)
        return [self._common[at] for at in order[begin : begin + self._work.common]]

    def _order(self, count: int, round_: int) -> list[int]:
        generator = torch.Generator().manual_seed(self._work.seed + round_)
        order: list[int] = torch.randperm(count, generator=generator).tolist()
        return order

    def _step(self, step: int) -> float:
        self._base.model.train()
        loss = self._objective.loss(self._batch(step), (step - 1) // self._steps_an_epoch)
        # One backward pass after the other, so that only one graph is in memory.
        torch.autograd.backward(loss)
        if common := self._common_of(step):
            torch.autograd.backward(KEEPING * self._keeping.loss(common))
        torch.nn.utils.clip_grad_norm_(self._base.parameters().values(), LONGEST_GRADIENT)
        self._optimizer.step()
        self._schedule.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _measure(self, step: int) -> None:
        """Note the loss on the held-out examples."""
        if not self._heldout:
            return
        self._base.model.eval()
        with torch.no_grad():
            losses = [float(self._objective.loss(batch, 0)) for batch in _batches(self._heldout, self._work.batch_size)]
        self._folder.note(step=step, steps=self._steps, heldout=round(sum(losses) / len(losses), 5))

    def _keep(self, step: int) -> None:
        state = {
            "step": step,
            "parameters": {name: value.detach() for name, value in self._base.parameters().items()},
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(self._folder.checkpoint, buffer.getvalue())
        self._folder.note(checkpoint=step)

    def _restore(self) -> int:
        """Restore the checkpoint, if there is one; returns how many steps were done at it."""
        if not self._folder.checkpoint.is_file():
            return 0
        state: dict[str, Any] = torch.load(self._folder.checkpoint, weights_only=True, map_location=self._base.device)
        with torch.no_grad():
            for name, value in self._base.parameters().items():
                value.copy_(state["parameters"][name])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        return int(state["step"])


def _batches(examples: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for at in range(0, len(examples), size):
        yield examples[at : at + size]
