"""Indexes in which the corrections of a guild or a person are searched."""

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
"""How far below the threshold a correction may score for the chat model to be asked whether it applies. With 20 to
1,020 corrections in English, 95 to 100 of 100 paraphrases score above that, as do a fifth to a third of other
questions."""


@dataclass(frozen=True, slots=True)
class RecallMatch:
    """A correction that comes near to a question."""

    correction: ApprovedCorrection
    margin: float
    """How far its score is above the threshold; below 0, it most probably has nothing to do with the question."""
    reach: float = REACH
    """With a negative margin of no more than this, it may still have something to do with the question."""
    is_word_for_word: bool = False
    """Whether the question is asked in the very words that were taught."""


Kept = Mapping[str, Mapping[int, bytes]]
"""The stored vectors of corrections, by the key of the embedding and by the correction's number."""


class Index(Protocol):
    """A searchable set of corrections. Methods block; ``replace`` is called before any other except ``load_for``."""

    @property
    def embeddings(self) -> Sequence[str]:
        """The keys of the embeddings whose vectors are worth storing; often none."""

    @property
    def size_bytes(self) -> int:
        """Its approximate size in memory."""

    def replace(self, corrections: Sequence[ApprovedCorrection], kept: Kept) -> None:
        """Replace the contents of the index by ``corrections``; those that are ``lacking`` cannot be found yet."""

    def lacking(self) -> Sequence[ApprovedCorrection]:
        """The corrections whose vectors have yet to be computed and stored; ``replace`` is then called again with
        these."""

    def work_out(self, corrections: Collection[ApprovedCorrection]) -> Kept:
        """Compute what ``corrections`` lack, which takes some milliseconds each. The index is not changed, and other
        threads may use it meanwhile."""

    def load_for(self, question: str) -> None:
        """Load what is needed to recall ``question`` once it is taught, which takes seconds; does nothing if that is
        already loaded. May be called whatever the index holds, even before ``replace``."""

    def widens_for(self, question: str) -> bool:
        """Whether ``replace`` has to be called again before ``question`` is searched for. Loads what that needs, which
        takes seconds; other threads may use the index meanwhile."""

    def best(self, question: str, limit: int) -> list[ApprovedCorrection]:
        """At most ``limit`` corrections that are about ``question``, the likeliest first; often none."""

    def near(self, question: str, limit: int) -> list[RecallMatch]:
        """At most ``limit`` corrections, the likeliest first, including those below the threshold where the index can
        give them."""


CANDIDATES = 8
"""How many of the nearest corrections are considered, before those that ask the same are merged."""


def one_answer_each(found: Iterable[RecallMatch], question: str) -> list[RecallMatch]:
    """Merge the matches of ``found`` with the same question into one, at the rank of the first but with the latest
    correction, whose answer is the current one.

    If ``question`` is word for word one of these questions, only its match is returned: whatever else is near asks
    something else.
    """
    latest: dict[str, RecallMatch] = {}
    for near in found:
        key = key_of_text(near.correction.prompt)
        if key not in latest or latest[key].correction.number < near.correction.number:
            latest[key] = near if key not in latest else replace(latest[key], correction=near.correction)
    asked = latest.get(key_of_text(question))
    return list(latest.values()) if asked is None else [asked]


class _WholeIndex:
    """The base of indexes that ``replace`` completes at once, as nothing takes long to compute."""

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
    """The approximate size of ``corrections`` in memory."""
    return sum(_OBJECT_BYTES + 2 * (len(one.prompt) + len(one.answer)) for one in corrections)


_OBJECT_BYTES = 400


class MeaningIndex(_WholeIndex):
    """Searches by meaning. Vectors of known questions are not computed again when other corrections come or go."""

    def __init__(self, retriever: Callable[[], Retriever]) -> None:
        """``retriever`` is called once there is something to search; the first call may take a second."""
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
        # BLAS would wake a thread on each core, which takes longer than the whole product.
        scores = np.einsum("ld,d->l", self._vectors, retriever.asked(question)[0])
        likeliest = np.argsort(-scores, kind="stable")[: max(limit, CANDIDATES)]
        found = [RecallMatch(self._corrections[n], float(scores[n]) - retriever.threshold) for n in likeliest]
        return one_answer_each(found, question)[:limit]


SHARED_WORDS = 0.45
"""The least score of a match, as a share of what the correction scores when it is asked for in its own words."""


class WordIndex(_WholeIndex):
    """Searches by words (SQLite's full-text search with Porter stemming), for when no text embeddings are installed."""

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
        """See ``Index``; only those at or above the threshold."""
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
        """The score of a correction when it is asked for in its own words."""
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", self._corrections[n].prompt[:400]))
        row = self._database.execute(
            "SELECT -bm25(corrections) FROM corrections WHERE corrections MATCH ? AND rowid = ?", (words, n)
        ).fetchone()
        return float(row[0]) if row else float("inf")
