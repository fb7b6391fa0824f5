"""Conversions between datasets and examples and their database rows."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.datasets.dataset import Dataset, DatasetLabel
from bot.datasets.example import Example, ExampleSource, Turn, content_hash
from bot.datasets.naming import key_of_name
from bot.storage.tables import DatasetExampleRow, DatasetRow


def new_row(guild_id: int, name: str, version: int, created_by: int) -> DatasetRow:
    """The row of an empty version that is not sealed."""
    now = datetime.now(UTC)
    return DatasetRow(
        id=uuid.uuid4().hex, guild_id=guild_id, name=name, name_key=key_of_name(name), version=version,
        created_by=created_by, created_at=now, changed_at=now, content_hash=content_hash([]),
        selected_as=None, sealed_at=None, trained_at=None, withdrawn_at=None,
    )  # fmt: skip


def dataset_of(row: DatasetRow) -> Dataset:
    """The dataset in ``row``, detached from the session."""
    values = {name: getattr(row, name) for name in Dataset.__dataclass_fields__}
    return Dataset(**{**values, "selected_as": None if row.selected_as is None else DatasetLabel(row.selected_as)})


def example_values(example: Example, dataset_id: str, key: str, position: int) -> dict[str, object]:
    """The column values of an example in a version; ``position`` counts from 0, in the order of addition."""
    return {
        "dataset_id": dataset_id, "key": key, "position": position, "chars": example.chars,
        "prompt": example.prompt, "answer": example.answer, "rejected": example.rejected, "system": example.system,
        "turns": [[turn.role, turn.text] for turn in example.turns], "language": example.language,
        "given_by": example.given_by, "source": example.source, "origin_id": example.origin_id,
        "created_at": example.created_at,
    }  # fmt: skip


def example_of(row: DatasetExampleRow) -> Example:
    """The example in ``row``, detached from the session."""
    turns = tuple(Turn("user" if role == "user" else "assistant", said) for role, said in row.turns)
    return Example(
        prompt=row.prompt, answer=row.answer, rejected=row.rejected, system=row.system, turns=turns,
        language=row.language, given_by=row.given_by, source=ExampleSource(row.source),
        origin_id=row.origin_id, created_at=row.created_at,
    )  # fmt: skip


async def version_rows(session: AsyncSession, guild_id: int, name: str) -> list[DatasetRow]:
    """The rows of a dataset's versions, the newest first."""
    wanted = (
        select(DatasetRow)
        .where(DatasetRow.guild_id == guild_id, DatasetRow.name_key == key_of_name(name))
        .order_by(DatasetRow.version.desc())
    )
    return list(await session.scalars(wanted))
