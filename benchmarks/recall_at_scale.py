"""Recall with many corrections: the project's own and those of a file, asked for with paraphrases."""

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
"""How many corrections of the file are added to the project's own, as far as the file has as many."""
LANGUAGES = {"english": "english.tsv", "russian": "russian.tsv"}


@dataclass(frozen=True, slots=True)
class Measured:
    """The results of one index in one language; shares are from 0 to 1."""

    language: str
    corrections: int
    found_first: float
    """The share of the paraphrases that recall their own correction first."""
    found_among_three: float
    wrongly_recalled: float
    """The share of the questions that no correction answers that recall one anyway."""
    everyday_wrongly_recalled: float
    """The same for everyday questions."""
    ms: float
    """The median time per question."""


@dataclass(frozen=True, slots=True)
class Files:
    """The input files."""

    corrections: Path
    """One correction per line: question, tab, answer."""
    questions: Path
    """One question per line, which no correction answers."""
    paraphrases: Path | None
    """One correction per line: its question and its paraphrases, separated by tabs. If neither the project nor the file
    of corrections has the question, the second column is its answer."""


class FileError(Exception):
    """Raised when a file is empty or a line has too few columns."""


def rows_in(path: Path, columns: int = 1) -> list[list[str]]:
    """The non-empty lines of ``path``, split at tabs.

    Raises:
        FileError: a line has fewer than ``columns`` non-empty columns, or there are no lines.
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
"""Returns what an index recalls for a question."""


def by_score(index: Index, question: str) -> Sequence[ApprovedCorrection]:
    """The three best corrections at most, of those above the index's threshold."""
    return index.best(question, 3)


def measured(files: Files, made: dict[str, Index], best: Best = by_score) -> Iterator[Measured]:
    """Measure each language and size. ``made``: an empty index per language. ``best``: how an index is queried."""
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
            # As on a server where both languages are spoken.
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
    """The project's cases, with further paraphrases from ``paraphrases``; the cases that ``paraphrases`` makes of other
    corrections in the language; and the corrections to add to the project's own, those of these cases first."""
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
    """Those of ``texts`` that are in the language, or all of them if none are."""
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
