"""Everything that learns: corrections, datasets, trainings, and the evaluation of the trained models."""

from __future__ import annotations

from dataclasses import dataclass

from bot.app.answering import Answering
from bot.app.foundation import Foundation
from bot.app.personal_data import build_personal_data, pairs_of
from bot.app.stores import Stores
from bot.corrections.review_messages import ReviewMessages
from bot.corrections.service import Corrections
from bot.datasets.archives import DatasetArchives
from bot.datasets.inspection import DatasetInspection
from bot.datasets.intake import ExampleIntake
from bot.datasets.signing import ArchiveSigner
from bot.datasets.slots import dataset_slots
from bot.datasets.training_data import TrainingDatasets
from bot.privacy.personal_data import PersonalData
from bot.privacy.tombstones import Tombstones
from bot.recall.choosing import RecallMethod, retriever_maker
from bot.settings import Settings
from bot.training.evaluating.judging import Judge
from bot.training.evaluating.scoring import Scorer
from bot.training.noticing import Noticing
from bot.training.preference_pairs import PreferencePairs
from bot.training.promoting import Promoting
from bot.training.readiness import Readiness
from bot.training.registry import TRAINERS
from bot.training.trainings import Trainings
from bot.training.withdrawn import WithdrawnExamples


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What people contribute, what becomes of it, and how it is withdrawn."""

    corrections: Corrections
    intake: ExampleIntake
    inspection: DatasetInspection
    archives: DatasetArchives
    training_datasets: TrainingDatasets
    trainings: Trainings
    pairs: PreferencePairs
    readiness: Readiness
    scorer: Scorer
    promoting: Promoting
    noticing: Noticing
    withdrawn: WithdrawnExamples
    personal_data: PersonalData


def build_learning(base: Foundation, stores: Stores, answering: Answering) -> Learning:
    """Build everything that learns. Nothing is trained yet: ``Trainings.resume`` resumes what was interrupted."""
    settings, tombstones = base.settings, Tombstones(base.settings.data_folder)
    corrections = Corrections(
        stores.corrections,
        stores.datasets,
        stores.preferences,
        on_approved=answering.recall.prepare,
        reviews=ReviewMessages(base.bot.rest),
        tombstones=tombstones,
    )
    signer, slots = ArchiveSigner(settings.archive_key), dataset_slots()
    archives = DatasetArchives(stores.datasets, stores.files, stores.uploads, signer, slots)
    datasets = TrainingDatasets(stores.datasets, slots)
    trainings = Trainings(
        stores.trainings,
        stores.models,
        datasets,
        stores.files,
        TRAINERS.build(settings, base.weights),
        settings.trainings_folder,
        max_per_day=settings.trainings_a_day,
        follows=settings.gateways == 1,
    )
    stores.datasets.tell_of_versions(stores.tests.forget_dataset)
    base.stack.push_async_callback(trainings.stop)
    judge = Judge(answering.chat.chat.named(settings.judge_model)) if settings.judge_model else None
    scorer = Scorer(retriever_maker(RecallMethod(settings.recall)), judge)
    withdrawn = WithdrawnExamples(stores.models, stores.trainings, datasets)
    return Learning(
        corrections=corrections,
        intake=ExampleIntake(stores.datasets, stores.files, stores.uploads, signer, base.sealed, slots),
        inspection=DatasetInspection(stores.datasets, base.sealed, slots),
        archives=archives,
        training_datasets=datasets,
        trainings=trainings,
        pairs=pairs_of(stores, tombstones),
        readiness=Readiness(trainings.trainers, settings.owner_id),
        scorer=scorer,
        promoting=Promoting(
            stores.models, stores.trainings, datasets, answering.chat.serving, answering.chat.models, scorer,
            answering.chat.instructions.default, withdrawn,
        ),
        noticing=Noticing(
            stores.models, stores.trainings, datasets, answering.chat.serving, answering.chat.models,
            answering.chat.instructions.default,
        ),
        withdrawn=withdrawn,
        personal_data=build_personal_data(stores, trainings, archives, corrections, tombstones),
    )  # fmt: skip


def build_personal_data_alone(settings: Settings, stores: Stores) -> PersonalData:
    """The service that deletes personal data where no Starling runs; nothing is trained, and no list of deletions is
    kept."""
    corrections = Corrections(stores.corrections, stores.datasets, stores.preferences)
    signer, slots = ArchiveSigner(settings.archive_key), dataset_slots()
    archives = DatasetArchives(stores.datasets, stores.files, stores.uploads, signer, slots)
    datasets = TrainingDatasets(stores.datasets, slots)
    trainings = Trainings(
        stores.trainings, stores.models, datasets, stores.files, {}, settings.trainings_folder, max_per_day=0
    )
    stores.datasets.tell_of_versions(stores.tests.forget_dataset)
    return build_personal_data(stores, trainings, archives, corrections)
