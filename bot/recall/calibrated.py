"""The index that holds as it grows: English among English, everything else in one space of all languages."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence

import numpy as np

from audio import detect_language
from bot.corrections.correction import ApprovedCorrection
from bot.recall.embeddings import Embedding
from bot.recall.indexes import CANDIDATES, RecallMatch, one_answer_each
from bot.recall.neighbourhoods import Neighbourhoods
from bot.recall.retrievers import Vectors


class EmbeddingSpace:
    """Corrections in one embedding. What is known already is not worked out again when others come or go."""

    def __init__(self, embedding: Callable[[], Embedding], prior: float) -> None:
        """``embedding`` is called where there is something to search, and may take a second the first time; ``prior``
        is its threshold where there are no corrections yet."""
        self._embedding = embedding
        self._prior = prior
        self._corrections: tuple[ApprovedCorrection, ...] = ()
        self._vectors: dict[str, tuple[Vectors, Vectors]] = {}
        """Of each question: as it is known, and as it is asked."""
        self._neighbourhoods: Neighbourhoods | None = None

    def replace(self, corrections: Sequence[ApprovedCorrection]) -> None:
        """See ``Index``."""
        if tuple(corrections) == self._corrections:
            return
        prompts = dict.fromkeys(correction.prompt for correction in corrections)
        if not prompts:
            self._corrections, self._vectors, self._neighbourhoods = (), {}, None
            return
        embedding = self._embedding()
        if new := [prompt for prompt in prompts if prompt not in self._vectors]:
            self._vectors |= {
                prompt: (known, asked) for prompt, known, asked in zip(new, *embedding.both(new), strict=True)
            }
        self._vectors = {prompt: self._vectors[prompt] for prompt in prompts}
        known, asked = (
            np.stack([self._vectors[correction.prompt][side] for correction in corrections]) for side in (0, 1)
        )
        self._neighbourhoods = Neighbourhoods(known, asked, *embedding.everyday(), self._prior)
        self._corrections = tuple(corrections)

    def near(self, question: str, count: int) -> list[RecallMatch]:
        """At most ``count`` corrections, the nearest first, however far they are."""
        if self._neighbourhoods is None:
            return []
        scores = self._neighbourhoods.scores(self._embedding().asked(question))
        nearest = np.argsort(-scores, kind="stable")[:count]
        return [RecallMatch(self._corrections[n], float(scores[n]) - self._neighbourhoods.threshold) for n in nearest]


class CalibratedIndex:
    """An ``Index`` whose thresholds are learnt from what it holds (see ``neighbourhoods``)."""

    def __init__(self, english: EmbeddingSpace | None, every: EmbeddingSpace) -> None:
        """``english``: for English questions and answers; where it is None, ``every`` is for these too."""
        self._english = english
        self._every = every
        self._corrections: tuple[ApprovedCorrection, ...] = ()
        self._all_languages = english is None
        """Whether somebody has asked in another language: only then is what is English looked at in it."""
        self._lock = threading.Lock()

    def replace(self, corrections: Sequence[ApprovedCorrection]) -> None:
        """See ``Index``."""
        self._corrections = tuple(corrections)
        if self._english is None:
            self._every.replace(corrections)
            return
        self._english.replace([correction for correction in corrections if is_english(correction.prompt)])
        self._every.replace(
            self._corrections if self._all_languages else [one for one in corrections if not is_english(one.prompt)]
        )

    def best(self, question: str, limit: int) -> list[ApprovedCorrection]:
        """See ``Index``."""
        return [near.correction for near in self.near(question, limit) if near.margin >= 0]

    def near(self, question: str, limit: int) -> list[RecallMatch]:
        """At most ``limit`` corrections, the nearest first, however far they are; of those that ask the same, only the
        latest."""
        with self._lock:
            if self._english is None:
                found = self._every.near(question, CANDIDATES)
            elif is_english(question):
                others = [
                    near for near in self._every.near(question, CANDIDATES) if not is_english(near.correction.prompt)
                ]
                both = [*self._english.near(question, CANDIDATES), *others]
                found = heapq.nlargest(CANDIDATES, both, key=lambda near: near.margin)
            else:
                if not self._all_languages:
                    self._all_languages = True
                    self._every.replace(self._corrections)
                found = self._every.near(question, CANDIDATES)
        return one_answer_each(found)[:limit]


def is_english(text: str) -> bool:
    """Whether ``text`` is English, or too short to tell and in its letters."""
    return detect_language(text, "en") == "en"
