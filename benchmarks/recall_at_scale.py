"""Recall with many corrections: the project's own first, those of a file beside them, asked for in other words."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks.recall_cases import Case, cases_in, fill, lines_in
from bot.corrections.correction import ApprovedCorrection
from bot.recall.calibrated import is_english
from bot.recall.indexes import Index

BESIDE = (0, 100, 300, 1000, 3000, 5000)
"""So many corrections of the file beside the project's own, as far as it has them."""
LANGUAGES = {"english": "english.tsv", "russian": "russian.tsv"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one index does in one language; shares from 0 to 1."""

    language: str
    corrections: int
    found_first: float
    """Of the paraphrases, those that recall their own correction before others."""
    found_among_three: float
    wrongly_recalled: float
    """Of the questions that no correction answers, those that recall any."""
    everyday_wrongly_recalled: float
    """As that, of questions that people ask everywhere."""
    ms: float
    """A question, the median."""


@dataclass(frozen=True, slots=True)
class Files:
    """What is asked of the measurement."""

    corrections: Path
    """A line a correction: question, tab, answer."""
    questions: Path
    """A line a question that none of them answers."""
    paraphrases: Path | None
    """A line a correction asked for in other words: its question, a tab, and each paraphrase after a tab. Where the
    corrections do not have the question, the second column is its answer."""


def rows_in(path: Path) -> list[list[str]]:
    """The lines of ``path`` that are not empty, at their tabs."""
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


Best = Callable[[Index, str], Sequence[ApprovedCorrection]]
"""What an index recalls for a question."""


def by_score(index: Index, question: str) -> Sequence[ApprovedCorrection]:
    """What is above the threshold."""
    return index.best(question, 3)


def measured(files: Files, made: dict[str, Index], best: Best = by_score) -> Iterator[Measured]:
    """Each size and language, with the empty index ``made`` for it; ``best`` asks it."""
    beside = [
        ApprovedCorrection(f"file-{n}", 10_000 + n, row[0], row[1]) for n, row in enumerate(rows_in(files.corrections))
    ]
    questions = [row[0] for row in rows_in(files.questions)]
    everyday = lines_in("unrelated.tsv")
    for language, name in LANGUAGES.items():
        english = language == "english"
        cases = cases_in(name) + [
            case for case in _further(files.paraphrases, beside) if is_english(case.correction.prompt) == english
        ]
        first = {case.correction.id for case in cases}
        further = [correction for correction in beside if correction.id not in first]
        asked = _of_language(questions, english=english)
        sizes = sorted({min(size, len(further)) for size in BESIDE})
        for size in sizes:
            index = made[language]
            fill(index, [*(case.correction for case in cases), *further[:size]], asked[0])
            yield _measured(language, partial(best, index), cases, size, asked, _of_language(everyday, english=english))


def table(found: Sequence[Measured]) -> str:
    """``found`` in Markdown, a row for each size and language."""
    lines = [
        "| language | corrections | found first | among three | other questions that recall something "
        "| everyday questions that do | ms a question |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in found:
        shares = (one.found_first, one.found_among_three, one.wrongly_recalled, one.everyday_wrongly_recalled)
        cells = " | ".join(f"{100 * share:.0f} %" for share in shares)
        lines.append(f"| {one.language.title()} | {one.corrections:,} | {cells} | {one.ms:.0f} |")
    return "\n".join(lines)


def as_json(one: Measured) -> dict[str, object]:
    """``one`` with its numbers rounded."""
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(one).items()}


def _further(path: Path | None, beside: Sequence[ApprovedCorrection]) -> list[Case]:
    known = {correction.prompt: correction for correction in beside}
    cases: list[Case] = []
    for n, row in enumerate([] if path is None else rows_in(path)):
        if (correction := known.get(row[0])) is not None:
            cases.append(Case(correction, tuple(text for text in row[1:] if text != correction.answer)))
        else:
            cases.append(Case(ApprovedCorrection(f"further-{n}", 5_000 + n, row[0], row[1]), tuple(row[2:])))
    return cases


def _of_language(texts: Sequence[str], *, english: bool) -> list[str]:
    """Those of the language; all of them where there are none."""
    return [text for text in texts if is_english(text) == english] or list(texts)


def _measured(
    language: str,
    recalled: Callable[[str], Sequence[ApprovedCorrection]],
    cases: Sequence[Case],
    size: int,
    questions: Sequence[str],
    everyday: Sequence[str],
) -> Measured:
    recalled(questions[0])
    taken_s: list[float] = []

    def best(text: str) -> Sequence[ApprovedCorrection]:
        began_s = time.perf_counter()
        found = recalled(text)
        taken_s.append(time.perf_counter() - began_s)
        return found

    found = [(case.correction, best(text)) for case in cases for text in case.paraphrases]
    wrong, also_wrong = ([bool(best(text)) for text in texts] for texts in (questions, everyday))
    return Measured(
        language=language,
        corrections=len(cases) + size,
        found_first=statistics.fmean(list(best[:1]) == [correction] for correction, best in found),
        found_among_three=statistics.fmean(correction in best for correction, best in found),
        wrongly_recalled=statistics.fmean(wrong),
        everyday_wrongly_recalled=statistics.fmean(also_wrong),
        ms=1000 * statistics.median(taken_s),
    )
