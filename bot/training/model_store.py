"""The trained models, and which of them answers in a guild."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.datasets.dataset import Dataset
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.database import Database, rows_changed
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import DatasetRow, ModelRow, PromotionRow, TrainingRow


class ModelKind(StrEnum):
    """Where a trained model is, and so what can serve it."""

    REMOTE = "remote"
    """At the service that trained it."""
    ADAPTER = "adapter"
    """An adapter file for the demonstration model."""
    FILES = "files"
    """Examples packed for people who train elsewhere."""


class NoSuchTrainedModelError(StarlingError):
    """Raised when a guild has no such model."""

    sentence = _("This server has trained no model named {name}. /model list shows what there is.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:64])


NOTICED = 10
"""The most questions that are kept to show what people would notice of a model."""


@dataclass(frozen=True, slots=True)
class NoticedAnswer:
    """A question, answered by the model that answered before and by the new one."""

    prompt: str
    before: str
    """Empty if there was no answer, as is ``after``."""
    after: str

    @property
    def differs(self) -> bool:
        """Whether people would notice a difference."""
        return key_of_text(self.before) != key_of_text(self.after)


@dataclass(frozen=True, slots=True)
class NoticedAnswers:
    """What people would notice when a model starts to answer."""

    before: str
    """The name of the model that answered before."""
    answers: tuple[NoticedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One trained model."""

    id: str
    guild_id: int
    training_id: str
    trainer: str
    """The name of the trainer that trained it."""
    name: str
    kind: ModelKind
    base: str
    remote_name: str
    path: Path | None
    scores: dict[str, Any] | None
    """How it scored when it was measured; None before that."""
    created_at: datetime
    noticed: NoticedAnswers | None = None
    """None before both models were asked, and after texts that the questions come from were taken back."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """Which model was made to answer, and when; ``model_id`` None: the untrained one."""

    model_id: str | None
    promoted_by: int | None
    """None if they were forgotten."""
    promoted_at: datetime


class ModelStore(DataHolder):
    """Stores models and promotions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        *,
        guild_id: int,
        training_id: str,
        name: str,
        kind: ModelKind,
        base: str,
        remote_name: str,
        path: Path | None,
    ) -> Model:
        """Store the model that a training made; if it is stored already, that one is returned."""
        async with self._database.sessions.begin() as session:
            known = await _first(session, ModelRow.training_id == training_id)
            if known is not None:
                return known
            row = ModelRow(
                id=uuid.uuid4().hex, guild_id=guild_id, training_id=training_id, name=name, kind=kind, base=base,
                remote_name=remote_name, path=None if path is None else str(path), scores=None,
                created_at=datetime.now(UTC),
            )  # fmt: skip
            session.add(row)
            await session.flush()
            training = await session.get(TrainingRow, training_id)
            return _read(row, None if training is None else training.trainer)

    async def measured(self, id_: str, scores: dict[str, Any]) -> None:
        """Store the scores of a model."""
        async with self._database.sessions.begin() as session:
            row = await session.get(ModelRow, id_)
            if row is not None:
                row.scores = scores

    async def taken_back_from(self, model: Model) -> dict[str, int]:
        """How many examples were taken back from each dataset that the model learned from, by dataset id; deleted
        datasets are left out."""
        async with self._database.sessions() as session:
            return await _taken_back(session, model.training_id)

    async def note_noticed(self, model: Model, noticed: NoticedAnswers, taken_back: Mapping[str, int]) -> bool:
        """Store what people would notice of a model, unless examples were taken back since ``taken_back``, which
        ``taken_back_from`` returned before the model was asked. Returns whether it is stored."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, model.guild_id)
            row = await session.get(ModelRow, model.id)
            if row is None or await _taken_back(session, model.training_id) != taken_back:
                return False
            row.noticed = asdict(noticed)
            return True

    async def forget_noticed(self, session: AsyncSession, dataset: Dataset) -> int:
        """Forget what people would notice of the models that learned from a version from which examples are taken back.
        Returns 0, since no files are deleted."""
        trainings = select(TrainingRow.id, TrainingRow.datasets).where(TrainingRow.guild_id == dataset.guild_id)
        learned = [id_ for id_, refs in await session.execute(trainings) if any(ref[0] == dataset.id for ref in refs)]
        if learned:
            of_them = ModelRow.training_id.in_(learned)
            await session.execute(update(ModelRow).where(of_them).values(noticed=None))
        return 0

    async def get(self, guild_id: int, name: str) -> Model:
        """
        Raises:
            NoSuchTrainedModelError
        """
        async with self._database.sessions() as session:
            model = await _first(session, ModelRow.guild_id == guild_id, ModelRow.name == name)
        if model is None:
            raise NoSuchTrainedModelError(name)
        return model

    async def of_training(self, training_id: str) -> Model | None:
        """The model that a training made; None if there is none."""
        async with self._database.sessions() as session:
            return await _first(session, ModelRow.training_id == training_id)

    async def of_guild(self, guild_id: int, trainer: str | None = None) -> list[Model]:
        """The guild's models, the latest first; of one trainer, or of all."""
        wanted = _models().where(ModelRow.guild_id == guild_id).order_by(ModelRow.created_at.desc())
        if trainer is not None:
            wanted = wanted.where(TrainingRow.trainer == trainer)
        async with self._database.sessions() as session:
            return [_read(row, name) for row, name in await session.execute(wanted)]

    async def active(self, guild_id: int) -> Model | None:
        """The model that answers in the guild; None if that is the untrained one."""
        latest = select(PromotionRow.model_id).where(PromotionRow.guild_id == guild_id)
        async with self._database.sessions() as session:
            id_ = await session.scalar(latest.order_by(PromotionRow.id.desc()).limit(1))
            return None if id_ is None else await _first(session, ModelRow.id == id_)

    async def all_active(self) -> list[Model]:
        """The models that answer in any guild."""
        async with self._database.sessions() as session:
            guilds = list(await session.scalars(select(PromotionRow.guild_id).distinct()))
        return [model for guild in guilds if (model := await self.active(guild)) is not None]

    async def promote(self, guild_id: int, model_id: str | None, by: int) -> None:
        """Let this model answer from now on; None: the untrained one."""
        row = PromotionRow(guild_id=guild_id, model_id=model_id, promoted_by=by, promoted_at=datetime.now(UTC))
        async with self._database.sessions.begin() as session:
            session.add(row)

    async def history(self, guild_id: int) -> list[Promotion]:
        """Who promoted what, the latest first."""
        wanted = select(PromotionRow).where(PromotionRow.guild_id == guild_id).order_by(PromotionRow.id.desc())
        async with self._database.sessions() as session:
            return [Promotion(row.model_id, row.promoted_by, row.promoted_at) for row in await session.scalars(wanted)]

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all models of a guild."""
        async with self._database.sessions.begin() as session:
            gone = await rows_changed(session, delete(ModelRow).where(ModelRow.guild_id == guild_id))
            promotions = delete(PromotionRow).where(PromotionRow.guild_id == guild_id)
            return gone + await rows_changed(session, promotions)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget that the user promoted models; the guilds keep the promotions."""
        theirs = update(PromotionRow).where(PromotionRow.promoted_by == user_id).values(promoted_by=None)
        async with self._database.sessions.begin() as session:
            return ErasureResult(await rows_changed(session, theirs))


