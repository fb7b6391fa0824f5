"""What every store of personal data keeps: erasure, /privacy and retention go through holders, and know no store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from bot.privacy.tombstones import TombstoneKind


class DataKind(StrEnum):
    """What is stored on people, as it is counted for them."""

    EXCHANGES = "exchanges"
    """Questions with their answers."""
    CORRECTIONS = "corrections"
    MEMORIES = "memories"
    """What they have taught in direct messages, for themselves alone."""
    EXAMPLES = "examples"
    """In datasets, each once however many versions have it."""
    VOTES = "votes"
    FEEDBACK = "feedback"
    FILES = "files"
    """That they put among those of a server or their own, and archives that have them."""
    TESTS = "tests"
    """Of models, that they made."""
    AGREEMENTS = "agreements"
    """That corrections are kept and learnt from: 0 or 1."""


StoredDataSummary = Counter[DataKind]
"""How much is stored on a person."""


@dataclass(frozen=True, slots=True)
class LearnedVersion:
    """A version of a dataset that a model has learned from while it had examples that were taken back since."""

    guild_id: int
    dataset_id: str
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """What became of data that was to be forgotten."""

    rows: int = 0
    """That were removed, or lost what was the person's."""
    examples: int = 0
    """Of those, the examples in datasets, counted in each version."""
    files: int = 0
    """That were deleted because they had some of it: archives, and what was packed to be trained on elsewhere."""
    learned: tuple[LearnedVersion, ...] = ()
    """What cannot be taken back: models know what they have learned from these until they are trained anew."""

    def __add__(self, other: ErasureResult) -> ErasureResult:
        """Both together; each version once."""
        learned = dict.fromkeys((*self.learned, *other.learned))
        files = self.files + other.files
        return ErasureResult(self.rows + other.rows, self.examples + other.examples, files, tuple(learned))


class DataHolder:
    """Holds data of people, of guilds or of what was said in messages; ids are Discord's.

    Each method does nothing unless a holder has data of that sort: a store that keeps no ids of messages has nothing to
    forget when messages are deleted. Forgetting twice is no error, and no method raises anything but errors of the
    database.
    """

    kept_for: ClassVar[timedelta | None] = None
    """How long this is kept, whatever the host and guilds want to be kept; None: as long as they say."""

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Forget what was said in messages that were deleted on Discord, and their ids; says how many rows that are."""
        return 0

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget all that is a person's, in all guilds, and that it was they who did what remains."""
        return ErasureResult()

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all that is of a guild, which Starling has left; says how many rows that are."""
        return 0

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Forget what people took back one by one, which a backup has brought back; ``ids`` as ``kind`` has them. Says
        how many rows that are."""
        return 0

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete what is older than ``moment`` (aware), of one guild or of all; says how many rows.

        What people submitted so that it is kept does not grow old.
        """
        return 0

    async def count(self, user_id: int) -> StoredDataSummary:
        """How much is stored on a person."""
        return Counter()

    async def export(self, user_id: int) -> Mapping[str, object]:
        """All that is stored on a person, by names in English; dataclasses, dates and what JSON has a form for."""
        return {}
