"""An index that stays accurate as it grows: English is searched in an embedding of its own, and everything else in a
multilingual one."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from audio import detect_language
from bot.corrections.correction import ApprovedCorrection
from bot.recall.embeddings import EmbeddingChoice
from bot.recall.indexes import CANDIDATES, Kept, RecallMatch, one_answer_each, text_bytes
from bot.recall.neighbourhoods import Neighbourhoods

_OTHER_LANGUAGE = b""
"""Stored as the English vector of a question that is not English, so that its language is not detected again."""


class EmbeddingSpace:
    """Corrections in one embedding."""

    def __init__(self, embedding: EmbeddingChoice) -> None:
        self.embedding = embedding
        self._corrections: tuple[ApprovedCorrection, ...] = ()
        self._neighbourhoods: Neighbourhoods | None = None

    @property
    def size_bytes(self) -> int:
        """Its size in memory."""
        return 0 if self._neighbourhoods is None else self._neighbourhoods.size_bytes

    def replace(self, corrections: Sequence[ApprovedCorrection], kept: Mapping[int, bytes]) -> None:
        """Replace the contents by ``corrections``; ``kept`` has the stored vectors of each, by number."""
        self._corrections, self._neighbourhoods = tuple(corrections), None
        if corrections:
            known, asked = self.embedding.vectors([kept[one.number] for one in corrections])
            everyday = self.embedding.load().everyday()
            chosen = self.embedding
            self._neighbourhoods = Neighbourhoods(known, asked, *everyday, chosen.prior, chosen.max_raise)

    def near(self, question: str, count: int) -> list[RecallMatch]:
        """At most ``count`` corrections, the nearest first, however far away they are."""
        if self._neighbourhoods is None:
            return []
        scores = self._neighbourhoods.scores(self.embedding.load().asked(question))
        nearest = np.argsort(-scores, kind="stable")[:count]
        margins = scores - self._neighbourhoods.threshold
        return [RecallMatch(self._corrections[n], float(margins[n]), self.embedding.reach) for n in nearest]


class CalibratedIndex:
    """An ``Index`` whose thresholds are learnt from what it holds (see ``neighbourhoods``)."""

    def __init__(self, english: EmbeddingChoice | None, every: EmbeddingChoice) -> None:
        """``english`` is for English questions; if it is None, ``every`` is used for these too."""
        self._english = None if english is None else EmbeddingSpace(english)
        self._every = EmbeddingSpace(every)
        self._corrections: tuple[ApprovedCorrection, ...] = ()
        self._kept_english: Mapping[int, bytes] = {}
        self._in_every: frozenset[int] = frozenset()
        self._lacking: Sequence[ApprovedCorrection] = ()
        self._all_languages = english is None
        """Whether English corrections are in the multilingual space as well: only once somebody has asked in another
        language, or if there is no English embedding."""
        self._lock = threading.Lock()
        self._widening = threading.Lock()
        """Held while the multilingual embedding is loaded."""

    @property
    def embeddings(self) -> Sequence[str]:
        """See ``Index``."""
        return [space.embedding.key for space in (self._english, self._every) if space is not None]

    @property
    def size_bytes(self) -> int:
        """See ``Index``."""
        spaces = [space.size_bytes for space in (self._english, self._every) if space is not None]
        return text_bytes(self._corrections) + sum(spaces)

    def replace(self, corrections: Sequence[ApprovedCorrection], kept: Kept) -> None:
        """See ``Index``."""
        in_every = kept.get(self._every.embedding.key, {})
        with self._lock:
            self._corrections, self._in_every = tuple(corrections), frozenset(in_every)
            every = corrections
            if self._english is not None:
                of_english = kept.get(self._english.embedding.key, {})
                english = [one for one in corrections if of_english.get(one.number, _OTHER_LANGUAGE)]
                self._english.replace(english, of_english)
                # From here on it only matters whether each is English, for which one byte is enough.
                self._kept_english = {number: data[:1] for number, data in of_english.items()}
                if not self._all_languages:
                    every = [one for one in corrections if self._kept_english.get(one.number) == _OTHER_LANGUAGE]
            self._every.replace([one for one in every if one.number in in_every], in_every)
            self._lacking = [one for one in corrections if self._lacks_english(one) or self._lacks_every(one)]

    def lacking(self) -> Sequence[ApprovedCorrection]:
        """See ``Index``."""
        return self._lacking

    def work_out(self, corrections: Collection[ApprovedCorrection]) -> Kept:
        """See ``Index``."""
        found: dict[str, dict[int, bytes]] = {}
        told: dict[int, bytes] = {}
        if self._english is not None:
            asked = [one for one in corrections if self._lacks_english(one)]
            english = [one for one in asked if is_english(one.prompt)]
            told = {one.number: _OTHER_LANGUAGE for one in asked} | _kept(self._english.embedding, english)
            found[self._english.embedding.key] = told
        others = [one for one in corrections if self._lacks_every(one, told)]
        found[self._every.embedding.key] = _kept(self._every.embedding, others)
        return found

    def _lacks_english(self, one: ApprovedCorrection) -> bool:
        return self._english is not None and one.number not in self._kept_english

    def _lacks_every(self, one: ApprovedCorrection, told: Mapping[int, bytes] = MappingProxyType({})) -> bool:
        """Whether ``one`` lacks vectors in the multilingual space, as far as its language is known or was just
        ``told``."""
        known = told.get(one.number, self._kept_english.get(one.number))
        return (self._all_languages or known == _OTHER_LANGUAGE) and one.number not in self._in_every

    def load_for(self, question: str) -> None:
        """See ``Index``."""
        space = self._english if self._english is not None and is_english(question) else self._every
        space.embedding.load().everyday()

    def widens_for(self, question: str) -> bool:
        """See ``Index``."""
        if self._all_languages or is_english(question):
            return False
        with self._widening:
            if self._all_languages:
                return False
            if self._corrections:
                self._every.embedding.load().everyday()
            self._all_languages = True
            return True

    def best(self, question: str, limit: int) -> list[ApprovedCorrection]:
        """See ``Index``."""
        return [near.correction for near in self.near(question, limit) if near.margin >= 0]

    def near(self, question: str, limit: int) -> list[RecallMatch]:
        """At most ``limit`` corrections, the nearest first, however far away they are; see ``one_answer_each``."""
        with self._lock:
            found = self._every.near(question, CANDIDATES)
            if self._english is not None and is_english(question):
                others = [near for near in found if not self._kept_english.get(near.correction.number)]
                both = [*self._english.near(question, CANDIDATES), *others]
                found = heapq.nlargest(CANDIDATES, both, key=lambda near: near.margin)
        return one_answer_each(found, question)[:limit]


def _kept(embedding: EmbeddingChoice, corrections: Sequence[ApprovedCorrection]) -> dict[int, bytes]:
    if not corrections:
        return {}
    made = embedding.kept([one.prompt for one in corrections])
    return dict(zip((one.number for one in corrections), made, strict=True))


def is_english(text: str) -> bool:
    """Whether ``text`` is English, or too short to tell but in letters that English uses."""
    return detect_language(text, "en") == "en"
