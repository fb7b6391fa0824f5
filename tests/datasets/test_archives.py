"""Archives: what others can read in them, and that they can be read back unchanged."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.datasets.archiving import MEMBERS, ArchiveSource, archive
from bot.datasets.csv_files import escaped, examples_of_table, table_of, unescaped
from bot.datasets.example import Example, ExampleSource, Turn, content_hash
from bot.datasets.problems import UploadRefusedError
from bot.datasets.reading import read_upload
from bot.datasets.signing import ArchiveSigner
from bot.datasets.splitting import split
from tests.datasets.factories import BORIS, GIVING, WHEN, said

EXAMPLES = [
    *(said(f"{verb} {number}?", f"=SUM({number})", given_by=number % 2 + 1) for number, verb in enumerate("абвгдежз")),
    said("Столица Австралии?", "Канберра", "Сидней"),
    said("@here", None, "'+1\r\n, \"x\""),
    Example(
        "And then?", "Then we went home.", None, BORIS, ExampleSource.CORRECTION,
        datetime(2026, 1, 2, 3, 4, 5, 678, UTC), system="Tell stories.",
        turns=(Turn("user", "Begin"), Turn("assistant", "-Once")), language="en",
        origin_id="c0ffee",
    ),
]  # fmt: skip
DATASET = ArchiveSource("Море 🌱", 3, WHEN)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> ArchiveSigner:
    """The signer of this installation."""
    return ArchiveSigner(tmp_path_factory.mktemp("data") / "archive.key")


def _archived(signer: ArchiveSigner) -> bytes:
    return archive(DATASET, EXAMPLES, split(EXAMPLES, seed=7), seed=7, signer=signer)


def _contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


AS_READ = [
    dataclasses.replace(example, rejected=example.rejected.replace("\r\n", "\n")) if example.rejected else example
    for example in EXAMPLES
]


def test_an_archive_comes_back_as_it_was(signer: ArchiveSigner) -> None:
    assert read_upload("море.zip", _archived(signer), GIVING, signer) == AS_READ
    assert _archived(signer) == _archived(signer)


def _forged(signer: ArchiveSigner) -> bytes:
    """An archive in which another person's words were changed, with matching hashes."""
    contents = _contents(_archived(signer))
    table = contents["dataset.csv"].replace("Канберра".encode(), "Ада крадёт".encode())
    manifest = json.loads(contents["manifest.json"])
    manifest["files"]["dataset.csv"]["sha256"] = hashlib.sha256(table).hexdigest()
    manifest["content_hash"] = content_hash(example.key for example in examples_of_table(table.decode()))
    contents |= {"dataset.csv": table, "manifest.json": json.dumps(manifest).encode()}
    return _packed(contents)


@pytest.mark.parametrize("made", ["forged", "elsewhere", "with no signature", "by an older version"])
def test_of_an_archive_that_was_not_made_here_all_is_given_by_who_uploads_it(
    tmp_path: Path, signer: ArchiveSigner, made: str
) -> None:
    elsewhere = ArchiveSigner(tmp_path / "archive.key")
    data = _forged(signer) if made == "forged" else _archived(elsewhere if made == "elsewhere" else signer)
    contents = _contents(data)
    manifest = json.loads(contents["manifest.json"])
    if made == "with no signature":
        manifest["signature"] = ["0"]
    elif made == "by an older version":
        del manifest["signature"]
    data = _packed(contents | {"manifest.json": json.dumps(manifest).encode()})
    examples = read_upload("a.zip", data, GIVING, signer)
    assert [example.prompt for example in examples] == [example.prompt for example in AS_READ]
    assert {(each.given_by, each.created_at, each.source, each.origin_id) for each in examples} == {
        (GIVING.given_by, GIVING.created_at, "upload", None)
    }


def test_the_key_is_for_its_owner_alone_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "data" / "archive.key"
    signed = ArchiveSigner(path).signed({"name": "a"})
    assert ArchiveSigner(path).has_signed(signed)
    assert not ArchiveSigner(path).has_signed(signed | {"name": "b"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["archive.key"]


def test_trainers_and_spreadsheets_can_read_it(signer: ArchiveSigner) -> None:
    contents = _contents(_archived(signer))
    manifest = json.loads(contents["manifest.json"])
    lines = {name: [json.loads(line) for line in contents[name].splitlines()] for name in MEMBERS if "jsonl" in name}
    answered = sum(example.answer is not None for example in EXAMPLES)
    assert len(lines["train.jsonl"]) + len(lines["heldout.jsonl"]) == answered
    assert {"role": "assistant", "content": "-Once", "weight": 0} in next(
        line["messages"] for line in [*lines["train.jsonl"], *lines["heldout.jsonl"]] if len(line["messages"]) == 5
    )
    for name in ("train.jsonl", "heldout.jsonl", "preference.jsonl"):
        assert contents[name] == b"" or len(read_upload(name, contents[name], GIVING)) == len(lines[name])
    cells = [cell for row in csv.reader(io.StringIO(contents["dataset.csv"].decode(), newline="")) for cell in row]
    assert "'=SUM(0)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert manifest["counts"] == {"examples": 11, "positive": 9, "pair": 1, "negative": 1}
    assert manifest["consent"]["givers"] == 4
    assert "none was taken from messages" in manifest["consent"]["statement"]


def test_the_table_alone_may_be_uploaded_after_a_change(signer: ArchiveSigner) -> None:
    table = _contents(_archived(signer))["dataset.csv"].decode().replace("Канберра", "Канберра!")
    examples = read_upload("dataset.csv", table.encode(), GIVING)
    assert [example.prompt for example in examples] == [example.prompt for example in EXAMPLES]
    assert {example.given_by for example in examples} == {GIVING.given_by}
    assert examples[-1].turns == EXAMPLES[-1].turns


def _packed(contents: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as zipped:
        for name, content in contents.items():
            zipped.writestr(name, content)
    return sink.getvalue()


@pytest.mark.parametrize("member", MEMBERS)
def test_an_archive_that_was_changed_is_refused(member: str, signer: ArchiveSigner) -> None:
    changed = _packed(_contents(_archived(signer)) | {member: b"prompt,answer\n"})
    with pytest.raises(UploadRefusedError, match=f"`{member}` has changed since"):
        read_upload("a.zip", changed, GIVING, signer)


def test_an_archive_of_a_newer_version_is_told_apart(signer: ArchiveSigner) -> None:
    contents = _contents(_archived(signer))
    manifest = json.loads(contents["manifest.json"]) | {"format": 2}
    with pytest.raises(UploadRefusedError, match="newer version"):
        read_upload("a.zip", _packed(contents | {"manifest.json": json.dumps(manifest).encode()}), GIVING, signer)


@given(st.text())
def test_no_cell_is_computed_and_none_is_changed(cell: str) -> None:
    assert unescaped(escaped(cell)) == cell
    assert not escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)


@settings(deadline=None)
@given(st.lists(st.tuples(_TEXTS, _TEXTS), min_size=1, max_size=5))
def test_a_table_is_read_as_it_was_written(texts: list[tuple[str, str]]) -> None:
    examples = [said(prompt, answer) for prompt, answer in texts]
    assert examples_of_table(table_of(examples)) == examples


@settings(deadline=None)
@given(st.data())
def test_an_archive_that_was_damaged_is_refused_or_as_it_was(signer: ArchiveSigner, data: st.DataObject) -> None:
    damaged = bytearray(_archived(signer))
    for _time in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(4, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        examples = read_upload("a.zip", bytes(damaged), GIVING, signer)
    except UploadRefusedError as error:
        assert error.problems
    else:
        assert examples == AS_READ
