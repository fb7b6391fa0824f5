"""Examples packed for training elsewhere: files of the guilds, deleted when examples in them are taken back."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bot.datasets.dataset import Dataset
from bot.datasets.training_data import TrainingDatasetGoneError, TrainingDatasets
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.files import FileStore
from bot.storage.sealed_folder import FileNotThereError
from bot.training.model_store import Model, ModelKind, ModelStore
from bot.training.store import Training, TrainingStore

PACKED_FOLDER = "trainings"
"""The folder among a guild's files that holds packed examples."""


class ChangedWhilePackedError(StarlingError):
    """Raised when examples were taken back while they were being packed."""

    sentence = _("Examples were taken back while I packed them, so I have thrown the file away. Start it again.")


class TrainingPacks:
    """The packed files of the trainings of all guilds."""

    def __init__(
        self, store: TrainingStore, models: ModelStore, datasets: TrainingDatasets, files: FileStore, folder: Path
    ) -> None:
        """``folder``: where trainers work."""
        self._store = store
        self._models = models
        self._datasets = datasets
        self._files = files
        self._folder = folder
        datasets.tell_of_versions(self.delete_of_version)

    async def keep(self, training: Training, model: Model, path: Path) -> str:
        """Copy the packed file at ``path``, relative to the folder, to the guild's files. Returns its path there.

        Raises:
            ChangedWhilePackedError, TrainingDatasetGoneError
            QuotaExceededError, TooManyFilesError, DiskFullError: as ``Folder.write``.
        """
        packed = await asyncio.to_thread((self._folder / path).read_bytes)
        kept = await self._files.of_guild(training.guild_id).write(_packed(model), packed)
        await self._require_unchanged(training, model)
        return kept.path

    async def forget_guild(self, guild_id: int, models: Sequence[Model]) -> None:
        """Delete those of ``models`` that are packed files, and everything that trainers have kept of the guild."""
        for model in models:
            if model.kind is ModelKind.FILES:
                with contextlib.suppress(FileNotThereError):
                    await self._files.of_guild(guild_id).delete(_packed(model))
        await asyncio.to_thread(shutil.rmtree, self._folder / str(int(guild_id)), ignore_errors=True)

    async def delete_of_version(self, _session: AsyncSession, dataset: Dataset) -> int:
        """Delete the files packed from a version from which examples are taken back; returns how many."""
        deleted = 0
        for training in await self._store.learned_from(dataset.guild_id, dataset.id):
            model = await self._models.of_training(training.id)
            if model is not None and model.kind is ModelKind.FILES:
                deleted += await self._delete(training, model)
        return deleted

    async def _delete(self, training: Training, model: Model) -> bool:
        """Delete a training's folder and its packed file; returns whether there was such a file."""
        await asyncio.to_thread(shutil.rmtree, self.folder_of(training), ignore_errors=True)
        try:
            await self._files.of_guild(training.guild_id).delete(_packed(model))
        except FileNotThereError:
            return False
        return True

    async def _require_unchanged(self, training: Training, model: Model) -> None:
        """Delete the file if examples were taken back while it was being written, when it could not be found yet.

        Raises:
            ChangedWhilePackedError, TrainingDatasetGoneError
        """
        await self._datasets.settled(training.guild_id)
        known = await self._store.by_id(training.id)
        try:
            data = await self._datasets.look_at(training.guild_id, [one.id for one in training.datasets])
        except TrainingDatasetGoneError:
            await self._delete(training, model)
            raise
        if known is None or known.content_hash != data.content_hash:
            await self._delete(training, model)
            raise ChangedWhilePackedError

    def folder_of(self, training: Training) -> Path:
        """The folder that belongs to this training."""
        return self._folder / str(training.guild_id) / training.id


def _packed(model: Model) -> str:
    """The path of the packed file among the files of its guild."""
    return f"{PACKED_FOLDER}/{model.name}.zip"
