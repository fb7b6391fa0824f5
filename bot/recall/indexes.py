"""What a guild has approved, ready to be searched."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from bot.corrections.correction import ApprovedCorrection
from bot.datasets.text_fingerprint import key_of_text
from bot.recall.everyday_vectors import Vectors
from bot.recall.retrievers import Retriever

REACH = 0.08
"""So far below the threshold a chat model is asked whether a correction applies: with 20 to 1,020 in English, 95 to 100
of 100 paraphrases are above that, and a fifth to a third of other questions."""


@dataclass(frozen=True, slots=True)
class RecallMatch:
    """A correction that comes near to a question."""

    correction: ApprovedCorrection
    margin: float
    """By how much its score is above the threshold; below 0, it most probably has nothing to do with the question."""
    reach: float = REACH
    """Where the margin is below 0 by no more than that, it may have."""
    is_word_for_word: bool = False
    """Whether it is asked for in the words that were taught."""


Kept = Mapping[str, Mapping[int, bytes]]
"""What embeddings make of corrections, as it is stored: by what the embedding is known as, and by their numbers."""


class Index(Protocol):
    """Blocking; ``replace`` is called before the others, but for ``load_for``."""

    @property
    def embeddings(self) -> Sequence[str]:
        """What those embeddings are known as whose work is worth to be stored; often none."""

    @property
    def size_bytes(self) -> int:
        """What it takes of the memory, about."""

    def replace(self, corrections: Sequence[ApprovedCorrection], kept: Kept) -> None:
        """Hold ``corrections`` and nothing else from now on; those that are lacking cannot be found yet."""

    def lacking(self) -> Sequence[ApprovedCorrection]:
        """Corrections of which something has to be worked out and kept, with which ``replace`` is called again."""

    def work_out(self, corrections: Collection[ApprovedCorrection]) -> Kept:
        """What is lacking of ``corrections``: some milliseconds each. The index stays as it is; in the middle of this
        another thread may use it."""

    def load_for(self, question: str) -> None:
        """Load what ``question`` is recalled by once it is taught, which takes seconds; nothing where that was loaded
        before. Called whatever the index holds, and before ``replace`` as well."""

    def widens_for(self, question: str) -> bool:
        """Whether ``replace`` has to be called again before ``question`` is asked. Loads what that needs, which takes
        seconds; meanwhile another thread may use the index."""

    def best(self, question: str, limit: int) -> list[ApprovedCorrection]:
        """At most ``limit`` corrections that are about ``question``, the likeliest first; often none."""

    def near(self, question: str, limit: int) -> list[RecallMatch]:
        """At most ``limit`` corrections, the likeliest first, those below the threshold too where they are known."""


CANDIDATES = 8
"""Corrections that are looked at, of which those are left out that ask the same as another."""


def one_answer_each(found: Iterable[RecallMatch], question: str) -> list[RecallMatch]:
    """Of ``found`` with the same question the latest, in the place of the first: its answer is the one that holds.

    Where ``question`` is one of these, word for word, that one alone: whatever else comes near asks something else.
    """
    latest: dict[str, RecallMatch] = {}
    for near in found:
        key = key_of_text(near.correction.prompt)
        if key not in latest or latest[key].correction.number < near.correction.number:
            latest[key] = near if key not in latest else replace(latest[key], correction=near.correction)
    asked = latest.get(key_of_text(question))
    return list(latest.values()) if asked is None else [asked]


class _WholeIndex:
    """Holds all corrections at once: nothing of them takes long to be worked out."""

    def __init__(self) -> None:
        self._corrections: tuple[ApprovedCorrection, ...] = ()

    @property
    def embeddings(self) -> Sequence[str]:
        """See ``Index``."""
        return ()

    @property
    def size_bytes(self) -> int:
        """See ``Index``."""
        return text_bytes(self._corrections)

    def lacking(self) -> Sequence[ApprovedCorrection]:
        """See ``Index``."""
        return ()

    def work_out(self, corrections: Collection[ApprovedCorrection]) -> Kept:
        """See ``Index``."""
        return {}

    def load_for(self, question: str) -> None:
        """See ``Index``."""

    def widens_for(self, question: str) -> bool:
        """See ``Index``."""
        return False


def text_bytes(corrections: Iterable[ApprovedCorrection]) -> int:
    """What ``corrections`` take of the memory, about."""
    return sum(_OBJECT_BYTES + 2 * (len(one.prompt) + len(one.answer)) for one in corrections)


_OBJECT_BYTES = 400


class MeaningIndex(_WholeIndex):
    """Searched by meaning. What is known already is not worked out again when other corrections come or go."""

    def __init__(self, retriever: Callable[[], Retriever]) -> None:
        """``retriever`` is called where there is something to search, and may take a second the first time."""
        super().__init__()
        self._retriever = retriever
        self._vectors: Vectors = np.zeros((0, 1), np.float32)

    @property
    def size_bytes(self) -> int:
        """See ``Index``."""
        return super().size_bytes + self._vectors.nbytes

    def load_for(self, question: str) -> None:
        """See ``Index``."""
        self._retriever()

    def replace(self, corrections: Sequence[ApprovedCorrection], kept: Kept) -> None:
        """See ``Index``."""
        known = {correction.prompt: vector for correction, vector in zip(self._corrections, self._vectors, strict=True)}
        new = list({correction.prompt for correction in corrections} - known.keys())
        if new:
            known |= dict(zip(new, self._retriever().known(new), strict=True))
        self._corrections = tuple(corrections)
        self._vectors = (
            np.stack([known[correction.prompt] for correction in corrections])
            if corrections
            else np.zeros((0, 1), np.float32)
        )

    def best(self, question: str, limit: int) -> list[ApprovedCorrection]:
        """See ``Index``."""
        return [one.correction for one in self.near(question, limit) if one.margin >= 0]

    def near(self, question: str, limit: int) -> list[RecallMatch]:
        """See ``Index``."""
        if not self._corrections:
            return []
        retriever = self._retriever()
        # A product by BLAS would wake a thread for each core, which takes longer than all of it.
        scores = np.einsum("ld,d->l", self._vectors, retriever.asked(question)[0])
        likeliest = np.argsort(-scores, kind="stable")[: max(limit, CANDIDATES)]
        found = [RecallMatch(self._corrections[n], float(scores[n]) - retriever.threshold) for n in likeliest]
        return one_answer_each(found, question)[:limit]


SHARED_WORDS = 0.45
"""Of the weight of a question's words, so much must be in a correction."""


