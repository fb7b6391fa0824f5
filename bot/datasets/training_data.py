"""Which examples of datasets models are trained on, and which they are tested with."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.datasets.dataset import Dataset, DatasetLabel, NoSuchDatasetError
from bot.datasets.erasure import VersionWatcher
from bot.datasets.example import Example, content_hash
from bot.datasets.limits import require_room_for_examples
from bot.datasets.merging import taken
from bot.datasets.naming import tidied
from bot.datasets.splitting import SEED, Split, split
from bot.datasets.store import DatasetStore
from bot.errors import StarlingError
from bot.errors import translatable as _


class NothingSelectedError(StarlingError):
    """Raised when a model is to be trained for a guild that has selected no positive dataset."""

    sentence = _("No dataset is selected to learn from. Choose one with /select_dataset.")


class TrainingDatasetGoneError(StarlingError):
    """Raised when a dataset that a training was to learn from has been deleted."""

    sentence = _("The dataset that this training was to learn from was deleted.")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The examples that a model is trained on and judged with."""

    datasets: tuple[Dataset, ...]
    """The datasets they come from: the positive one, and the negative one if there is one."""
    split: Split
    content_hash: str
    """The hash of all examples, training and held-out."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The held-out examples of a dataset, which no model is trained on."""

    dataset: Dataset
    datasets: tuple[Dataset, ...]
    """All datasets that the examples come from."""
    keys: frozenset[str]
    """The keys of all examples in those datasets, taken before any example was read."""
    examples: tuple[Example, ...]


