"""The training process outlives the bot, never runs twice, and its death is noticed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from bot.training.errors import (
    TooFewExamplesError,
    TrainingCancelledError,
    TrainingFailedError,
    TrainingNotDoneError,
    UnknownTrainingError,
)
from bot.training.local.errors import (
    CannotTrainError,
    NothingLearntYetError,
    TrainerDiedError,
    TrainingNotInstalledError,
)
from bot.training.local.job import JobFolder
from bot.training.local.trainer import BASE, MAX_TRIES, LocalTrainer
from bot.training.recipe import Recipe, TrainingMethod
from bot.training.trainer import TrainingProgress
from bot.weights.weights import WeightsCache
from tests.training.factories import facts, training_data

DATA = training_data(facts()[:8], facts()[8:10])
RECIPE = Recipe(BASE)


class SpoiltWeights(WeightsCache):
    """Provides a file that no trainer can read."""

    def verified(self, name: str) -> Path:
        path = self.folder / f"{name}.gguf"
        path.write_bytes(b"spoilt")
        return path


@pytest.fixture
def trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalTrainer:
    """A trainer whose process starts even if the packages for training are missing."""
    monkeypatch.setattr("bot.training.local.trainer.PACKAGES", ())
    return LocalTrainer(SpoiltWeights(tmp_path), tmp_path, tmp_path / "inference-priority")


@pytest.fixture
def others_turn(tmp_path: Path) -> Iterator[FileLock]:
    """Gives another training its turn, so that this one waits."""
    with FileLock(tmp_path / ".training.lock") as turn:
        yield turn


@pytest.fixture
async def waiting(trainer: LocalTrainer, others_turn: FileLock, tmp_path: Path) -> AsyncIterator[str]:
    """A training that waits for its turn."""
    handle = await trainer.start(DATA, RECIPE, tmp_path / "job")
    yield handle
    await trainer.cancel(handle)


def _process(folder: Path) -> int:
    job = JobFolder(folder)
    assert job.runs
    return int([note["process"] for note in job.notes if "process" in note][-1])


async def _ended(trainer: LocalTrainer, handle: str) -> TrainingProgress:
    async with asyncio.timeout(100):
        while (progress := await trainer.state(handle)).state in ("queued", "running"):
            await asyncio.sleep(0.05)
    return progress


async def _kill(folder: Path) -> None:
    os.kill(_process(folder), signal.SIGKILL)
    assert await asyncio.to_thread(JobFolder(folder).wait_until_gone, 10)


async def test_it_is_nobodys_child_and_is_not_started_twice(
    trainer: LocalTrainer, waiting: str, tmp_path: Path
) -> None:
    process = _process(tmp_path / waiting)
    assert os.getsid(process) != os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, process) > os.getpriority(os.PRIO_PROCESS, 0)
    again = LocalTrainer(SpoiltWeights(tmp_path), tmp_path, tmp_path / "inference-priority")
    assert await asyncio.gather(*[again.start(DATA, RECIPE, tmp_path / "job") for _time in range(3)]) == [waiting] * 3
    assert (await again.state(waiting)).state == "queued"
    assert _process(tmp_path / waiting) == process
    for too_early in (trainer.result, trainer.tidy):
        with pytest.raises(TrainingNotDoneError):
            await too_early(waiting)


async def test_a_process_that_was_killed_is_started_again_but_not_for_ever(
    trainer: LocalTrainer, waiting: str, tmp_path: Path
) -> None:
    for _try in range(MAX_TRIES - 1):
        await _kill(tmp_path / waiting)
        assert (await trainer.state(waiting)).state == "queued"
    await _kill(tmp_path / waiting)
    progress = await trainer.state(waiting)
    assert progress.state == "failed"
    assert isinstance(progress.error, TrainerDiedError)
    assert not JobFolder(tmp_path / waiting).runs


async def test_what_is_cancelled_stays_so(trainer: LocalTrainer, waiting: str, tmp_path: Path) -> None:
    await trainer.cancel(waiting)
    assert not JobFolder(tmp_path / waiting).runs
    assert await trainer.start(DATA, RECIPE, tmp_path / "job") == waiting
    assert (await trainer.state(waiting)).state == "cancelled"
    assert not JobFolder(tmp_path / waiting).runs
    with pytest.raises(TrainingCancelledError):
        await trainer.result(waiting)
    await trainer.tidy(waiting)
    assert (await trainer.state(waiting)).state == "cancelled"


async def test_a_process_that_fails_tells_why(trainer: LocalTrainer, tmp_path: Path) -> None:
    (tmp_path / ".training.lock").mkdir()  # a folder cannot be locked, which is noticed before the model is loaded
    handle = await trainer.start(DATA, RECIPE, tmp_path / "job")
    progress = await _ended(trainer, handle)
    assert progress.state == "failed"
    assert isinstance(progress.error, TrainingFailedError)
    assert "IsADirectoryError" in str(progress.error)
    with pytest.raises(TrainingFailedError):
        await trainer.result(handle)


async def test_what_cannot_be_trained_is_not_begun(
    trainer: LocalTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "job"
    with pytest.raises(CannotTrainError, match=BASE):
        await trainer.start(DATA, Recipe("gpt-4o"), folder)
    with pytest.raises(NothingLearntYetError):
        await trainer.start(DATA, Recipe(BASE, TrainingMethod.PREFERENCE), folder)
    with pytest.raises(TooFewExamplesError):
        await trainer.start(training_data(facts()[:3]), RECIPE, folder)
    monkeypatch.setattr("bot.training.local.trainer.PACKAGES", ("a_package_that_is_not_here",))
    with pytest.raises(TrainingNotInstalledError, match=r"pip install --editable '\.\[train\]'"):
        await trainer.plan(DATA, RECIPE)
    assert not folder.exists()
    with pytest.raises(UnknownTrainingError):
        await trainer.state("job")


async def test_progress_is_read_whatever_a_dying_process_left(
    trainer: LocalTrainer, waiting: str, tmp_path: Path
) -> None:
    job = JobFolder(tmp_path / waiting)
    job.note(state="running", step=0, steps=20)
    for step in range(1, 13):
        job.note(step=step, steps=20, loss=2 / step)
    job.note(checkpoint=10)
    with (job.path / "progress.jsonl").open("a") as file:
        file.write('{"step": 13, "lo\n')
    job.note(state="running", step=10, steps=20)
    job.note(step=11, steps=20, loss=0.5)
    job.note(step=11, steps=20, heldout=0.75)
    progress = await trainer.state(waiting)
    assert (progress.state, progress.fraction) == ("running", 11 / 20)
    assert [point.step for point in progress.curve] == list(range(1, 13))
    assert (progress.curve[10].training, progress.curve[10].heldout) == (0.5, 0.75)
