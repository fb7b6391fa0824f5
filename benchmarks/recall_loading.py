"""Measures how long it takes until a guild's corrections can be recalled, the first time and after a restart.

    python -m benchmarks.recall_loading [--corrections 5000] [--languages English] [--database URL]
                                        [--write docs/recall.md]

The database must be empty; by default, it is an SQLite file that is deleted afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, insert, select

from benchmarks.page import tell
from benchmarks.recall_cases import cases_in
from bot.corrections.correction import CorrectionState
from bot.corrections.memories import MemoryStore
from bot.corrections.queries import CorrectionQueries
from bot.corrections.taught import note_taught
from bot.datasets.text_fingerprint import key_of_text
from bot.preferences.store import Scope
from bot.recall.choosing import ENGLISH_WEIGHTS, RecallMethod, index_maker
from bot.recall.recall import Recall
from bot.storage.database import Database
from bot.storage.tables import CorrectionRow, RecallVectorRow
from bot.weights.weights import WeightsCache

LANGUAGES = {"English": (1, "english.tsv"), "Russian": (2, "russian.tsv")}
"""For each language, the id of the guild that has its corrections, and the file that they come from."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What it took until a guild's corrections could be recalled."""

    language: str
    corrections: int
    worked_out_s: float
    """The time until all embeddings were computed and stored."""
    loaded_s: float
    """The time until the first result after a restart, with the embedding model already in memory."""
    question_ms: float
    """The time for the next question."""
    stored_bytes: int
    """The size of the stored vectors."""


async def teach(database: Database, guild: int, name: str, count: int) -> str:
    """Store ``count`` approved corrections, all different; returns a paraphrase of one of them."""
    cases, now = cases_in(name), datetime.now(UTC)
    rows = [
        {
            "id": f"{guild}-{n}", "guild_id": guild, "number": n, "channel_id": 1, "prompt": prompt,
            "answer": "yes", "original": "", "prompt_key": key_of_text(prompt), "answer_key": "yes",
            "state": CorrectionState.APPROVED, "revision": 1, "created_at": now, "changed_at": now, "decided_at": now,
        }
        for n in range(1, count + 1)
        for prompt in [f"{cases[n % len(cases)].correction.prompt} ({n // len(cases)})"]
    ]  # fmt: skip
    async with database.sessions.begin() as session:
        await session.execute(insert(CorrectionRow), rows)
        await note_taught(session, Scope.GUILD, guild)
    return cases[1].paraphrases[0]


async def measured(database: Database, language: str, count: int) -> Loading:
    """Measure one language, in a guild of its own."""
    guild, name = LANGUAGES[language]
    question = await teach(database, guild, name, count)
    maker = index_maker(RecallMethod.AUTO, functools.partial(WeightsCache().fetch, ENGLISH_WEIGHTS))

    def fresh() -> Recall:
        """A ``Recall`` with nothing loaded, as after a restart."""
        return Recall(CorrectionQueries(database).taught, maker, MemoryStore(database).taught)

    async def stored() -> tuple[int, int]:
        which = RecallVectorRow.scope_id == guild
        wanted = select(func.count(), func.coalesce(func.sum(func.length(RecallVectorRow.vectors)), 0)).where(which)
        async with database.sessions() as session:
            rows, size = (await session.execute(wanted)).one()
            return rows, size

    began_s, first = time.perf_counter(), fresh()
    await first.near(guild, question)
    # A correction that is not in English has two rows: one that says so, and one with its vectors.
    while (await stored())[0] < count * (1 if language == "English" else 2):
        await asyncio.sleep(0.2)
    worked_out_s = time.perf_counter() - began_s
    await first.close()
    began_s, second = time.perf_counter(), fresh()
    assert await second.near(guild, question), "something is near"
    loaded_s, began_s = time.perf_counter() - began_s, time.perf_counter()
    await second.near(guild, question)
    question_ms = 1000 * (time.perf_counter() - began_s)
    await second.close()
    return Loading(language, count, worked_out_s, loaded_s, question_ms, (await stored())[1])


def table(found: Sequence[Loading]) -> str:
    """``found`` in Markdown."""
    lines = [
        "| corrections | worked out, the first time | loaded, after a restart | the next question | vectors stored |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {one.corrections:,}, {one.language} | {one.worked_out_s:.0f} s | {one.loaded_s:.2f} s "
        f"| {one.question_ms:.0f} ms | {one.stored_bytes / 2**20:.1f} MiB |"
        for one in found
    ]
    return "\n".join(lines)


async def main(url: str, count: int, languages: Sequence[str]) -> list[Loading]:
    database = await Database.open(url)
    try:
        return [await measured(database, language, count) for language in languages]
    finally:
        await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", metavar="URL", help="an empty one; default: an SQLite file that is deleted")
    parser.add_argument("--corrections", type=int, default=5_000)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--write", type=Path, metavar="FILE", help="a page with a place for the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/starling.db"
        tell(table(asyncio.run(main(url, options.corrections, options.languages))), options.write, "loading")