class TrainingDatasets:
    """Gives training and testing the datasets of guilds."""

    def __init__(self, store: DatasetStore, slots: asyncio.Semaphore) -> None:
        self._store = store
        self._slots = slots

    def tell_of_versions(self, watcher: VersionWatcher) -> None:
        """Call ``watcher`` for each version that is deleted or loses examples that were taken back, within the
        transaction, before it is committed."""
        self._store.tell_of_versions(watcher)

    async def settled(self, guild_id: int) -> None:
        """Return once every change to what the guild has taught that was in progress has been committed or rolled
        back."""
        await self._store.settled(guild_id)

    async def withdrawn_from(self, guild_id: int, dataset_id: str) -> int:
        """How many examples people have taken back from a version since a model was first trained on it; 0 if the
        version was deleted."""
        dataset = await self._store.by_id(guild_id, dataset_id)
        return 0 if dataset is None else dataset.withdrawn_examples

    async def look_at_selected(self, guild_id: int, *, seed: int = SEED) -> TrainingData:
        """The training data that the guild's current selection gives.

        Raises:
            NothingSelectedError
        """
        datasets = await self._selected(guild_id)
        if not datasets:
            raise NothingSelectedError
        return await self._training_data(datasets, seed)

    async def look_at_selected_with(
        self,
        guild_id: int,
        name: str,
        label: DatasetLabel,
        examples: Sequence[Example] = (),
        *,
        seed: int = SEED,
    ) -> TrainingData:
        """The training data that the selection would give if ``examples`` were added to the dataset ``name`` (made if
        it does not exist) and it were selected as ``label``. Nothing is changed.

        Raises:
            NothingSelectedError: ``label`` is negative, and no positive dataset is selected.
            NoSuchDatasetError: the dataset does not exist, and ``examples`` is empty.
            BadDatasetNameError, DatasetFullError
        """
        chosen = await self._chosen_or_unmade(guild_id, name, may_be_made=bool(examples))
        before = await self._store.examples(chosen.id) if chosen.id else []
        given = await self._store.still_given(examples)
        together = {example.key: example for example in (*before, *given)}
        require_room_for_examples(name, len(together), sum(example.chars for example in together.values()))
        sides = {each: await self._store.selected(guild_id, each) for each in DatasetLabel} | {label: chosen}
        if sides[DatasetLabel.POSITIVE] is None:
            raise NothingSelectedError
        datasets = tuple(each for each in (sides[one] for one in DatasetLabel) if each is not None)
        rows = [list(together.values()) if each is chosen else await self._store.examples(each.id) for each in datasets]
        return _data_of(datasets, await self._divided(rows, seed))

    async def look_at(self, guild_id: int, dataset_ids: Sequence[str], *, seed: int = SEED) -> TrainingData:
        """The training data that these datasets, the positive one first, give as they are now.

        Raises:
            TrainingDatasetGoneError: one of them was deleted.
        """
        datasets = await self._by_ids(guild_id, dataset_ids)
        if datasets is None:
            raise TrainingDatasetGoneError
        return await self._training_data(datasets, seed)

    async def take_for_training(self, guild_id: int, dataset_ids: Sequence[str], *, seed: int = SEED) -> TrainingData:
        """As ``look_at``, but the datasets are first marked as trained on, so that examples withdrawn later are
        reported as learned by the model.

        Raises:
            TrainingDatasetGoneError: one of them was deleted.
        """
        for dataset_id in dataset_ids:
            await self._store.mark_trained(guild_id, dataset_id)
        return await self.look_at(guild_id, dataset_ids, seed=seed)

    async def held_out(self, guild_id: int, name: str, *, seed: int = SEED) -> HeldOut:
        """The examples of a dataset's newest version that models are not trained on, for testing them. For a version
        that is selected for training these are the held-out examples of the whole selection, which may differ from
        those of the dataset on its own.

        Raises:
            NoSuchDatasetError
        """
        dataset = await self._store.get(guild_id, name)
        selected = await self._selected(guild_id)
        datasets = selected if dataset.id in {each.id for each in selected} else (dataset,)
        keys = await self._store.keys([each.id for each in datasets])
        return HeldOut(dataset, datasets, keys, (await self._divided(await self._sides(datasets), seed)).heldout)

    async def held_out_of(
        self, guild_id: int, dataset_ids: Sequence[str], *, seed: int, keys: Collection[str] | None = None
    ) -> tuple[Example, ...]:
        """The held-out examples of a training that still exist; empty if one of its datasets was deleted.

        ``keys``: the keys of the examples that were held out. Without them, the datasets are split as they are now,
        which may hold out others if examples have been taken back since.
        """
        datasets = await self._by_ids(guild_id, dataset_ids)
        if datasets is None:
            return ()
        if keys is None:
            return (await self._divided(await self._sides(datasets), seed)).heldout
        return tuple(example for example in taken(*await self._sides(datasets)) if example.key in keys)

    async def _training_data(self, datasets: tuple[Dataset, ...], seed: int) -> TrainingData:
        return _data_of(datasets, await self._divided(await self._sides(datasets), seed))

    async def _by_ids(self, guild_id: int, dataset_ids: Sequence[str]) -> tuple[Dataset, ...] | None:
        found = [await self._store.by_id(guild_id, id_) for id_ in dataset_ids]
        known = tuple(dataset for dataset in found if dataset is not None)
        return known if known and len(known) == len(found) else None

    async def _selected(self, guild_id: int) -> tuple[Dataset, ...]:
        """The selected positive dataset, and the negative one if there is one; empty if no positive one is selected."""
        positive = await self._store.selected(guild_id, DatasetLabel.POSITIVE)
        negative = await self._store.selected(guild_id, DatasetLabel.NEGATIVE)
        return () if positive is None else (positive,) if negative is None else (positive, negative)

    async def _chosen_or_unmade(self, guild_id: int, name: str, *, may_be_made: bool) -> Dataset:
        """The newest version or, if there is none, a dataset as it would be made, with an empty id.

        Raises:
            NoSuchDatasetError: the dataset does not exist, and may not be made.
            BadDatasetNameError
        """
        try:
            return await self._store.get(guild_id, name)
        except NoSuchDatasetError:
            if not may_be_made:
                raise
            return _unmade(guild_id, name)

    async def _sides(self, datasets: Sequence[Dataset]) -> list[list[Example]]:
        return [await self._store.examples(dataset.id) for dataset in datasets]

    async def _divided(self, sides: Sequence[list[Example]], seed: int) -> Split:
        """Split ``sides``: the positive examples and, if there are any, the negative ones."""
        async with self._slots:
            return await asyncio.to_thread(split, taken(*sides), seed=seed)


def _data_of(datasets: tuple[Dataset, ...], divided: Split) -> TrainingData:
    together = (*divided.training, *divided.heldout)
    return TrainingData(datasets, divided, content_hash(example.key for example in together))


def _unmade(guild_id: int, name: str) -> Dataset:
    """The dataset that would be made under this name, with an empty id."""
    now = datetime.now(UTC)
    return Dataset("", guild_id, tidied(name), 1, None, now, now, content_hash([]), None, None, None)
