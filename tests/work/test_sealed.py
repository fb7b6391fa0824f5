"""Data from strangers is processed in processes that can do nothing else, and that may die."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from bot.work.sealed import SealedProcesses, WorkLimitError, WorkLimits, WorkRaisedError

NAMES = "tests.work.strangers_functions."
SMALL = WorkLimits(memory_bytes=64 << 20, processor_s=1, output_bytes=1 << 16)

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems know fewer limits")


async def test_work_is_done_with_its_arguments_and_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a secret")
    sealed = SealedProcesses()
    shouted, environment = await asyncio.gather(
        sealed.run(f"{NAMES}shout", b"hello\n" * 20_000, mark="ё!"), sealed.run(f"{NAMES}environment")
    )
    assert shouted == b"HELLO\n" * 20_000 + "ё!".encode()
    assert "DISCORD_TOKEN" not in json.loads(environment)


async def test_an_error_of_the_work_is_told_by_its_name() -> None:
    with pytest.raises(WorkRaisedError) as raised:
        await SealedProcesses().run(f"{NAMES}refuse", b"owls")
    assert (raised.value.kind, raised.value.text) == ("ValueError", "no owls here")


@LINUX
@pytest.mark.parametrize("hostile", ["eat", "spin", "crash", "flood"])
async def test_what_takes_too_much_ends_and_the_next_is_done(hostile: str) -> None:
    sealed = SealedProcesses(SMALL.memory_bytes)
    with pytest.raises(WorkLimitError):
        await sealed.run(f"{NAMES}{hostile}", limits=SMALL)
    assert await sealed.run(f"{NAMES}shout", b"ok", SMALL, mark="") == b"OK"


@LINUX
@pytest.mark.parametrize("forbidden", ["read_a_file", "connect", "start_a_process"])
async def test_neither_files_nor_the_network_nor_processes_can_be_reached(forbidden: str) -> None:
    with pytest.raises(WorkRaisedError) as raised:
        await SealedProcesses().run(f"{NAMES}{forbidden}", limits=SMALL)
    assert raised.value.kind in ("OSError", "PermissionError", "BlockingIOError")


async def test_what_runs_at_once_shares_one_measure_of_memory_and_who_gives_up_leaves_it() -> None:
    sealed = SealedProcesses(SMALL.memory_bytes)
    endless = asyncio.create_task(sealed.run(f"{NAMES}spin", limits=WorkLimits(SMALL.memory_bytes, 60)))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(sealed.run(f"{NAMES}shout", b"next", SMALL, mark=""))
    _, pending = await asyncio.wait({waiting}, timeout=0.5)
    assert pending
    endless.cancel()
    assert await waiting == b"NEXT"
