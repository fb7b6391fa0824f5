"""Trainings get from plan to end whatever happens in between: a crash, an outage, a change of mind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.datasets.dataset import DatasetLabel
from bot.datasets.slots import dataset_slots
from bot.datasets.store import DatasetStore
from bot.datasets.training_data import TrainingDatasets
from bot.storage.database import Database
from bot.storage.files import FileStore
from bot.training.errors import TooFewPairsError
from bot.training.export.trainer import ExportingTrainer
from bot.training.model_store import Model, ModelStore
from bot.training.openai.trainer import OpenAITrainer
from bot.training.recipe import TrainingMethod
from bot.training.specs import TrainingSpec, TrainingStarter
from bot.training.store import Training, TrainingStore
from bot.training.trainer import Trainer
from bot.training.trainings import Trainings
from bot.training.withdrawn import WithdrawnExamples
from tests.databases import opened_with_tables
from tests.datasets.factories import ADA, BORIS, said
from tests.training.factories import facts, pairs
from tests.training.openai.fine_tuning_server import KEY, FineTuningServer, Trouble

GUILD, CHANNEL = 11, 50
STARTER = TrainingStarter(GUILD, ADA, CHANNEL, "en-US")


class School:
    """A database with a selected dataset, a training service, and a bot's trainings, which may crash."""

    def __init__(self, database: Database, service: FineTuningServer, folder: Path) -> None:
        self.service = service
        self.database = database
        self.store, self.models = TrainingStore(database), ModelStore(database)
        self.datasets = DatasetStore(database)
        self.told: list[Training] = []
        self.candidates: list[str] = []
        self.tells = True
        self._folder = folder
        self.trainings = self.new()

    def new(self, *, follows: bool = True) -> Trainings:
        """The trainings of a newly started bot; ``follows`` is False for a process that leaves following them to
        another."""
        files = FileStore(self._folder, quota_bytes=1 << 20)
        trainers: dict[str, Trainer] = {
            "openai": OpenAITrainer(self.service.base_url, KEY),
            "export": ExportingTrainer(self._folder / "trainings"),
        }
        self.training_datasets = TrainingDatasets(self.datasets, dataset_slots())
        made = Trainings(
            self.store, self.models, self.training_datasets, files, trainers, self._folder / "trainings",
            max_per_day=10, follows=follows,
        )  # fmt: skip
        made.show_by(self._show)
        return made

    async def _show(self, training: Training, model: Model | None) -> None:
        if training.is_open:
            return
        if not self.tells:
            raise ConnectionError("Discord is away")
        self.told.append(training)
        self.candidates += [] if model is None else [model.name]

    async def restart(self) -> None:
        await self.trainings.stop()
        self.trainings = self.new()
        await self.trainings.resume()

    async def start(self, trainer: str = "openai", base: str = "small-1") -> Training:
        planned, _plan = await self.trainings.plan(STARTER, TrainingSpec(trainer, base))
        return await self.trainings.start(GUILD, planned.id, ADA)

    async def until(self, wanted: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not wanted():
                await asyncio.sleep(0.02)

    async def end(self, count: int = 1) -> Training:
        """The training that ended last, once ``count`` ends have been shown."""
        await self.until(lambda: len(self.told) >= count)
        return self.told[-1]

    async def under_way(self, training: Training) -> Training:
        """The training once the service has returned its job's id."""
        async with asyncio.timeout(30):
            while (known := await self.store.get(GUILD, training.number)).handle is None:
                await asyncio.sleep(0.02)
        return known


@pytest_asyncio.fixture
async def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[School]:
    for name in ("LOOK_EVERY_S", "QUEUE_LOOK_EVERY_S"):
        monkeypatch.setattr(f"bot.training.trainings.{name}", 0.02)
    database = await opened_with_tables(tmp_path / "starling.db")
    async with FineTuningServer() as service:
        made = School(database, service, tmp_path)
        await made.datasets.create(GUILD, "towns", ADA)
        await made.datasets.add(GUILD, "towns", facts(), ADA)
        await made.datasets.select(GUILD, "towns", DatasetLabel.POSITIVE)
        yield made
        await made.trainings.stop()
    await database.close()


async def test_a_crash_between_the_start_and_its_answer_begins_nothing_twice(school: School) -> None:
    school.service.moves = False
    # The service has created the job, but its answer is lost.
    school.service.troubles.append(Trouble("POST", "/fine_tuning/jobs", is_lost=True))
    training = await school.start()
    await school.until(lambda: school.service.jobs)
    known = await school.store.by_id(training.id)
    assert known is not None
    assert (known.state, known.handle) == ("running", None)
    await school.restart()
    school.service.moves = True
    ended = await school.end()
    assert ended.state == "succeeded"
    assert list(school.service.jobs) == [ended.handle]
    assert school.candidates == ["trained-1"]
    assert school.service.files == {}


async def test_one_that_is_cancelled_while_it_begins_is_cancelled_once_it_has_begun(school: School) -> None:
    school.service.moves = False
    school.service.troubles.append(Trouble("POST", "/fine_tuning/jobs", is_lost=True))
    training = await school.start()
    await school.until(lambda: school.service.jobs)
    asked = await school.trainings.cancel(training)
    assert asked is not None
    assert (asked.state, asked.handle, asked.is_cancelled) == ("running", None, True)
    assert (await school.end()).state == "cancelled"
    assert [job["status"] for job in school.service.jobs.values()] == ["cancelled"]
    assert await school.models.of_guild(GUILD) == []


async def test_one_that_the_service_does_not_cancel_at_once_is_cancelled_later(school: School) -> None:
    school.service.moves = False
    training = await school.under_way(await school.start())
    school.service.troubles.append(
        Trouble("POST", f"/fine_tuning/jobs/{training.handle}/cancel", 503, times=6, headers={"retry-after-ms": "1"})
    )
    await school.trainings.cancel(training)
    assert school.told == []
    assert (await school.end()).state == "cancelled"


async def test_an_outage_of_the_service_fails_no_training(school: School) -> None:
    school.service.moves = False
    training = await school.under_way(await school.start())
    school.service.troubles.append(
        Trouble("GET", f"/fine_tuning/jobs/{training.handle}", 503, times=9, headers={"retry-after-ms": "1"})
    )
    await school.until(lambda: school.service.troubles[0].times == 0)
    school.service.moves = True
    ended = await school.end()
    assert (ended.id, ended.state) == (training.id, "succeeded")


async def test_an_end_that_could_not_be_told_is_told_after_the_next_start(school: School) -> None:
    school.tells = False
    await school.start("export")
    async with asyncio.timeout(30):
        while (await school.store.get(GUILD, 1)).state != "succeeded":
            await asyncio.sleep(0.02)
    school.tells = True
    await school.restart()
    assert (await school.end()).message == "trainings/trained-1.zip"
    await school.restart()
    assert len(school.told) == 1


async def test_what_it_was_to_learn_from_is_kept_whatever_is_selected_meanwhile(school: School) -> None:
    school.service.moves = False
    await school.start()
    second = await school.start("export")
    await school.datasets.create(GUILD, "others", ADA)
    await school.datasets.add(GUILD, "others", facts()[:2], ADA)
    await school.datasets.select(GUILD, "others", DatasetLabel.POSITIVE)
    third = await school.start("export")
    await school.datasets.delete(GUILD, "others")
    school.service.moves = True
    await school.end(3)
    [exported] = [training for training in school.told if training.id == second.id]
    assert (exported.state, exported.datasets[0].name) == ("succeeded", "towns")
    [failed] = [training for training in school.told if training.id == third.id]
    assert failed.error is not None
    assert "was deleted" in str(failed.error)


async def test_a_model_tells_how_many_examples_it_has_seen_that_were_taken_back_and_is_trained_again(
    school: School,
) -> None:
    withdrawn = WithdrawnExamples(school.models, school.store, school.training_datasets)
    await school.datasets.add(GUILD, "towns", [said("Who?", "Boris.", given_by=BORIS)], BORIS)
    await school.datasets.select(GUILD, "towns", DatasetLabel.POSITIVE)
    await school.start("export")
    packed = await school.end()
    assert (await school.datasets.get(GUILD, "towns")).trained_at is None, "what was packed taught nothing"
    await school.start()
    await school.end(2)
    forgotten = await school.datasets.forget_user(BORIS)
    assert (forgotten.examples, forgotten.files) == (1, 1)
    assert [model.name for model in await withdrawn.models_of(forgotten.learned)] == ["trained-2"]
    model = await school.models.get(GUILD, "trained-2")
    assert await withdrawn.seen_by(model) == 1
    assert await withdrawn.seen_by(await school.models.get(GUILD, f"trained-{packed.number}")) == 0
    again, plan = await school.trainings.plan_again(model, STARTER)
    assert (again.trainer, again.base, again.datasets[0].id) == ("openai", "small-1", packed.datasets[0].id)
    assert plan.examples + plan.heldout == len(facts())
    await school.trainings.start(GUILD, again.id, ADA)
    await school.end(3)
    anew = await school.models.get(GUILD, "trained-3")
    assert (await withdrawn.seen_by(anew), await withdrawn.seen_by(model)) == (0, 1)
    await school.start(base="trained-2")
    await school.end(4)
    on_top = await school.models.get(GUILD, "trained-4")
    assert await withdrawn.seen_by(on_top) == 1, "it began with one that has"


async def test_preferences_are_learnt_on_top_of_a_model_that_was_trained_here(school: School) -> None:
    await school.start()
    first = await school.end()
    spec = TrainingSpec("openai", "trained-1", TrainingMethod.PREFERENCE)
    with pytest.raises(TooFewPairsError):
        await school.trainings.plan(STARTER, spec)
    await school.datasets.add(GUILD, "towns", pairs(), ADA)
    await school.datasets.select(GUILD, "towns", DatasetLabel.POSITIVE)
    planned, plan = await school.trainings.plan(STARTER, spec)
    assert plan.examples >= 10
    await school.trainings.start(GUILD, planned.id, ADA)
    ended = await school.end(2)
    assert (ended.state, ended.method, ended.base) == ("succeeded", "preference", "trained-1")
    jobs = school.service.jobs
    assert jobs[ended.handle or ""]["model"] == jobs[first.handle or ""]["fine_tuned_model"]
    assert jobs[ended.handle or ""]["method"]["type"] == "dpo"


async def test_a_guild_that_is_left_is_forgotten_and_what_runs_there_is_ended(school: School) -> None:
    school.service.moves = False
    await school.under_way(await school.start())
    await school.trainings.forget_guild(GUILD)
    assert [job["status"] for job in school.service.jobs.values()] == ["cancelled"]
    assert school.service.files == {}
    assert await school.store.of_guild(GUILD, 10) == []
    await school.restart()
    assert school.told == []


async def test_what_one_process_starts_another_follows_to_its_end_and_ends_when_told(school: School) -> None:
    school.service.moves = False
    follower = asyncio.create_task(school.trainings.follow())
    school.trainings = elsewhere = school.new(follows=False)
    first, second = await school.start(), await school.start()
    first, second = await school.under_way(first), await school.store.get(GUILD, second.number)
    assert await elsewhere.cancel(second) is not None
    assert (await school.end()).state == "cancelled"
    assert await elsewhere.cancel(first) is not None
    assert (await school.end(2)).state == "cancelled"
    school.service.moves = True
    await school.start()
    assert (await school.end(3)).state == "succeeded"
    school.service.moves = False
    await school.under_way(await school.start())
    await elsewhere.forget_guild(GUILD)
    assert [job["status"] for job in school.service.jobs.values()] == ["cancelled", "succeeded", "cancelled"]
    assert await school.store.of_guild(GUILD, 10) == []
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)
    assert [training.number for training in school.told] == [2, 1, 3, 4]
