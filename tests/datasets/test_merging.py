"""What a model is trained on when several datasets are selected."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.datasets.dataset import DatasetLabel
from bot.datasets.example import Example
from bot.datasets.merging import taken
from bot.datasets.slots import dataset_slots
from bot.datasets.store import DatasetStore
from bot.datasets.training_data import NothingSelectedError, TrainingDatasetGoneError, TrainingDatasets
from tests.databases import opened_with_tables
from tests.datasets.factories import ADA, BORIS, said

GUILD = 11


def _texts(examples: list[Example]) -> list[tuple[str, str | None, str | None]]:
    return [(example.prompt, example.answer, example.rejected) for example in examples]


def test_what_not_to_say_is_rejected_and_makes_pairs_with_what_to_say() -> None:
    positive = [said("a", "good"), said("b", "good", "worse"), said("c", "fine")]
    negative = [said("A!", "bad"), said("a", "awful"), said("b", "bad"), said("c", "Fine."), said("d", None, "no")]
    assert _texts(taken(positive, negative)) == [
        ("a", "good", "bad"),
        ("b", "good", "worse"),
        ("c", "fine", None),
        ("a", None, "awful"),
        ("b", None, "bad"),
        ("d", None, "no"),
    ]
    assert taken(positive, []) == positive


async def test_what_is_selected_is_taken_and_cannot_be_withdrawn_from_the_model(tmp_path: Path) -> None:
    database = await opened_with_tables(tmp_path / "starling.db")
    try:
        store = DatasetStore(database)
        datasets = TrainingDatasets(store, dataset_slots())
        with pytest.raises(NothingSelectedError):
            await datasets.look_at_selected(GUILD)
        await store.create(GUILD, "good", ADA)
        words = ("sea", "mountain", "garden", "piano", "window", "horse", "button", "cloud", "engine", "lemon")
        await store.add(GUILD, "good", [said(f"{word}?", f"The {word}.", given_by=BORIS) for word in words], ADA)
        await store.create(GUILD, "bad", ADA)
        await store.add(GUILD, "bad", [said("sea?", "No idea.")], ADA)
        await store.select(GUILD, "good", DatasetLabel.POSITIVE)
        await store.select(GUILD, "bad", DatasetLabel.NEGATIVE)
        data = await datasets.look_at_selected(GUILD)
        assert [dataset.name for dataset in data.datasets] == ["good", "bad"]
        both = [*data.split.training, *data.split.heldout]
        assert len(both) == 10
        assert [example.rejected for example in both if example.kind == "pair"] == ["No idea."]
        assert 1 <= len(data.split.heldout) <= 2
        ids = [dataset.id for dataset in data.datasets]
        keys = {example.key for example in data.split.heldout}
        assert {example.key for example in await datasets.held_out_of(GUILD, ids, seed=1, keys=keys)} == keys
        assert (await datasets.take_for_training(GUILD, ids)).content_hash == data.content_hash
        withdrawal = await store.forget_user(BORIS)
        assert withdrawal.examples == 10
        assert [version.name for version in withdrawal.learned] == ["good"]
        assert await datasets.held_out_of(GUILD, ids, seed=1, keys=keys) == ()
        await store.delete(GUILD, "bad")
        with pytest.raises(TrainingDatasetGoneError):
            await datasets.take_for_training(GUILD, ids)
    finally:
        await database.close()
