"""How long voice notes wait for their transcripts while a model is trained on the same machine.

    python -m benchmarks.waiting_while_training [--notes 12]

A bot in a sandbox is sent a note of 11 s again and again: without a training, during a training that pauses while
somebody waits for the bot, and during one that does not. All in one run: the ratios can be compared between machines,
the times cannot. Needs the extra ``train``; takes five minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.learning import data_of
from benchmarks.machine import machine
from benchmarks.recall_cases import cases_in
from bot.sandbox import Sandbox
from bot.settings import read_settings
from bot.training.local.trainer import BASE, LocalTrainer
from bot.training.recipe import Recipe
from bot.training.trainer import follow
from bot.weights.weights import WeightsCache
from tests.harness import BotHarness, populated, running, voice
from tests.scripted_chat import ScriptedChat

MIN_POINTS = 3
"""How many points the loss curve of a training must have before notes are sent."""


async def waits_s(harness: BotHarness, notes: int) -> list[float]:
    """How long each of ``notes`` notes, sent one after the other, waits for its text."""
    channel, found = await harness.dm(harness.member), []
    for _note in range(notes):
        asked = await harness.member.send(channel, voice=voice("jfk.ogg"))
        began_s = time.perf_counter()
        await harness.answer_to(asked, lambda text: "fellow Americans" in text)
        found.append(time.perf_counter() - began_s)
        await harness.complete_answer_to(asked)
    return found


async def beside(harness: BotHarness, notes: int, home: Path, inference_priority: Path) -> list[float]:
    """The same during a training, which is cancelled afterwards."""
    trainer = LocalTrainer(WeightsCache(), home, inference_priority)
    handle = await trainer.start(data_of(cases_in("english.tsv")), Recipe(base=BASE), home / "training")
    async for progress in follow(trainer, handle, every_s=0.5):
        if progress.error is not None:
            raise progress.error
        if len(progress.curve) >= MIN_POINTS:
            break
    found = await waits_s(harness, notes)
    assert (await trainer.state(handle)).state == "running", "the training was done too soon to compare"
    await trainer.cancel(handle)
    return found


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--notes", type=int, default=12)
    notes: int = parser.parse_args().notes
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "bot"
        async with (
            ScriptedChat() as chat,
            Sandbox() as sandbox,
            populated(sandbox, chat) as harness,
            running(data, sandbox, openai_base_url=chat.base_url, chat_model="scripted"),
        ):
            await waits_s(harness, 2)
            alone = await waits_s(harness, notes)
            yielding = await beside(
                harness, notes, Path(folder) / "one", read_settings(data_folder=data).inference_priority
            )
            stubborn = await beside(harness, notes, Path(folder) / "other", Path(folder) / "nobody-knows-it")
    print(f"{machine()}\n\n| a note of 11 s | p50 wait s | against alone |\n| --- | ---: | ---: |")
    for name, found in (
        ("alone", alone),
        ("while a model is trained", yielding),
        ("while one is trained that does not hold still", stubborn),
    ):
        print(
            f"| {name} | {statistics.median(found):.2f} | {statistics.median(found) / statistics.median(alone):.2f} |"
        )


if __name__ == "__main__":
    asyncio.run(main())
