"""Measures how much training and recall improve the demonstration model's answers, alone and together.

    python -m benchmarks.learning [--write docs/learning.md]

The local trainer trains on twenty English corrections of ``recall_data``; then two paraphrases of each, which were not
trained on, are asked. The model always chooses the likeliest token, so two runs differ only in their training. Needs
the extra ``train``; takes about ten minutes on one core.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.page import page_asked_for, tell
from benchmarks.recall import answered_by, made
from benchmarks.recall_cases import Case, cases_in
from bot.conversation.embedded import EmbeddedChat
from bot.datasets.dataset import Dataset, DatasetLabel
from bot.datasets.example import Example, ExampleSource, content_hash
from bot.datasets.splitting import Split
from bot.datasets.training_data import TrainingData
from bot.recall.choosing import RecallMethod
from bot.training.evaluating.general import general_questions
from bot.training.evaluating.scoring import contains
from bot.training.local.trainer import BASE, LocalTrainer
from bot.training.recipe import Recipe
from bot.training.states import ENDED
from bot.training.trainer import follow
from bot.weights.weights import WeightsCache

NOBODY = 1


def data_of(cases: list[Case]) -> TrainingData:
    """The corrections as training data, with nothing held out, since the paraphrases serve as the held-out set."""
    now = datetime.now(UTC)
    examples = [
        Example(
            case.correction.prompt,
            case.correction.answer,
            None,
            given_by=NOBODY,
            source=ExampleSource.UPLOAD,
            created_at=now,
        )
        for case in cases
    ]
    found = content_hash(example.key for example in examples)
    dataset = Dataset("bench", NOBODY, "bench", 1, NOBODY, now, now, found, DatasetLabel.POSITIVE, now, now)
    return TrainingData((dataset,), Split(tuple(examples), (), 0.5), found)


async def trained(cases: list[Case], folder: Path) -> tuple[Path, float]:
    """Train a model; returns the path of the adapter and how long the training took."""
    trainer = LocalTrainer(WeightsCache(), folder.parent, folder.parent / "right-of-way")
    began_s = time.monotonic()
    handle = await trainer.start(data_of(cases), Recipe(base=BASE), folder)
    async for progress in follow(trainer, handle, every_s=2.0):
        if progress.state in ENDED and progress.error is not None:
            raise progress.error
    result = await trainer.result(handle)
    assert result.path is not None
    return folder.parent / result.path, time.monotonic() - began_s


async def general_right(engine: EmbeddedChat, adapter: Path | None) -> int:
    """How many of the general questions are answered correctly."""
    model = engine.model(timeout_s=60, max_reply_tokens=60, adapter=adapter).steady()
    right = 0
    for case in general_questions():
        answer = await answered_by(model, case.prompt)
        right += contains(answer, case.expected or ())
    await model.close()
    return right


async def report() -> str:
    """The table for the page, in Markdown."""
    cases = cases_in("english.tsv")
    index = made(RecallMethod.MULTILINGUAL, [case.correction for case in cases])
    with tempfile.TemporaryDirectory() as folder:
        adapter, took_s = await trained(cases, Path(folder) / "training")
        engine = EmbeddedChat(WeightsCache().fetch(BASE), adapters=[adapter])
        await engine.start()
        try:
            lines = [
                "| the demonstration model | right of 40 paraphrases | right of 30 general questions |",
                "|---|---|---|",
            ]
            for name, with_adapter, recalls in (
                ("alone", False, False),
                ("trained", True, False),
                ("with recall", False, True),
                ("trained, with recall", True, True),
            ):
                chosen = adapter if with_adapter else None
                model = engine.model(timeout_s=60, max_reply_tokens=60, adapter=chosen).steady()
                right = 0
                for case in cases:
                    for text in case.paraphrases:
                        corrections = index.best(text, 3) if recalls else ()
                        right += case.is_right(await answered_by(model, text, corrections))
                await model.close()
                lines.append(f"| {name} | {right} | {await general_right(engine, chosen)} |")
        finally:
            await engine.stop()
    return "\n".join([*lines, "", f"The training took {took_s:.0f} s on one core."])


def main() -> None:
    page = page_asked_for("Measure what training and recall are worth.")
    tell(asyncio.run(report()), page)


if __name__ == "__main__":
    main()
