"""Zips of tables and JSON are unpacked where they can do no harm."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.datasets.problems import Problem, UploadRefusedError
from bot.datasets.several_files import read_files
from bot.datasets.unpacking import MAX_FILES, ReadableFile, parted, unpacked

ADA, BORIS = 5, 6
NOW = datetime(2026, 11, 26, tzinfo=UTC)
ROWS = b"prompt,answer\nWhere?,Here\n"


def packed(*files: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files:
            zipped.writestr(name, content)
    return sink.getvalue()


def test_what_can_be_read_is_taken_and_the_rest_passed_over() -> None:
    data = packed(
        ("data/вопросы.csv", ROWS), ("data/", b""), ("b.JSON", b"[]"), ("README.txt", b"x"),
        ("__MACOSX/._b.json", b"x"), (".hidden.csv", b"x"),
    )  # fmt: skip
    assert parted(unpacked(data)) == [ReadableFile("data/вопросы.csv", ROWS), ReadableFile("b.JSON", b"[]")]


def _lying(data: bytes) -> bytes:
    """``data`` whose directory states a smaller size than its file unpacks to."""
    at = data.index(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", 10) + data[at + 28 :]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: packed(("../../a.csv", ROWS)), "leads out of its folder"),
        (lambda: packed(("C:/a.csv", ROWS)), "leads out of its folder"),
        (lambda: packed(("a.csv", bytes(9 << 20))), "`a.csv` is larger than 8 MB."),
        (
            lambda: packed(*((f"{n}.csv", bytes(7 << 20)) for n in range(5))),
            "Unpacked, the zip would be larger than 32 MB.",
        ),
        (lambda: packed(*((f"{n}.csv", b"") for n in range(MAX_FILES + 1))), "There are more than 200 files"),
        (lambda: packed(("a.csv", ROWS))[:-30], "This zip is damaged"),
        (lambda: _lying(packed(("a.csv", bytes(20 << 20)))), "This zip is damaged"),
    ],
)
def test_what_would_do_harm_is_refused(made: Callable[[], bytes], told: str) -> None:
    with pytest.raises(Problem) as refused:
        parted(unpacked(made()))
    assert told in str(refused.value.message)


def test_everything_that_is_wrong_is_told_by_file_and_line_and_who_gave_what_is_kept() -> None:
    good = [ReadableFile("a.csv", ROWS), ReadableFile("b.jsonl", b'{"prompt": "Who?", "answer": "I"}', BORIS)]
    examples = read_files("z.zip", good, ADA, NOW, positive=False)
    assert [(each.prompt, each.rejected, each.given_by) for each in examples] == [
        ("Where?", "Here", ADA),
        ("Who?", "I", BORIS),
    ]
    bad = [*good, ReadableFile("c/d.csv", ROWS + b"a,b,c\n"), ReadableFile("e.json", b"[{]")]
    with pytest.raises(UploadRefusedError) as refused:
        read_files("z.zip", bad, ADA, NOW, positive=True)
    assert [str(problem) for problem in refused.value.problems] == [
        "`c/d.csv`: Line 3: Its cells (3) do not match the columns (2).",
        "`e.json`: Line 1 is not valid JSON, from character 3 on (Expecting property name enclosed in double quotes).",
    ]
    many = [ReadableFile(f"{n}.csv", b"prompt,answer\n" + b"x\n" * 9) for n in range(9)]
    with pytest.raises(UploadRefusedError) as refused:
        read_files("z.zip", many, ADA, NOW, positive=True)
    assert len(refused.value.problems) == 21
    with pytest.raises(UploadRefusedError, match="There is no CSV, JSON or JSONL file in it"):
        read_files("z.zip", [], ADA, NOW, positive=True)