def _models() -> Select[ModelRow, str]:
    """Selects models, each with the name of its trainer."""
    return select(ModelRow, TrainingRow.trainer).outerjoin(TrainingRow, TrainingRow.id == ModelRow.training_id)


async def _first(session: AsyncSession, *which: ColumnElement[bool]) -> Model | None:
    found = (await session.execute(_models().where(*which))).first()
    return None if found is None else _read(*found)


def _read(row: ModelRow, trainer: str | None) -> Model:
    return Model(
        row.id, row.guild_id, row.training_id, trainer or "", row.name, ModelKind(row.kind), row.base, row.remote_name,
        None if row.path is None else Path(row.path), row.scores, row.created_at, _noticed(row.noticed),
    )  # fmt: skip


def _noticed(stored: dict[str, Any] | None) -> NoticedAnswers | None:
    if stored is None:
        return None
    answers = tuple(NoticedAnswer(one["prompt"], one["before"], one["after"]) for one in stored["answers"])
    return NoticedAnswers(stored["before"], answers)


async def _taken_back(session: AsyncSession, training_id: str) -> dict[str, int]:
    training = await session.get(TrainingRow, training_id)
    ids = [] if training is None else [ref[0] for ref in training.datasets]
    rows = select(DatasetRow.id, DatasetRow.withdrawn_examples).where(DatasetRow.id.in_(ids))
    return {row.id: row.withdrawn_examples for row in await session.execute(rows)}
