"""People who wait for an answer take precedence over a training."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from bot.training.local import inference_priority
from bot.training.local.inference_priority import InferencePriority

HOLDER = """
import sys
from pathlib import Path
from bot.training.local.inference_priority import InferencePriority
with InferencePriority(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


async def test_a_training_holds_still_until_the_last_one_has_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "inference-priority"
    training, bot, other_bot = (InferencePriority(path) for _each in range(3))
    await asyncio.to_thread(training.wait)
    with other_bot.held():
        with bot.held():
            with bot.held():
                waiting = asyncio.create_task(asyncio.to_thread(training.wait))
            await asyncio.sleep(0.2)
            assert not waiting.done()
        await asyncio.sleep(0.2)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 5)


async def test_a_training_goes_on_now_and_then_where_somebody_always_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference_priority, "LONGEST_STOP_S", 0.2)
    training, bot = (
        InferencePriority(tmp_path / "inference-priority"),
        InferencePriority(tmp_path / "inference-priority"),
    )
    with bot.held():
        for _piece in range(50):
            await asyncio.wait_for(asyncio.to_thread(training.wait), 5)


async def test_a_bot_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "inference-priority"
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )  # fmt: skip
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    waiting = asyncio.create_task(asyncio.to_thread(InferencePriority(path).wait))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    holder.kill()
    await asyncio.wait_for(waiting, 5)
    await holder.wait()


def test_who_has_been_answered_leaves_no_file_open(tmp_path: Path) -> None:
    path = tmp_path / "inference-priority"
    priority = InferencePriority(path)
    for _time in range(2):
        with priority.held(), priority.held():
            assert str(path) in {file.path for file in psutil.Process().open_files()}
        assert str(path) not in {file.path for file in psutil.Process().open_files()}
