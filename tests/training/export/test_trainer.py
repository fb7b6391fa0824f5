"""Examples are exported, to be trained on elsewhere."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from bot.training.errors import TooFewExamplesError, UnknownTrainingError
from bot.training.export.trainer import ExportingTrainer
from bot.training.recipe import Recipe
from bot.training.trainer import follow
from tests.datasets.factories import said
from tests.training.factories import facts, pairs, training_data

RECIPE = Recipe("HuggingFaceTB/SmolLM2-1.7B-Instruct", epochs=5)


async def test_a_zip_has_the_examples_and_what_trainers_need(tmp_path: Path) -> None:
    trainer = ExportingTrainer(tmp_path)
    data = training_data([*facts()[:6], *pairs()[6:8]], facts()[10:])
    plan = await trainer.plan(data, RECIPE)
    assert (plan.examples, plan.heldout, plan.price) == (8, 2, 0)
    handle = await trainer.start(data, RECIPE, tmp_path / "job")
    assert await trainer.start(data, RECIPE, tmp_path / "job") == handle
    assert [progress.state async for progress in follow(trainer, handle, every_s=0)] == ["succeeded"]
    model = await ExportingTrainer(tmp_path).result(handle)
    assert model.path is not None
    with zipfile.ZipFile(tmp_path / model.path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert [len(files[name].splitlines()) for name in ("train.jsonl", "preference.jsonl", "heldout.jsonl")] == [8, 2, 2]
    for name in ("README.md", "axolotl.yaml", "llamafactory.yaml"):
        text = files[name].decode()
        assert RECIPE.base in text
        assert "5" in text
    assert "$OPENAI_API_KEY" in files["README.md"].decode()
    named = json.loads(files["dataset_info.json"])["starling"]["file_name"]
    assert named in files


async def test_nothing_to_say_is_nothing_to_take_along(tmp_path: Path) -> None:
    trainer = ExportingTrainer(tmp_path)
    with pytest.raises(TooFewExamplesError):
        await trainer.start(training_data([said("a?", None, "b")]), RECIPE, tmp_path)
    with pytest.raises(UnknownTrainingError):
        await trainer.result(str(tmp_path / "nothing.zip"))
