"""The interface of every store of personal data: erasure, /privacy and retention use it, and know no store itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from bot.privacy.tombstones import TombstoneKind


class DataKind(StrEnum):
    """The kinds of data stored on a person, as they are counted for them."""

    EXCHANGES = "exchanges"
    """Questions with their answers."""
    CORRECTIONS = "corrections"
    MEMORIES = "memories"
    """What they have taught in direct messages, for themselves alone."""
    EXAMPLES = "examples"
    """Examples in datasets, each counted once however many versions have it."""
    VOTES = "votes"
    FEEDBACK = "feedback"
    FILES = "files"
    """Files that they uploaded to a server or for themselves, and archives that contain these."""
    TESTS = "tests"
    """Tests of models that they made."""
    AGREEMENTS = "agreements"
    """Whether they agreed that their corrections are kept and learnt from: 0 or 1."""


StoredDataSummary = Counter[DataKind]
"""How much is stored on a person."""


@dataclass(frozen=True, slots=True)
class LearnedVersion:
    """A dataset version that a model learned from while it still had examples that have since been taken back."""

    guild_id: int
    dataset_id: str
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """The outcome of an erasure."""

    rows: int = 0
    """Rows that were removed, or from which the person's part was removed."""
    examples: int = 0
    """How many of these rows were examples in datasets, counted in each version."""
    files: int = 0
    """Files that were deleted because they held some of the data, such as archives and packs for training elsewhere."""
    learned: tuple[LearnedVersion, ...] = ()
    """What cannot be taken back: models retain what they learned from these versions until they are trained again."""

    def __add__(self, other: ErasureResult) -> ErasureResult:
        """The sum of both, with each version once."""
        learned = dict.fromkeys((*self.learned, *other.learned))
        files = self.files + other.files
        return ErasureResult(self.rows + other.rows, self.examples + other.examples, files, tuple(learned))


class DataHolder:
    """A store of data about people, about guilds, or about what was said in messages; ids are Discord's.

    By default each method does nothing, for stores without data of that sort: one that keeps no message ids has nothing
    to forget when messages are deleted. Forgetting twice is no error, and methods raise only errors of the database or,
    where a holder keeps files, of the file system.
    """

    kept_for: ClassVar[timedelta | None] = None
    """How long this data is kept, whatever the host and the guilds have set; None: as long as they have set."""

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Forget what was said in messages that were deleted on Discord, and their ids; returns how many rows were
        affected."""
        return 0

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete all data of a person, in all guilds, and remove their id from what remains."""
        return ErasureResult()

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all data of a guild that Starling has left; returns how many rows were affected."""
        return 0

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Delete again what people had taken back one by one and a restored backup has brought back; ``ids`` are as
        described in ``TombstoneKind``. Returns how many rows were affected."""
        return 0

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete what is older than ``moment`` (aware), of one guild or of all (None); returns how many rows.

        What people submitted in order for it to be kept does not expire.
        """
        return 0

    async def count(self, user_id: int) -> StoredDataSummary:
        """How much is stored on a person."""
        return Counter()

    async def export(self, user_id: int) -> Mapping[str, object]:
        """All that is stored on a person, by names in English; values are dataclasses, dates, and what JSON can
        represent."""
        return {}
