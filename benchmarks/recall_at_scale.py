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
    """A line a correction asked for in other words: its question, a tab, and each paraphrase after a tab. Where neither
    the project nor the file of corrections has the question, the second column is its answer."""


class FileError(Exception):
    """Raised when a line of a file has not what it should have."""


def rows_in(path: Path, columns: int = 1) -> list[list[str]]:
    """The lines of ``path`` that are not empty, at their tabs.

    Raises:
        FileError: one has fewer columns than ``columns``, or there is none at all.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        row = [cell.strip() for cell in line.split("\t")]
        if len([cell for cell in row if cell]) < columns:
            raise FileError(f"{path}, line {number}: there should be {columns} columns, at tabs")
        rows.append(row)
    if not rows:
        raise FileError(f"{path} is empty")
    return rows


Best = Callable[[Index, str], Sequence[ApprovedCorrection]]
"""What an index recalls for a question."""


def by_score(index: Index, question: str) -> Sequence[ApprovedCorrection]:
    """What is above the threshold."""
    return index.best(question, 3)


def measured(files: Files, made: dict[str, Index], best: Best = by_score) -> Iterator[Measured]:
    """Each size and language, with the empty index ``made`` for it; ``best`` asks it."""
    beside = [
        ApprovedCorrection(f"file-{n}", 10_000 + n, row[0], row[1])
        for n, row in enumerate(rows_in(files.corrections, 2))
    ]
    questions = [row[0] for row in rows_in(files.questions)]
    everyday = lines_in("unrelated.tsv")
    paraphrases = [] if files.paraphrases is None else rows_in(files.paraphrases, 2)
    for language, name in LANGUAGES.items():
        english = language == "english"
        own, asked_for, further = _cases(cases_in(name), beside, paraphrases, english=english)
        asked = _of_language(questions, english=english)
        for size in sorted({min(size, len(further)) for size in BESIDE}):
            index = made[language]
            held = [*(case.correction for case in own), *further[:size]]
            # As on a server where both are spoken.
            fill(index, held, own[0].paraphrases[0])
            there = {correction.id for correction in held}
            cases = [*own, *(case for case in asked_for if case.correction.id in there)]
            yield _measured(
                language, partial(best, index), cases, len(held), asked, _of_language(everyday, english=english)
            )


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


def _cases(
    own: Sequence[Case], beside: Sequence[ApprovedCorrection], paraphrases: Sequence[Sequence[str]], *, english: bool
) -> tuple[list[Case], list[Case], list[ApprovedCorrection]]:
    """The project's cases, with the ``paraphrases`` that are of them; those that are of others of the language; and the
    corrections beside the project's own, of which those come first that are asked for."""
    by_question = {case.correction.prompt: case for case in own}
    known = {correction.prompt: correction for correction in beside}
    asked_for: list[Case] = []
    for n, row in enumerate(paraphrases):
        question, texts = row[0], tuple(text for text in row[1:] if text)
        if (case := by_question.get(question)) is not None:
            more = tuple(text for text in texts if text != case.correction.answer)
            by_question[question] = Case(case.correction, (*case.paraphrases, *more))
        elif is_english(question) == english:
            found = known.get(question) or ApprovedCorrection(f"further-{n}", 5_000 + n, question, texts[0])
            asked_for.append(Case(found, tuple(text for text in texts if text != found.answer)))
    first = {case.correction.id: case.correction for case in asked_for}
    others = [one for one in beside if one.id not in first and one.prompt not in by_question]
    return list(by_question.values()), asked_for, [*first.values(), *others]


def _of_language(texts: Sequence[str], *, english: bool) -> list[str]:
    """Those of the language; all of them where there are none."""
    return [text for text in texts if is_english(text) == english] or list(texts)


def _measured(
    language: str,
    recalled: Callable[[str], Sequence[ApprovedCorrection]],
    cases: Sequence[Case],
    corrections: int,
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
        corrections=corrections,
        found_first=statistics.fmean(list(best[:1]) == [correction] for correction, best in found),
        found_among_three=statistics.fmean(correction in best for correction, best in found),
        wrongly_recalled=statistics.fmean(wrong),
        everyday_wrongly_recalled=statistics.fmean(also_wrong),
        ms=1000 * statistics.median(taken_s),
    )
