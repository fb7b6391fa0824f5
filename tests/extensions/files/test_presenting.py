"""Stored files, as they are shown and sent."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.storage.file_names import key_of
from bot.storage.files import FolderUsage, StoredFile
from bot.ui.file_text import age_text, bar, size_text
from bot.ui.zip_parts import zip_parts
from extensions.files.choice import file_choices
from extensions.files.list import page_of_files

HOUR_AGO = datetime.now(UTC) - timedelta(hours=1, minutes=2)


def _file(path: str, size_bytes: int = 1_234_567) -> StoredFile:
    return StoredFile(path, size_bytes, HOUR_AGO)


@pytest.mark.parametrize(
    ("size_bytes", "english", "russian"),
    [
        (0, "0 bytes", "0 байт"),
        (1, "1 byte", "1 байт"),
        (1023, "1,023 bytes", "1\u00a0023 байта"),
        (1536, "1.5 kB", "1,5 кБ"),
        (1_234_567, "1.2 MB", "1,2 МБ"),
        (500 << 20, "500 MB", "500 МБ"),
        (3 << 40, "3,072 GB", "3\u00a0072 ГБ"),
    ],
)
def test_sizes_are_short_and_in_ones_own_language(size_bytes: int, english: str, russian: str) -> None:
    assert size_text(size_bytes, "en-US").replace("\u202f", "\u00a0") == english
    assert size_text(size_bytes, "ru").replace("\u202f", "\u00a0") == russian
    assert size_text(size_bytes, "xx") == size_text(size_bytes, "en-GB")


def test_ages_are_in_ones_own_language_and_never_in_the_future() -> None:
    assert age_text(HOUR_AGO, "en-GB") == "1 hour ago"
    assert age_text(HOUR_AGO, "ru") == "1 час назад"
    assert age_text(datetime.now(UTC) + timedelta(days=1), "en-US") == "1 second ago"


def test_a_bar_shows_the_smallest_file_and_never_more_than_all() -> None:
    assert bar(FolderUsage(0, 0, 100)) == "▱" * 20
    assert bar(FolderUsage(1, 1, 10**9)) == "▰" + "▱" * 19
    assert bar(FolderUsage(1, 50, 100)) == "▰" * 10 + "▱" * 10
    assert bar(FolderUsage(1, 900, 100)) == "▰" * 20


def test_a_file_is_chosen_by_any_part_of_its_path_in_the_order_given() -> None:
    files = [_file("exports/March.jsonl"), _file("notes/Март.txt"), _file("march.txt")]
    assert file_choices(files, "MARCH", "en-US") == [
        ("exports/March.jsonl · 1.2 MB · 1 hour ago", "exports/March.jsonl"),
        ("march.txt · 1.2 MB · 1 hour ago", "march.txt"),
    ]
    assert file_choices(files, "мАрт", "ru") == [("notes/Март.txt · 1,2 МБ · 1 час назад", "notes/Март.txt")]
    assert len(file_choices(files, "", "ru")) == 3
    assert file_choices(files, "april", "ru") == []


def test_a_long_path_is_chosen_by_its_key_and_shown_by_its_end() -> None:
    file = _file("folder/" + "x" * 200 + "/end.txt")
    [(label, value)] = file_choices([file], "end", "en-US")
    assert (len(label), value) == (100, key_of(file.path))
    assert label.startswith("…")
    assert "/end.txt · 1.2 MB" in label
    assert file_choices([file], value, "en-US") == [(label, value)]
    exact = _file("x" * 100)
    assert file_choices([exact], "", "en-US")[0][1] == exact.path


def test_no_more_choices_than_discord_takes() -> None:
    assert len(file_choices([_file(f"{n}.txt") for n in range(1000)], "", "en-US")) == 25


def test_pages_hold_every_file_once_and_fit_into_a_message() -> None:
    files = [_file(f"{n:03}" + "ё" * 115 + "/" + "`" * 50) for n in range(100)]
    shown = [page_of_files(files, number, "ru").text for number in range(1, 10)]
    assert all(len(text) <= 2000 for text in shown)
    found = [line[1:4] for text in shown for line in text.splitlines()[1:]]
    assert found == [f"{n:03}" for n in range(100)]
    assert page_of_files(files, 99, "ru").text == page_of_files(files, 9, "ru").text
    assert page_of_files(files, -5, "ru").text == shown[0]


def test_a_list_that_nobody_would_turn_over_is_a_file_that_discord_takes() -> None:
    files = [_file(f"{n:05}" + "ё" * 115 + "/" + "ё" * 80) for n in range(20_000)]
    page = page_of_files(files, 1, "en-US")
    assert not page.buttons
    assert isinstance(page.attachments[0].data, bytes)
    assert len(page.attachments[0].data) < 10 << 20
    assert page.attachments[0].data.decode().splitlines()[19_999].startswith("1234567\t")


@pytest.mark.parametrize("size_bytes", [0, 1, 300_000])
def test_the_parts_of_a_zip_are_as_large_as_asked_and_join_to_a_zip(size_bytes: int, tmp_path: Path) -> None:
    content = random.Random(7).randbytes(size_bytes)
    parts = list(zip_parts(io.BytesIO(content + b"more"), "имя.bin", size_bytes=size_bytes, part_bytes=100_000))
    assert [len(part) for part in parts[:-1]] == [100_000] * (size_bytes // 100_000)
    assert 0 < len(parts[-1]) <= 100_000
    joined = b"".join(parts)
    with zipfile.ZipFile(io.BytesIO(joined)) as archive:
        assert archive.read("имя.bin") == content
    again = zip_parts(io.BytesIO(content + b"more"), "имя.bin", size_bytes=size_bytes, part_bytes=100_000)
    assert b"".join(again) == joined
    if unzip := shutil.which("unzip"):
        (tmp_path / "joined.zip").write_bytes(joined)
        subprocess.run([unzip, "-tq", tmp_path / "joined.zip"], check=True, capture_output=True)
