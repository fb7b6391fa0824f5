"""No byte of what is taken back stays in the data folder: not in the database, its log, archives or exports."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zipfile import ZipFile

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from bot.app.personal_data import build_personal_data
from bot.app.stores import stores_in
from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.corrections.consents import ConsentStore
from bot.corrections.correction import CorrectedAnswer
from bot.corrections.feedback import FeedbackStore
from bot.corrections.service import CorrectionActor, Corrections
from bot.corrections.store import CorrectionStore
from bot.datasets.archives import DatasetArchives
from bot.datasets.dataset import Dataset, DatasetLabel
from bot.datasets.intake import ExampleIntake
from bot.datasets.signing import ArchiveSigner
from bot.datasets.slots import dataset_slots
from bot.datasets.store import DatasetStore
from bot.datasets.training_data import TrainingDatasets
from bot.privacy.personal_data import PersonalData
from bot.privacy.retention import delete_expired
from bot.settings import read_settings
from bot.storage.database import Database
from bot.training.evaluating.comparisons import ComparisonGoneError, ComparisonStore
from bot.training.evaluating.results import AskedFrom, AskedTextGoneError, ModelTestStore
from bot.training.export.trainer import ExportingTrainer
from bot.training.model_store import ModelKind, ModelStore, NoticedAnswer, NoticedAnswers
from bot.training.specs import TrainingSpec, TrainingStarter
from bot.training.store import TrainingStore
from bot.training.trainings import Trainings
from bot.work.job_store import JobStore
from bot.work.sealed import SealedProcesses
from tests.databases import opened_with_tables

GUILD, OTHER_GUILD = 1_300_000_000_000_000_006, 1_300_000_000_000_000_007
ADA, BORIS, QUESTION, ANSWER = 5, 6, 100, 101
SECRET = "the sparrow sleeps at noon"
NOW = datetime.now(UTC)


@dataclass
class Bot:
    """The parts of a bot that store texts, with a data folder of their own."""

    folder: Path
    database: Database
    data: PersonalData
    jobs: JobStore
    exchanges: ExchangeStore
    corrections: Corrections
    consents: ConsentStore
    feedback: FeedbackStore
    datasets: DatasetStore
    intake: ExampleIntake
    archives: DatasetArchives
    training_datasets: TrainingDatasets
    comparisons: ComparisonStore
    tests: ModelTestStore
    trainings: Trainings

    def telling(self) -> list[str]:
        """The files below the data folder that contain the secret, compressed or not."""
        return [
            str(path.relative_to(self.folder))
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and any(SECRET.encode() in content for content in _contents(path))
        ]


def _contents(path: Path) -> list[bytes]:
    if path.suffix != ".zip":
        return [path.read_bytes()]
    with ZipFile(path) as packed:
        return [packed.read(name) for name in packed.namelist()]


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    database = await opened_with_tables(tmp_path / "starling.db")
    settings, folder = read_settings(data_folder=tmp_path), tmp_path / "trainings"
    stores = stores_in(database, settings, clock=lambda: datetime.now(UTC))
    signer, slots = ArchiveSigner(tmp_path / "archive.key"), dataset_slots()
    intake = ExampleIntake(stores.datasets, stores.files, stores.uploads, signer, SealedProcesses(), slots)
    archives = DatasetArchives(stores.datasets, stores.files, stores.uploads, signer, slots)
    training_datasets = TrainingDatasets(stores.datasets, slots)
    corrections = Corrections(stores.corrections, stores.datasets, stores.preferences)
    trainings = Trainings(
        stores.trainings, stores.models, training_datasets, stores.files, {"export": ExportingTrainer(folder)},
        folder, max_per_day=9,
    )  # fmt: skip
    data = build_personal_data(stores, trainings, archives, corrections)
    yield Bot(
        tmp_path, database, data, stores.jobs, stores.exchanges, corrections, stores.consents, stores.feedback,
        stores.datasets, intake, archives, training_datasets, stores.comparisons, stores.tests, trainings,
    )  # fmt: skip
    await trainings.stop()
    await database.close()


async def said(bot: Bot) -> None:
    """Store Ada's words in every way in which words of messages are stored."""
    await bot.jobs.create(
        "answer", channel_id=1, user_id=ADA, guild_id=GUILD, message_id=QUESTION, payload={"words": SECRET}
    )
    await bot.exchanges.remember(Exchange(ANSWER, 1, GUILD, ADA, QUESTION, SECRET, SECRET * 3000, None, None, "m", NOW))
    compared = await bot.comparisons.add(
        guild_id=GUILD, channel_id=1, asked_by=ADA, prompt=SECRET, models=("a", "b"), answers=(SECRET, SECRET)
    )
    await bot.comparisons.posted(compared.id, ANSWER)


async def packed(bot: Bot, training_id: str) -> None:
    """Wait until the training has ended."""
    async with asyncio.timeout(30):
        while (known := await TrainingStore(bot.database).by_id(training_id)) is None or known.is_open:
            await asyncio.sleep(0.05)
    assert known.state == "succeeded"


