"""Queries for datasets, their versions and their examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import islice

from sqlalchemy import case, func, select

from bot.datasets.dataset import Dataset, DatasetLabel, ExampleHit, NoSuchDatasetError
from bot.datasets.example import Example, ExampleKind
from bot.datasets.rows import dataset_of, example_of, version_rows
from bot.storage.database import Database
from bot.storage.tables import DatasetExampleRow, DatasetRow

_SEARCHED_CHARS = 200


class DatasetQueries:
    """Reads the datasets of all guilds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, guild_id: int) -> list[Dataset]:
        """Every version of every dataset of a guild, by name, the newest version first."""
        wanted = (
            select(DatasetRow)
            .where(DatasetRow.guild_id == guild_id)
            .order_by(DatasetRow.name_key, DatasetRow.version.desc())
        )
        async with self._database.sessions() as session:
            return [dataset_of(row) for row in await session.scalars(wanted)]

    async def versions(self, guild_id: int, name: str) -> list[Dataset]:
        """The versions of a dataset, the newest first.

        Raises:
            NoSuchDatasetError
        """
        async with self._database.sessions() as session:
            rows = await version_rows(session, guild_id, name)
        if not rows:
            raise NoSuchDatasetError(name)
        return [dataset_of(row) for row in rows]

    async def get(self, guild_id: int, name: str, version: int | None = None) -> Dataset:
        """A version, or the newest.

        Raises:
            NoSuchDatasetError
        """
        found = await self.versions(guild_id, name)
        if version is None:
            return found[0]
        chosen = next((dataset for dataset in found if dataset.version == version), None)
        if chosen is None:
            raise NoSuchDatasetError(name, version)
        return chosen

    async def selected(self, guild_id: int, label: DatasetLabel) -> Dataset | None:
        """The version that is selected for training as ``label``, if any."""
        wanted = select(DatasetRow).where(DatasetRow.guild_id == guild_id, DatasetRow.selected_as == label)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted)
            return None if row is None else dataset_of(row)

    async def examples(self, dataset_id: str) -> list[Example]:
        """The examples of a version, in the order in which they were added."""
        wanted = (
            select(DatasetExampleRow)
            .where(DatasetExampleRow.dataset_id == dataset_id)
            .order_by(DatasetExampleRow.position)
        )
        async with self._database.sessions() as session:
            return [example_of(row) for row in await session.scalars(wanted)]

    async def keys(self, dataset_ids: Collection[str]) -> frozenset[str]:
        """The keys of all examples in these versions."""
        row = DatasetExampleRow
        async with self._database.sessions() as session:
            return frozenset(await session.scalars(select(row.key).where(row.dataset_id.in_(dataset_ids))))

    async def of_user(self, user_id: int) -> list[Example]:
        """The examples that a person gave, in all versions of all datasets, each once."""
        wanted = select(DatasetExampleRow).where(DatasetExampleRow.given_by == user_id)
        async with self._database.sessions() as session:
            found = await session.scalars(wanted.order_by(DatasetExampleRow.created_at))
            return list({row.key: example_of(row) for row in found}.values())

    async def by_id(self, guild_id: int, dataset_id: str) -> Dataset | None:
        """The version with this id, if it is the guild's."""
        async with self._database.sessions() as session:
            row = await session.get(DatasetRow, dataset_id)
            return None if row is None or row.guild_id != guild_id else dataset_of(row)

    async def search(self, guild_id: int, name: str, typed: str, limit: int) -> list[ExampleHit]:
        """The first ``limit`` examples of the newest version whose key, or the first 200 characters of whose prompt or
        answers, contain ``typed``, ignoring case.

        Raises:
            NoSuchDatasetError
        """
        dataset = await self.get(guild_id, name)
        row = DatasetExampleRow
        texts = (func.substr(text, 1, _SEARCHED_CHARS) for text in (row.prompt, row.answer, row.rejected))
        wanted = select(row.key, *texts).where(row.dataset_id == dataset.id).order_by(row.position)
        typed = typed.strip().casefold()
        async with self._database.sessions() as session:
            found = (await session.execute(wanted)).all()
        fitting = (
            ExampleHit(*hit) for hit in found if any(typed in text.casefold() for text in hit if text is not None)
        )
        return list(islice(fitting, limit))

    async def counts(self, dataset_ids: Collection[str]) -> dict[str, Counter[ExampleKind]]:
        """How many examples of each kind there are in each of these versions."""
        kind = case(
            (DatasetExampleRow.answer.is_(None), ExampleKind.NEGATIVE),
            (DatasetExampleRow.rejected.is_(None), ExampleKind.POSITIVE),
            else_=ExampleKind.PAIR,
        )  # fmt: skip
        wanted = (
            select(DatasetExampleRow.dataset_id, kind, func.count())
            .where(DatasetExampleRow.dataset_id.in_(dataset_ids))
            .group_by(DatasetExampleRow.dataset_id, kind)
        )
        found: dict[str, Counter[ExampleKind]] = {dataset_id: Counter() for dataset_id in dataset_ids}
        async with self._database.sessions() as session:
            for dataset_id, of_kind, count in await session.execute(wanted):
                found[dataset_id][ExampleKind(of_kind)] = count
        return found
