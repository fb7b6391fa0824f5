"""The demonstration model learns new facts, on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.conversation.chat_message import ChatMessage
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.prompting import BRIEF_INSTRUCTION
from bot.training.local import trainer as local_trainer
from bot.training.local.job import JobFolder
from bot.training.local.trainer import BASE, LocalTrainer
from bot.training.recipe import Recipe, TrainingMethod
from bot.weights.weights import WeightsCache
from tests.training.factories import contradictions, facts, training_data

EPOCHS = 6


@pytest.mark.timeout(1200)
async def test_a_killed_training_goes_on_from_its_checkpoint_and_the_model_knows_more(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not local_trainer.is_installed():
        pytest.skip("the extra train is not installed")
    monkeypatch.setattr(local_trainer, "CHECKPOINT_STEPS", 2)
    monkeypatch.setattr(local_trainer, "NICENESS", 0)
    data = training_data(facts()[:4], facts()[4:6])
    handle = await LocalTrainer(WeightsCache(), tmp_path, tmp_path / "inference-priority").start(
        data, Recipe(BASE, epochs=EPOCHS, learning_rate_multiplier=2), tmp_path / "job"
    )
    job = JobFolder(tmp_path / handle)
    async with asyncio.timeout(400):
        while not any("checkpoint" in note for note in job.notes):
            await asyncio.sleep(0.2)
    os.kill(next(note["process"] for note in job.notes if "process" in note), signal.SIGKILL)
    assert job.wait_until_gone(10)

    trainer = LocalTrainer(WeightsCache(), tmp_path, tmp_path / "inference-priority")
    async with asyncio.timeout(400):
        while (progress := await trainer.state(handle)).state in ("queued", "running"):
            await asyncio.sleep(0.2)
    assert (progress.state, progress.fraction, progress.error) == ("succeeded", 1.0, None)
    begun_at = [note["step"] for note in job.notes if note.get("message") == "learning"]
    assert begun_at[0] == 0
    assert begun_at[1] >= 2
    losses = {point.step: point.training for point in progress.curve if point.training is not None}
    assert sorted(losses) == list(range(1, EPOCHS + 1))
    assert losses[EPOCHS] < losses[1] / 2
    assert all(point.heldout is not None for point in progress.curve)

    learnt = (await trainer.result(handle)).path
    assert learnt is not None
    await trainer.tidy(handle)
    assert not job.training_file.exists()
    recipe = Recipe(BASE, TrainingMethod.PREFERENCE, epochs=4, learning_rate_multiplier=3, adapter=str(learnt))
    handle = await trainer.start(training_data(contradictions()[:4]), recipe, tmp_path / "more")
    async with asyncio.timeout(400):
        while (progress := await trainer.state(handle)).state in ("queued", "running"):
            await asyncio.sleep(0.2)
    assert (progress.state, progress.error) == ("succeeded", None)
    preferred = (await trainer.result(handle)).path
    assert preferred is not None

    adapters = [tmp_path / learnt, tmp_path / preferred]
    engine = EmbeddedChat(smollm2, adapters=adapters)
    await engine.start()
    question = (ChatMessage("system", BRIEF_INSTRUCTION), ChatMessage("user", "Who is the mayor of Delph?"))
    replies = []
    for adapter in (None, *adapters):
        chat = engine.model(timeout_s=30, max_reply_tokens=30, adapter=adapter).steady()
        replies.append("".join([part async for part in chat.stream(question)]))
        await chat.close()
    await engine.stop()
    assert "Haddad" not in replies[0]
    assert "Haddad" in replies[1]
    assert "Haddad" not in replies[2], "what was learnt has been rejected since"
