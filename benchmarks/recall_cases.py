"""The corrections and paraphrases that recall is measured with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.corrections.correction import ApprovedCorrection
from bot.recall.indexes import Index

DATA = Path(__file__).parent / "recall_data"


@dataclass(frozen=True, slots=True)
class Case:
    """A correction, and paraphrases of its question."""

    correction: ApprovedCorrection
    paraphrases: tuple[str, ...]

    def is_right(self, answer: str) -> bool:
        """Whether ``answer`` contains the key words of the correction's answer: its names and numbers except the first,
        which usually is the sentence's capitalised first word, or else its last word that is not in the question."""
        asked = set(re.findall(r"\w+", self.correction.prompt.lower()))
        words = re.findall(r"\w+", self.correction.answer.lower())
        wanted = [word for word in words if word not in asked and len(word) > 1]
        named = re.findall(r"[A-Z]\w+|\d[\d:.]*\d|\d+", self.correction.answer)[1:] or wanted[-1:]
        return all(word.lower() in answer.lower() for word in named)


def fill(index: Index, corrections: Sequence[ApprovedCorrection], question: str = "What?") -> None:
    """Fill ``index`` with ``corrections``, ready for questions in the language of ``question``."""
    index.widens_for(question)
    index.replace(corrections, {})
    index.replace(corrections, index.work_out(index.lacking()))


def cases_in(name: str) -> list[Case]:
    """The cases in the file ``name`` of ``recall_data``, which has those of one language."""
    rows = [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
    return [Case(ApprovedCorrection(f"{name}-{n}", n, row[0], row[1]), tuple(row[2:])) for n, row in enumerate(rows)]


def lines_in(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()
