"""The folders of guilds and users: nobody can leave their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
import statistics
import threading
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage import file_names
from bot.storage.file_names import BadFileNameError, is_key, is_name, key_of, shown, split_path
from bot.storage.files import FileGoneError, FileStore, QuotaExceededError, TooManyFilesError
from bot.storage.sealed_folder import FileNotThereError

GUILD, OTHER_GUILD = 11, 22
SECRET = b"the secret of somebody else"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "data", quota_bytes=1 << 20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the guild's files."""
    path = tmp_path / "data" / "guilds" / str(GUILD)
    path.mkdir(parents=True)
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside every folder."""
    path = tmp_path / "outside" / "secret.txt"
    path.parent.mkdir()
    path.write_bytes(SECRET)
    return path


def _content(path: Path) -> bytes:
    return path.read_bytes()


def _names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def _read(store: FileStore, path: str, guild: int = GUILD) -> bytes:
    with await store.of_guild(guild).open(path) as file:
        return await asyncio.to_thread(file.read)


async def test_what_was_written_is_listed_newest_first_read_and_deleted(store: FileStore) -> None:
    guild = store.of_guild(GUILD)
    assert await guild.listing() == []
    written = await guild.write("exports/март 🌱.jsonl", b"one")
    os.utime(store._base / "guilds" / str(GUILD) / "exports" / "март 🌱.jsonl", (1_000_000_000, 1_000_000_000))
    await guild.write("notes.txt", iter([b"tw", b"o"]))
    assert [(file.path, file.size_bytes) for file in await guild.listing()] == [
        ("notes.txt", 3),
        ("exports/март 🌱.jsonl", 3),
    ]
    assert await _read(store, written.path) == b"one"
    assert (await guild.usage()).used_bytes == 6
    await guild.delete(written.path)
    assert [file.path for file in await guild.listing()] == ["notes.txt"]
    with pytest.raises(FileNotThereError):
        await guild.open(written.path)


async def test_guilds_and_users_have_nothing_in_common(store: FileStore) -> None:
    await store.of_guild(GUILD).write("a.txt", b"of the guild")
    for stranger in (store.of_guild(OTHER_GUILD), store.of_user(GUILD)):
        assert await stranger.listing() == []
        for path in ("a.txt", f"../{GUILD}/a.txt", f"../../guilds/{GUILD}/a.txt"):
            with pytest.raises((FileNotThereError, BadFileNameError)):
                await stranger.open(path)


@pytest.mark.parametrize(
    "path",
    [
        "", ".", "..", "/", "//", "/etc/passwd", "~/../x", "../outside/secret.txt", "a/../../outside/secret.txt",
        "a/./b", "a//b", "a/", ".hidden", "a/.writing-0", "C:\\Windows\\win.ini", "C:/Windows/win.ini", "C:file",
        "..\\..\\secret.txt", "\\\\server\\share", "a\x00.txt", "a.txt\x00.png", "a\nb", "a\x7fb", "a\x85b", "a\u2028b",
        "txt.\u202eexe", "\u2066a\u2069", "a\u200eb", "\u061ca", "\ufeffa", "a\u00adb",
        "..\uff0foutside", "\u2025/secret.txt", "\uff0e\uff0e/secret.txt", "\u2024a", "a\uff3cb", "a\u2100b",
        "a\ufe55b", "..%2fsecret.txt", "..;/secret.txt",
        "\udcff", "a\udc80.txt", "a ", " a", "a.", "a\u00a0", "con", "NUL.txt", "a/com1", "lpt¹.log", "ＡＵＸ",
        "key:0123", "a" * 241, "ж" * 121, "/".join(["a"] * 11), "/".join(["ab" * 60] * 4), "file:///etc/passwd",
    ],
)  # fmt: skip
async def test_no_file_has_such_a_name(store: FileStore, path: str, secret: Path, folder: Path) -> None:
    guild = store.of_guild(GUILD)
    with pytest.raises(BadFileNameError) as refusal:
        await guild.open(path)
    str(refusal.value).encode()
    with pytest.raises(BadFileNameError):
        await guild.write(path, b"x")
    with pytest.raises(BadFileNameError):
        await guild.delete(path)
    assert [p for p in secret.parent.parent.rglob("*") if p.is_file()] == [secret]


@pytest.mark.parametrize("path", ["%2e%2e/secret.txt", "~", "~root/x", "$HOME", "-rf", "a;b|c", "*", "👩‍💻.txt"])
async def test_what_only_looks_dangerous_is_a_name_like_others(store: FileStore, path: str) -> None:
    with pytest.raises(FileNotThereError):
        await store.of_guild(GUILD).open(path)
    await store.of_guild(GUILD).write(path, b"x")
    assert await _read(store, path) == b"x"


async def test_a_name_is_the_same_in_every_form_of_unicode(store: FileStore) -> None:
    composed, decomposed = (unicodedata.normalize(form, "ёлка-é.txt") for form in ("NFC", "NFD"))
    assert composed != decomposed
    await store.of_guild(GUILD).write(decomposed, b"x")
    assert [file.path for file in await store.of_guild(GUILD).listing()] == [composed]
    assert await _read(store, decomposed) == b"x"


@given(st.text("abжЁ.- _/\\:\u202e\u0301\u0306иcon1", max_size=130))
def test_the_short_way_to_judge_a_name_lets_nothing_more_through(name: str) -> None:
    short, file_names._USUAL = file_names._USUAL, re.compile("(?!)")
    try:
        long_way = is_name(name)
    finally:
        file_names._USUAL = short
    assert is_name(name) == long_way


def test_what_people_wrote_is_shown_as_they_wrote_it() -> None:
    assert shown("Game night is at 19:30, in C:\\games.") == "`Game night is at 19:30, in C:\\games.`"
    assert shown("two\nlines `and` \u202eturned") == "`two lines 'and' �turned`"


def test_the_refusal_of_a_name_shows_it_harmlessly() -> None:
    for path in ("`\n@everyone\u202e", "x" * 5000, "\udcff"):
        with pytest.raises(BadFileNameError) as refusal:
            split_path(path * 2 + "/..")
        text = str(refusal.value)
        assert len(text) < 300
        assert not set(text) & set("\n\u202e\udcff")
        assert text.count("`") == 2


def test_a_key_is_stable_and_no_path() -> None:
    key = key_of("exports/" + "а" * 150)
    assert key == "key:0badee03e6dfbab3e43f362d6f729745"
    assert is_key(key)
    assert key != key_of("exports/" + "а" * 149)
    with pytest.raises(BadFileNameError):
        split_path(key)


async def test_a_file_is_found_by_its_key(store: FileStore) -> None:
    guild, path = store.of_guild(GUILD), "exports/" + "а" * 110 + ".txt"
    await guild.write(path, b"x")
    assert (await guild.find(key_of(path))).path == path
    assert (await guild.find(path)).size_bytes == 1
    with pytest.raises(FileGoneError):
        await store.of_guild(OTHER_GUILD).find(key_of(path))


async def test_links_lead_nowhere(store: FileStore, folder: Path, secret: Path) -> None:
    (folder / "link.txt").symlink_to(secret)
    (folder / "relative.txt").symlink_to("../../../outside/secret.txt")
    (folder / "outside").symlink_to(secret.parent)
    (folder / "inner").mkdir()
    (folder / "inner" / "deeper").symlink_to(secret.parent)
    (folder / "loop").symlink_to("loop")
    (folder / "dangling.txt").symlink_to("nothing")
    (folder / "own.txt").write_bytes(b"own")
    (folder / "to-own.txt").symlink_to("own.txt")
    guild = store.of_guild(GUILD)
    for path in ("link.txt", "relative.txt", "outside/secret.txt", "inner/deeper/secret.txt", "loop", "loop/x",
                 "dangling.txt", "to-own.txt"):  # fmt: skip
        with pytest.raises(FileNotThereError):
            await guild.open(path)
        with pytest.raises(FileNotThereError):
            await guild.delete(path)
    assert [file.path for file in await guild.listing()] == ["own.txt"]
    for path in ("outside/new.txt", "inner/deeper/new.txt", "own.txt/new.txt", "inner"):
        with pytest.raises(BadFileNameError):
            await guild.write(path, b"x")
    await guild.write("link.txt", b"replaces the link")
    assert await _read(store, "link.txt") == b"replaces the link"
    assert _content(secret) == SECRET
    assert _names_in(secret.parent) == [secret.name]


async def test_a_guilds_folder_that_is_a_link_is_no_folder(store: FileStore, tmp_path: Path, secret: Path) -> None:
    (tmp_path / "data" / "guilds").mkdir(parents=True)
    (tmp_path / "data" / "guilds" / str(GUILD)).symlink_to(secret.parent)
    guild = store.of_guild(GUILD)
    assert await guild.listing() == []
    with pytest.raises(FileNotThereError):
        await guild.open("secret.txt")
    with pytest.raises(BadFileNameError):
        await guild.write("new.txt", b"x")
    assert _names_in(secret.parent) == [secret.name]


async def test_the_operator_may_reach_the_data_folder_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "volume")
    await FileStore(tmp_path / "data", quota_bytes=100).of_guild(GUILD).write("a.txt", b"x")
    assert (tmp_path / "volume" / "guilds" / str(GUILD) / "a.txt").read_bytes() == b"x"


async def test_a_second_name_of_a_file_elsewhere_is_not_read(store: FileStore, folder: Path, secret: Path) -> None:
    os.link(secret, folder / "hard.txt")
    guild = store.of_guild(GUILD)
    with pytest.raises(FileNotThereError):
        await guild.open("hard.txt")
    with pytest.raises(FileNotThereError):
        await guild.delete("hard.txt")
    assert await guild.listing() == []
    await guild.write("hard.txt", b"mine")
    assert _content(secret) == SECRET


async def test_pipes_sockets_devices_and_folders_are_no_files_and_nobody_waits(
    store: FileStore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "inner").mkdir()
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        names = ["pipe", "socket", "inner"]
        try:
            os.mknod(folder / "zero", 0o600 | 0o020000, os.makedev(1, 5))
            names.append("zero")
        except PermissionError:
            pass  # only root can create devices
        guild = store.of_guild(GUILD)
        async with asyncio.timeout(30):
            assert await guild.listing() == []
            for name in names:
                with pytest.raises(FileNotThereError):
                    await guild.open(name)
                with pytest.raises(FileNotThereError):
                    await guild.delete(name)


async def test_a_folder_that_is_swapped_for_a_link_all_the_time_never_leads_outside(
    store: FileStore, folder: Path, secret: Path
) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "secret.txt").write_bytes(b"inside")
    (folder / "trap").symlink_to(secret.parent)
    stop, swaps = threading.Event(), [0]

    def swap() -> None:
        shown = folder / "shown"
        while not stop.is_set():
            for hidden in (folder / "real", folder / "trap"):
                try:
                    hidden.rename(shown)
                    time.sleep(0)
                    shown.rename(hidden)
                except OSError:  # meanwhile, a write has created a folder with that name
                    shutil.rmtree(shown, ignore_errors=True)
            swaps[0] += 1

    def attempts() -> tuple[int, int]:
        sealed, until, done, refused = store.of_guild(GUILD)._folder, time.monotonic() + 1.5, 0, 0
        while time.monotonic() < until:
            try:
                with sealed.open("shown/secret.txt") as file:
                    assert file.read() == b"inside"
                done += 1
            except FileNotThereError:
                refused += 1
            assert len(SECRET) not in {state.st_size for _path, state in sealed.scan()}
            with contextlib.suppress(BadFileNameError, FileNotFoundError):
                sealed.write("shown/new.txt", [b"new"])
            with contextlib.suppress(FileNotThereError):
                sealed.delete("shown/secret.txt" if done % 50 == 49 else "shown/new.txt")
            if done % 50 == 49:
                with contextlib.suppress(BadFileNameError, FileNotFoundError):
                    sealed.write("real/secret.txt", [b"inside"])
        return done, refused

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        done, refused = await asyncio.to_thread(attempts)
    finally:
        stop.set()
        swapping.join()
    assert swaps[0] > 10
    assert done > 0
    assert refused > 0
    assert _content(secret) == SECRET
    assert _names_in(secret.parent) == [secret.name]


async def test_who_reads_sees_the_old_file_or_the_new_one(store: FileStore) -> None:
    guild = store.of_guild(GUILD)
    await guild.write("a.txt", b"old" * 10_000)
    with await guild.open("a.txt") as before:
        await guild.write("a.txt", b"new" * 20_000)
        assert before.read() == b"old" * 10_000
    assert await _read(store, "a.txt") == b"new" * 20_000


async def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(store: FileStore, folder: Path) -> None:
    guild = store.of_guild(GUILD)
    await guild.write("a.txt", b"old")

    def failing() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        await guild.write("a.txt", failing())
    assert await _read(store, "a.txt") == b"old"
    assert _names_in(folder) == ["a.txt"]


async def test_the_quota_holds_also_for_a_stream_and_for_many_at_once(store: FileStore, folder: Path) -> None:
    guild = store.of_guild(GUILD)
    await guild.write("a.bin", bytes(600 << 10))
    await guild.write("a.bin", bytes(900 << 10))  # replaces the first
    with pytest.raises(QuotaExceededError, match=r"`b\.bin`: 0\.9 of 1 MB are taken"):
        await guild.write("b.bin", (bytes(1 << 10) for _kib in range(200)))
    assert (await guild.usage()).used_bytes == 900 << 10
    outcomes = await asyncio.gather(
        *(guild.write(f"c{n}.bin", bytes(50 << 10)) for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, QuotaExceededError) for outcome in outcomes) == 3
    usage = await guild.usage()
    assert (usage.files, usage.used_bytes) == (3, 1000 << 10)
    await store.of_guild(OTHER_GUILD).write("b.bin", bytes(1 << 20))


async def test_there_are_only_so_many_files(store: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.storage.files.MAX_FILES", 2)
    guild = store.of_guild(GUILD)
    for name in ("a", "b"):
        await guild.write(name, b"")
    with pytest.raises(TooManyFilesError):
        await guild.write("c", b"")
    await guild.write("b", b"again")


async def test_what_a_killed_process_left_is_never_seen_and_goes_after_a_day(store: FileStore, folder: Path) -> None:
    for name, age_s in ((".writing-old", 25 * 3600), (".writing-new", 3600)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age_s,) * 2)
    guild = store.of_guild(GUILD)
    assert await guild.listing() == []
    await guild.write("a.txt", b"x")
    assert _names_in(folder) == [".writing-new", "a.txt"]


async def test_a_listing_is_used_again_for_a_while_but_never_hides_what_was_done_here(
    store: FileStore, folder: Path
) -> None:
    guild = store.of_guild(GUILD)
    await guild.write("a.txt", b"x")
    first = await guild.listing()
    (folder / "by-hand.txt").write_bytes(b"x")
    assert await guild.listing() is first
    await guild.write("b.txt", b"x")
    assert {file.path for file in await guild.listing()} == {"a.txt", "b.txt", "by-hand.txt"}


async def test_the_event_loop_goes_on_while_a_file_is_written(store: FileStore) -> None:
    def slowly() -> Iterator[bytes]:
        for _chunk in range(10):
            time.sleep(0.03)
            yield b"x"

    writing = asyncio.create_task(store.of_guild(GUILD).write("slow.txt", slowly()))
    turns = 0
    while not writing.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20


async def test_ten_thousand_files_are_listed_about_as_fast_as_the_disk_tells_of_them(
    store: FileStore, folder: Path
) -> None:
    for number in range(10_000):
        file = folder / f"{number // 100:02}" / f"запись-{number:04}.txt"
        file.parent.mkdir(exist_ok=True)
        file.touch()

    def bare(top: Path) -> int:
        return sum(bare(Path(entry.path)) if entry.is_dir() else entry.stat().st_size + 1 for entry in os.scandir(top))

    assert bare(folder) == 10_000
    ratios = []
    for _time in range(3):
        began_s = time.perf_counter()
        bare(folder)
        told_s = time.perf_counter()
        assert len(await FileStore(store._base, quota_bytes=1).of_guild(GUILD).listing()) == 10_000
        ratios.append((time.perf_counter() - told_s) / (told_s - began_s))
    assert statistics.median(ratios) < 5
