"""Learning from examples: LoRA with AdamW, in steps that can be taken up again."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from bot.training.local.base_model import BaseModel, load
from bot.training.local.gguf_adapter import write_adapter
from bot.training.local.job import JobFolder, Work, replace_with
from bot.training.local.rows import IGNORED, Row, batch_of, read_rows

GENERAL = Path(__file__).with_name("general.jsonl")
"""Common knowledge, which is learnt along with what people have given, so that it is not forgotten over it. Nothing of
it may be used to judge a model by."""
WARM_UP_SHARE = 0.05
"""Of the steps, in which the rate rises to its full height; then it falls to zero in a straight line."""
MOST_HELDOUT = 16
"""Examples that the loss is measured on, after each epoch."""
LONGEST_GRADIENT = 1.0


def learn(folder: JobFolder, gguf: Path) -> None:
    """Train as ``folder`` says, from its checkpoint on if it has one, and write its adapter.

    Raises:
        ValueError: no example is short enough to be learnt.
    """
    work = folder.work
    torch.set_num_threads(work.threads)
    base = load(gguf, rank=work.rank, seed=work.seed)
    training = read_rows(folder.training_file, base.tokenizer, work.instruction)
    heldout = read_rows(folder.heldout_file, base.tokenizer, work.instruction)[:MOST_HELDOUT]
    if not training:
        raise ValueError("every example is too long to be learnt")
    _Course(folder, work, base, training, heldout).run()
    learnt = {name: value.detach().numpy() for name, value in base.parameters().items()}
    write_adapter(learnt, base.shape, alpha=base.alpha, path=folder.adapter)


class _Course:
    """The steps of one training."""

    def __init__(
        self, folder: JobFolder, work: Work, base: BaseModel, training: Sequence[Row], heldout: Sequence[Row]
    ) -> None:
        self._folder, self._work, self._base = folder, work, base
        self._training, self._heldout = training, heldout
        self._general = read_rows(GENERAL, base.tokenizer, work.instruction)
        self._steps_an_epoch = -(-len(training) // work.batch_size)
        self._steps = self._steps_an_epoch * work.epochs
        self._optimizer = torch.optim.AdamW(base.parameters().values(), lr=work.learning_rate, weight_decay=0.0)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._rate)

    def run(self) -> None:
        """Every step that is not done yet."""
        done = self._restore()
        self._folder.note(state="running", message="learning", step=done, steps=self._steps)
        if done == 0:
            self._measure(0)
        for step in range(done + 1, self._steps + 1):
            loss = self._step(self._rows_of(step))
            self._folder.note(step=step, steps=self._steps, loss=round(loss, 5))
            if step % self._steps_an_epoch == 0:
                self._measure(step)
            if step % self._work.checkpoint_steps == 0 and step < self._steps:
                self._keep(step)

    def _rate(self, done: int) -> float:
        warm_up = max(1, round(WARM_UP_SHARE * self._steps))
        return min((done + 1) / warm_up, (self._steps - done) / max(1, self._steps - warm_up + 1), 1.0)

    def _rows_of(self, step: int) -> list[Row]:
        """The batch of a step, from 1, with what it has of common knowledge: the same whenever it is asked for."""
        epoch, batch = divmod(step - 1, self._steps_an_epoch)
        begin, size = batch * self._work.batch_size, self._work.batch_size
        chosen = [self._training[at] for at in self._order(len(self._training), epoch)[begin : begin + size]]
        round_, begin = divmod((step - 1) * self._work.general, len(self._general))
        order = self._order(len(self._general), round_) + self._order(len(self._general), round_ + 1)
        return chosen + [self._general[at] for at in order[begin : begin + self._work.general]]

    def _order(self, count: int, round_: int) -> list[int]:
        generator = torch.Generator().manual_seed(self._work.seed + round_)
        order: list[int] = torch.randperm(count, generator=generator).tolist()
        return order

    def _step(self, rows: Sequence[Row]) -> float:
        self._base.model.train()
        loss = self._loss(rows)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._base.parameters().values(), LONGEST_GRADIENT)
        self._optimizer.step()
        self._schedule.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _measure(self, step: int) -> None:
        """Note the loss on what is held out."""
        if not self._heldout:
            return
        self._base.model.eval()
        with torch.inference_mode():
            losses = [float(self._loss(rows)) for rows in _batches(self._heldout, self._work.batch_size)]
        self._folder.note(step=step, steps=self._steps, heldout=round(sum(losses) / len(losses), 5))

    def _loss(self, rows: Sequence[Row]) -> torch.Tensor:
        """Per token of the answers."""
        tokens, mask, labels = batch_of(rows, self._base.tokenizer.pad_token_id)
        causal = self._base.model.get_base_model()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = causal.model(input_ids=tokens, attention_mask=mask).last_hidden_state[:, :-1]
            wanted = labels[:, 1:]
            is_learnt = wanted != IGNORED
            # The vocabulary is the largest matrix of all; only what is learnt goes through it.
            logits = causal.lm_head(states[is_learnt])
        return functional.cross_entropy(logits.float(), wanted[is_learnt])

    def _keep(self, step: int) -> None:
        state = {
            "step": step,
            "parameters": {name: value.detach() for name, value in self._base.parameters().items()},
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        replace_with(self._folder.checkpoint, buffer.getvalue())
        self._folder.note(checkpoint=step)

    def _restore(self) -> int:
        """Go back to the checkpoint; returns how many steps were done at it."""
        if not self._folder.checkpoint.is_file():
            return 0
        state: dict[str, Any] = torch.load(self._folder.checkpoint, weights_only=True)
        with torch.no_grad():
            for name, value in self._base.parameters().items():
                value.copy_(state["parameters"][name])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        return int(state["step"])


def _batches(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]
