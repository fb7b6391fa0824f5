"""What models learn from datasets, and what of those they are tested with."""

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
    """Raised when a model is to be trained for a guild that has selected no dataset of what to say."""

    sentence = _("No dataset is selected to learn from. Choose one with /select_dataset.")


class TrainingDatasetGoneError(StarlingError):
    """Raised when what a training was to learn from is not there any more."""

    sentence = _("The dataset that this training was to learn from was deleted.")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a model is to be trained on, and with what it is to be judged."""

    datasets: tuple[Dataset, ...]
    """What it was taken from: the one of what to say, and the one of what not to say if there is one."""
    split: Split
    content_hash: str
    """Of all examples, of both sides."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What of a dataset no model is trained on."""

    dataset: Dataset
    datasets: tuple[Dataset, ...]
    """All that it was taken from."""
    keys: frozenset[str]
    """Of all examples in those, before any was read."""
    examples: tuple[Example, ...]


class TrainingDatasets:
    """The datasets of guilds as models are trained on them and tested with them."""

    def __init__(self, store: DatasetStore, slots: asyncio.Semaphore) -> None:
        self._store = store
        self._slots = slots

    def tell_of_versions(self, watcher: VersionWatcher) -> None:
        """Call ``watcher``, within the transaction, for each version that is deleted, or from which examples are taken
        back, before that holds."""
        self._store.tell_of_versions(watcher)

    async def settled(self, guild_id: int) -> None:
        """Return once every change of what the guild has taught that was under way is there to be seen."""
        await self._store.settled(guild_id)

    async def withdrawn_from(self, guild_id: int, dataset_id: str) -> int:
        """How many examples people took back from a version since a model was first trained on it; 0 where it was
        deleted."""
        dataset = await self._store.by_id(guild_id, dataset_id)
        return 0 if dataset is None else dataset.withdrawn_examples

    async def look_at_selected(self, guild_id: int, *, seed: int = SEED) -> TrainingData:
        """What a model would learn from that is trained on what the guild has selected.

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
        """What a model would learn if ``examples`` were added to a dataset, which is made where it is not there, and
        that were selected as ``label``; nothing is changed.

        Raises:
            NothingSelectedError: it would be one of what not to say, and there is none of what to say.
            NoSuchDatasetError: it is not there, and nothing would be added.
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
        """What a model would learn from these datasets, the one of what to say first, as they are now.

        Raises:
            TrainingDatasetGoneError: one of them was deleted.
        """
        datasets = await self._by_ids(guild_id, dataset_ids)
        if datasets is None:
            raise TrainingDatasetGoneError
        return await self._training_data(datasets, seed)

    async def take_for_training(self, guild_id: int, dataset_ids: Sequence[str], *, seed: int = SEED) -> TrainingData:
        """What a model learns from these datasets, noted as trained on before it is read: what is withdrawn later is
        told of, but the model has it.

        Raises:
            TrainingDatasetGoneError: one of them was deleted.
        """
        for dataset_id in dataset_ids:
            await self._store.mark_trained(guild_id, dataset_id)
        return await self.look_at(guild_id, dataset_ids, seed=seed)

    async def held_out(self, guild_id: int, name: str, *, seed: int = SEED) -> HeldOut:
        """What of the newest version of a dataset models are not trained on, so that they can be tested with it. Of one
        that is selected for training this is what training holds out of all that is selected, which may be other
        examples than the dataset by itself would hold out.

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
        """What was held out of a training and is still there; nothing where its datasets were deleted.

        ``keys``: of what was held out, which without them is what a split would hold out now. That may be another
        where examples were taken back since.
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
        """The dataset of what to say, and the one of what not to say if there is one; empty without the first."""
        positive = await self._store.selected(guild_id, DatasetLabel.POSITIVE)
        negative = await self._store.selected(guild_id, DatasetLabel.NEGATIVE)
        return () if positive is None else (positive,) if negative is None else (positive, negative)

    async def _chosen_or_unmade(self, guild_id: int, name: str, *, may_be_made: bool) -> Dataset:
        """The newest version, or one without an id as it would be made.

        Raises:
            NoSuchDatasetError: it is not there, and may not be made.
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
        """``sides``: the examples of what to say, and of what not to say if there are any."""
        async with self._slots:
            return await asyncio.to_thread(split, taken(*sides), seed=seed)


def _data_of(datasets: tuple[Dataset, ...], divided: Split) -> TrainingData:
    together = (*divided.training, *divided.heldout)
    return TrainingData(datasets, divided, content_hash(example.key for example in together))


def _unmade(guild_id: int, name: str) -> Dataset:
    """A dataset that is not there, as it would be made."""
    now = datetime.now(UTC)
    return Dataset("", guild_id, tidied(name), 1, None, now, now, content_hash([]), None, None, None)
