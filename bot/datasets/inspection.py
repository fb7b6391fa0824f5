"""Shows what a dataset contains, how its versions differ, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.charts import draw_in_thread
from bot.datasets.dataset import Dataset
from bot.datasets.example import Example, ExampleKind
from bot.datasets.leaks import Leaks, unpacked_leaks
from bot.datasets.linting import LintReport, lint, packed_texts
from bot.datasets.store import DatasetStore
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.work.sealed import SealedProcesses, WorkLimitError, WorkLimits

LEAKS_WORK = WorkLimits(memory_bytes=160 << 20, processor_s=60)
"""For 20,000 examples. A text of 20,000 characters crafted to slow the search down takes a quarter of a second."""


class LintTooLongError(StarlingError):
    """Raised when a dataset cannot be checked because its texts make the search for leaks take too long."""

    sentence = _(
        "Checking this dataset takes too long: texts made of the same few characters, such as slashes, cause "
        "that. Remove them first."
    )


@dataclass(frozen=True, slots=True)
class DatasetContents:
    """A version and its examples."""

    dataset: Dataset
    examples: Sequence[Example]

    @property
    def counts(self) -> Counter[ExampleKind]:
        """How many examples there are of each kind."""
        return Counter(example.kind for example in self.examples)


@dataclass(frozen=True, slots=True)
class DatasetDifference:
    """The difference between two versions."""

    older: Dataset
    newer: Dataset
    added: tuple[Example, ...]
    removed: tuple[Example, ...]


class DatasetInspection:
    """Inspects the datasets of guilds; read-only."""

    def __init__(self, store: DatasetStore, sealed: SealedProcesses, slots: asyncio.Semaphore) -> None:
        self._store = store
        self._sealed = sealed
        self._slots = slots

    async def contents(self, guild_id: int, name: str, version: int | None = None) -> DatasetContents:
        """A version (None: the newest) with its examples.

        Raises:
            NoSuchDatasetError
        """
        dataset = await self._store.get(guild_id, name, version)
        return DatasetContents(dataset, await self._store.examples(dataset.id))

    async def difference(
        self, guild_id: int, name: str, older: int | None = None, newer: int | None = None
    ) -> DatasetDifference:
        """What was added and removed between the versions ``older`` and ``newer``; by default the newest version and
        the one before ``newer``.

        Raises:
            NoSuchDatasetError: one of the versions does not exist.
        """
        new = await self.contents(guild_id, name, newer)
        old = await self.contents(guild_id, name, new.dataset.version - 1 if older is None else older)
        old_keys, new_keys = ({example.key for example in contents.examples} for contents in (old, new))
        return DatasetDifference(
            old.dataset,
            new.dataset,
            added=tuple(example for example in new.examples if example.key not in old_keys),
            removed=tuple(example for example in old.examples if example.key not in new_keys),
        )

    async def lint(self, guild_id: int, name: str) -> tuple[Dataset, LintReport]:
        """Check the newest version.

        Raises:
            NoSuchDatasetError
            LintTooLongError: searching its texts for leaks takes too long or too much memory.
        """
        contents = await self.contents(guild_id, name)
        async with self._slots:
            leaks = await self._leaks_in(contents.examples)
            return contents.dataset, await asyncio.to_thread(lint, contents.examples, leaks)

    async def _leaks_in(self, examples: Sequence[Example]) -> Sequence[Leaks]:
        packed = await asyncio.to_thread(packed_texts, examples)
        try:
            return unpacked_leaks(await self._sealed.run("bot.datasets.leaks.found", packed, LEAKS_WORK))
        except WorkLimitError as error:
            raise LintTooLongError from error

    async def picture(self, contents: DatasetContents, say: Callable[[str], str] = str) -> bytes:
        """A PNG of charts that describe the version; ``say`` translates the words in it."""
        title = f"{contents.dataset.name} v{contents.dataset.version}"

        def picture() -> bytes:
            # Matplotlib takes half a second to import, which should not delay the start.
            from bot.datasets.picture import draw

            return draw(title, contents.examples, say)

        return await draw_in_thread(picture)