async def taught(bot: Bot) -> str:
    """Store Ada's correction, with its vectors, in a dataset that is archived, packed by a training, and continued in a
    second version; and a message of hers from /feedback. Returns the correction's id."""
    await bot.consents.give(ADA)
    ada = CorrectionActor(ADA, approves=True)
    await bot.datasets.create(GUILD, "d", BORIS)
    about = CorrectedAnswer(GUILD, 1, ANSWER, SECRET, QUESTION, ADA)
    submitted = await bot.corrections.submit(about, SECRET, f"No: {SECRET}", ada)
    recalled = CorrectionStore(bot.database, bot.datasets).taught
    await recalled.keep_vectors(GUILD, "e", [(one, SECRET.encode()) for one in await recalled.all(GUILD)])
    await bot.corrections.submit(CorrectedAnswer(GUILD, 1, 7, "other"), "What else?", "Nothing.", ada)
    await bot.corrections.add_to_dataset(GUILD, "d", BORIS)
    await bot.archives.archive(GUILD, "d")
    await bot.datasets.select(GUILD, "d", DatasetLabel.POSITIVE)
    training, _plan = await bot.trainings.plan(TrainingStarter(GUILD, BORIS, 1, "ru"), TrainingSpec("export", ""))
    await bot.trainings.start(GUILD, training.id, BORIS)
    await packed(bot, training.id)
    await bot.corrections.submit(CorrectedAnswer(GUILD, 1, 8, "other"), "And then?", "Later.", ada)
    await bot.corrections.add_to_dataset(GUILD, "d", BORIS)
    await bot.archives.archive(GUILD, "d")
    await bot.feedback.add(GUILD, ADA, SECRET)
    return submitted.correction.id


async def test_the_secret_is_in_files_of_every_kind_before_it_is_taken_back(bot: Bot) -> None:
    await said(bot)
    await taught(bot)
    kinds = {path.partition("/")[0].partition(".")[0] for path in bot.telling()}
    assert kinds == {"starling", "guilds", "trainings"}
    assert len([path for path in bot.telling() if path.endswith(".zip")]) == 4


@pytest.mark.parametrize("way", ["user", "guild"])
async def test_who_is_forgotten_leaves_no_byte(bot: Bot, way: Literal["user", "guild"]) -> None:
    await said(bot)
    await taught(bot)
    forgotten = await (bot.data.forget_user(ADA) if way == "user" else bot.data.forget_guild(GUILD))
    assert forgotten
    assert bot.telling() == []


@pytest.mark.parametrize("way", ["user", "guild", "message"])
async def test_an_answer_that_is_complete_only_afterwards_is_not_remembered(
    bot: Bot, way: Literal["user", "guild", "message"]
) -> None:
    began = datetime.now(UTC)
    if way == "user":
        await bot.data.forget_user(ADA)
    elif way == "guild":
        await bot.data.forget_guild(GUILD)
    else:
        await bot.data.forget_messages([QUESTION])
    late = Exchange(ANSWER, 1, GUILD, ADA, QUESTION, SECRET, SECRET, None, None, "m", datetime.now(UTC))
    await bot.exchanges.remember(late, began)
    assert bot.telling() == []
    if way != "message":  # later questions are another matter
        await bot.exchanges.remember(late, datetime.now(UTC))
        assert bot.telling() != []


async def test_what_two_models_say_to_one_who_is_forgotten_meanwhile_is_not_kept(bot: Bot) -> None:
    asked_at = datetime.now(UTC)
    await bot.data.forget_user(ADA)
    with pytest.raises(ComparisonGoneError):
        await bot.comparisons.add(
            guild_id=GUILD, channel_id=1, asked_by=ADA, prompt=SECRET, models=("a", "b"), answers=(SECRET, SECRET),
            asked_at=asked_at,
        )  # fmt: skip
    assert bot.telling() == []


@pytest.mark.parametrize("way", ["user", "correction", "tester"])
async def test_a_test_of_a_model_whose_questions_are_taken_back_while_it_runs_is_not_kept(
    bot: Bot, way: Literal["user", "correction", "tester"]
) -> None:
    id_ = await taught(bot)
    asked = AskedFrom()
    if way != "tester":
        held_out = await bot.training_datasets.held_out(GUILD, "d")
        asked = AskedFrom(held_out.datasets, held_out.keys)
    if way == "correction":
        await bot.feedback.forget_user(ADA)
        await bot.corrections.withdraw(GUILD, id_, CorrectionActor(ADA, approves=True))
    else:
        await bot.data.forget_user(ADA)
    tester = ADA if way == "tester" else BORIS
    with pytest.raises(AskedTextGoneError):
        await bot.tests.keep(GUILD, tester, asked, summary="tested", report=SECRET)
    assert bot.telling() == []
    kept = await bot.tests.keep(GUILD, tester, AskedFrom(), summary="tested", report="of general questions")
    assert kept.tester_id == tester


