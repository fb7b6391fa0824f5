"""Reads uploaded CSV with any common delimiter and column names, and writes our own table, safe to open in Excel."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.datasets.example import MAX_TURNS, Example, ExampleSource, Turn
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.fields import from_fields, known
from bot.datasets.problems import Problem, Problems, at_line
from bot.errors import translatable as _
from bot.storage.file_names import shown

NO_HEADER = _("The first line must name the columns, such as {example}; I found {found}.")
WRONG_WIDTH = _("Its cells ({count}) do not match the columns ({wanted}).")
BAD_CSV = _("This is not valid CSV ({why}).")
BAD_TURNS = _("The column turns must be empty or JSON such as {example}.")
NO_ROWS = _("There are no rows below the names of the columns.")

COLUMNS = (
    *("prompt", "answer", "rejected", "system", "turns", "language", "given_by", "source", "correction_id"),
    "created_at",
)
"""Columns of the table that we write. ``correction_id`` holds the id of the correction or comparison that an example
comes from: the name dates from before comparisons gave examples."""

_CONTENT = ("prompt", "answer", "rejected", "system", "language")
_DELIMITERS = (",", ";", "\t", "|")
_HEADER = 1 << 14
"""The number of characters at the beginning in which the header line is looked for."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of cells that spreadsheets take for formulas (https://owasp.org/www-community/attacks/CSV_Injection)."""
_ESCAPE = "'"


def from_csv(text: str, origin: ExampleOrigin, problems: Problems) -> Iterator[Example]:
    """Read the examples of ``text``, a table whose first line names its columns. All cells are read as text; numbers
    and dates are not parsed."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    header: list[str] | None = None
    rows = 0
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            message = Problem(BAD_CSV, why=error).message
            problems.add(at_line(line, message))
            return
        if row is None:
            break
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = _checked_header(row)
            continue
        rows += 1
        try:
            yield _row_example(header, row, origin)
        except Problem as problem:
            problems.add(at_line(line, problem.message))
    if not rows:
        raise Problem(NO_ROWS)


def _checked_header(row: Sequence[str]) -> list[str]:
    at = known(row)
    if "prompt" not in at or not {"answer", "rejected"} & set(at):
        raise Problem(NO_HEADER, example="`prompt,answer`", found=shown(", ".join(row), 60))
    return list(row)


def _row_example(header: Sequence[str], row: Sequence[str], origin: ExampleOrigin) -> Example:
    if len(row) != len(header):
        raise Problem(WRONG_WIDTH, count=len(row), wanted=len(header))
    if tuple(header) != COLUMNS:
        return from_fields(dict(zip(header, row, strict=True)), origin)
    # Our own table, taken out of its archive and perhaps edited: it counts as given by whoever uploads it.
    cells = dict(zip(header, map(unescaped, row), strict=True))
    example = from_fields({name: cells[name] for name in _CONTENT}, origin)
    try:
        return dataclasses.replace(example, turns=_turns(cells["turns"]))
    except ValueError:
        raise Problem(BAD_TURNS, example='`[["user", "…"], ["assistant", "…"]]`') from None


def delimiter_of(text: str) -> str:
    """The delimiter that splits the first line into the most known columns and, among equals, the most columns."""
    first = next((line for line in text[:_HEADER].splitlines() if line.strip()), "")

    def columns(delimiter: str) -> tuple[int, int]:
        try:
            names = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            names = []
        return len(known(names)), len(names)

    return max(_DELIMITERS, key=columns)


def escaped(cell: str) -> str:
    """``cell``, escaped so that no spreadsheet takes it for a formula; ``unescaped`` reverses this."""
    return _ESCAPE + cell if cell.startswith((*_FORMULA, _ESCAPE)) else cell


def unescaped(cell: str) -> str:
    """The original of a cell that ``escaped`` returned."""
    return cell.removeprefix(_ESCAPE)


def table_of(examples: Iterable[Example]) -> str:
    """``examples`` as CSV in ``COLUMNS``, each cell escaped; the turns are JSON."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(COLUMNS)
    for example in examples:
        turns = [[turn.role, turn.text] for turn in example.turns]
        cells = (
            *(example.prompt, example.answer or "", example.rejected or "", example.system or ""),
            json.dumps(turns, ensure_ascii=False) if turns else "",
            *(example.language or "", str(example.given_by), example.source, example.origin_id or ""),
            example.created_at.isoformat(),
        )
        writer.writerow([escaped(cell) for cell in cells])
    return sink.getvalue()


def examples_of_table(text: str) -> list[Example]:
    """Read a table that ``table_of`` wrote.

    Raises:
        ValueError: ``text`` is not such a table.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ValueError("no CSV") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise ValueError("other columns")
    return [_written_example(row) for row in rows[1:]]


def _written_example(row: Sequence[str]) -> Example:
    cells = dict(zip(COLUMNS, map(unescaped, row), strict=True))
    created_at = datetime.fromisoformat(cells["created_at"])
    if created_at.tzinfo is None or cells["source"] not in set(ExampleSource):
        raise ValueError("a moment without its zone, or an unknown source")
    return Example(
        prompt=cells["prompt"],
        answer=cells["answer"] or None,
        rejected=cells["rejected"] or None,
        system=cells["system"] or None,
        turns=_turns(cells["turns"]),
        language=cells["language"] or None,
        given_by=int(cells["given_by"]),
        source=ExampleSource(cells["source"]),
        origin_id=cells["correction_id"] or None,
        created_at=created_at,
    )


def _turns(cell: str) -> tuple[Turn, ...]:
    """Read the turns in a cell that ``table_of`` wrote.

    Raises:
        ValueError: the cell has another form.
    """
    try:
        turns = json.loads(cell or "[]")
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(turns, list) or len(turns) > MAX_TURNS:
        raise ValueError("no list of turns")
    return tuple(_turn(turn) for turn in turns)


def _turn(turn: object) -> Turn:
    match turn:
        case ["user" | "assistant" as role, str(text)]:
            return Turn("user" if role == "user" else "assistant", text)
    raise ValueError("no turn")