class WordIndex(_WholeIndex):
    """Searched by words (SQLite's full text with Porter's stems), where no text embeddings are installed."""

    def __init__(self) -> None:
        super().__init__()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute("CREATE VIRTUAL TABLE corrections USING fts5(prompt, tokenize='porter unicode61')")

    def replace(self, corrections: Sequence[ApprovedCorrection], kept: Kept) -> None:
        """See ``Index``."""
        self._corrections = tuple(corrections)
        with self._database:
            self._database.execute("DELETE FROM corrections")
            rows = [(n, correction.prompt) for n, correction in enumerate(corrections)]
            self._database.executemany("INSERT INTO corrections(rowid, prompt) VALUES (?, ?)", rows)

    def best(self, question: str, limit: int) -> list[ApprovedCorrection]:
        """See ``Index``."""
        return [one.correction for one in self.near(question, limit)]

    def near(self, question: str, limit: int) -> list[RecallMatch]:
        """See ``Index``; only those above the threshold."""
        words = re.findall(r"\w+", question[:400])
        if not words or not self._corrections:
            return []
        wanted = " OR ".join(f'"{word}"' for word in words)
        with contextlib.closing(
            self._database.execute(
                "SELECT rowid, -bm25(corrections) FROM corrections WHERE corrections MATCH ? ORDER BY 2 DESC LIMIT ?",
                (wanted, max(limit, CANDIDATES)),
            )
        ) as found:
            scored = found.fetchall()
        matches = [
            RecallMatch(self._corrections[n], 0.0) for n, score in scored if score >= SHARED_WORDS * self._own_score(n)
        ]
        return one_answer_each(matches, question)[:limit]

    def _own_score(self, n: int) -> float:
        """What a correction scores when it is asked for in its own words."""
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", self._corrections[n].prompt[:400]))
        row = self._database.execute(
            "SELECT -bm25(corrections) FROM corrections WHERE corrections MATCH ? AND rowid = ?", (words, n)
        ).fetchone()
        return float(row[0]) if row else float("inf")