async def test_what_people_would_notice_is_not_kept_where_its_questions_were_taken_back(bot: Bot) -> None:
    id_ = await taught(bot)
    await bot.feedback.forget_user(ADA)
    [training] = await TrainingStore(bot.database).of_guild(GUILD, 5)
    models = ModelStore(bot.database)
    model = await models.add(
        guild_id=GUILD, training_id=training.id, name="m", kind=ModelKind.ADAPTER, base="b", remote_name="r", path=None
    )
    await bot.datasets.mark_trained(GUILD, training.datasets[0].id)
    before = await models.taken_back_from(model)
    noticed = NoticedAnswers("m", (NoticedAnswer(SECRET, SECRET, SECRET),))
    await bot.corrections.withdraw(GUILD, id_, CorrectionActor(ADA, approves=True))
    assert not await models.note_noticed(model, noticed, before)
    assert bot.telling() == []
    assert await models.note_noticed(model, noticed, await models.taken_back_from(model))


async def test_an_archive_that_is_written_while_something_in_it_is_taken_back_is_deleted(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await taught(bot)
    await bot.feedback.forget_user(ADA)
    between, tell = asyncio.Event(), bot.datasets._tell_withdrawn
    archived: list[asyncio.Task[object]] = []

    async def told_late(session: AsyncSession, dataset: Dataset) -> int:
        """Announces the withdrawal, and lets somebody archive the old examples before the transaction ends."""
        told = await tell(session, dataset)
        if not archived:
            archived.append(asyncio.create_task(bot.archives.archive(GUILD, "d")))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(archived[0]), 1)
            between.set()
        return told

    monkeypatch.setattr(bot.datasets, "_tell_withdrawn", told_late)
    await bot.corrections.withdraw(GUILD, id_, CorrectionActor(ADA, approves=True))
    assert between.is_set()
    await archived[0]
    assert bot.telling() == []


async def test_a_message_that_is_deleted_leaves_no_byte(bot: Bot) -> None:
    await said(bot)
    await bot.data.forget_messages([QUESTION, ANSWER])
    assert bot.telling() == []


async def test_what_has_expired_leaves_no_byte(bot: Bot) -> None:
    await said(bot)

    async def no_wishes() -> dict[int, int]:
        return {}

    assert await delete_expired(bot.data.holders, no_wishes, timedelta(0)) >= 3
    await bot.data.scrub()
    assert bot.telling() == []


async def test_a_correction_that_is_taken_back_leaves_no_byte(bot: Bot) -> None:
    id_ = await taught(bot)
    await bot.feedback.forget_user(ADA)
    _before, removed = await bot.corrections.withdraw(GUILD, id_, CorrectionActor(ADA, approves=True))
    assert (removed.examples, removed.files, removed.learned) == (2, 3, ())
    assert bot.telling() == []
    assert [example.answer for example in await bot.datasets.examples((await bot.datasets.get(GUILD, "d")).id)] == [
        "Nothing.", "Later."
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["user", "correction"])
async def test_archives_of_a_dataset_that_was_deleted_go_as_well_and_bring_nothing_back(
    bot: Bot, way: Literal["user", "correction"]
) -> None:
    id_ = await taught(bot)
    await bot.feedback.forget_user(ADA)
    folder = bot.archives._files.of_guild(GUILD)
    [latest, *_others] = [file.path for file in await folder.listing() if file.path.startswith("datasets/d v2")]
    with await folder.open(latest) as file:
        downloaded = file.read()
    await bot.datasets.create(OTHER_GUILD, "carried", BORIS)
    given = await bot.intake.read("a.zip", downloaded, given_by=BORIS)
    carried = await bot.intake.add(OTHER_GUILD, "carried", given)
    assert carried.changed == 3
    await bot.datasets.delete(GUILD, "d")
    if way == "user":
        forgotten = await bot.data.forget_user(ADA)
    else:
        _before, forgotten = await bot.corrections.withdraw(GUILD, id_, CorrectionActor(ADA, approves=True))
    assert forgotten.files == 2
    assert bot.telling() == []
    again = await bot.intake.add(OTHER_GUILD, "carried", await bot.intake.read("a.zip", downloaded, given_by=BORIS))
    assert (again.changed, again.withdrawn) == (0, 3 if way == "user" else 1)
    assert bot.telling() == []


async def test_what_an_older_version_deleted_is_written_over_at_the_next_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'starling.db'}"
    database = await Database.open(url)
    await ExchangeStore(database).remember(
        Exchange(ANSWER, 1, GUILD, ADA, QUESTION, SECRET, SECRET, None, None, "m", NOW)
    )
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA secure_delete=OFF")
        await connection.exec_driver_sql("DELETE FROM exchanges")
        await connection.exec_driver_sql("PRAGMA user_version=0")
        await connection.commit()
    await database.close()
    assert SECRET.encode() in (tmp_path / "starling.db").read_bytes()
    await (await Database.open(url)).close()
    assert SECRET.encode() not in (tmp_path / "starling.db").read_bytes()
