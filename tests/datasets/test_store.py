"""Datasets are stored, versioned, selected and deleted, on both databases."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from bot.datasets import limits
from bot.datasets.dataset import DatasetExistsError, DatasetLabel, NoSuchDatasetError, NoSuchExampleError
from bot.datasets.example import Example, ExampleSource, Turn, content_hash
from bot.datasets.limits import DatasetFullError, EmptyDatasetError, TooManyDatasetsError
from bot.datasets.naming import BadDatasetNameError
from bot.datasets.store import DatasetStore
from bot.privacy.data_holder import ErasureResult, LearnedVersion
from bot.storage.database import Database
from tests.datasets.factories import ADA, BORIS, WHEN, said

GUILD, OTHER_GUILD = 11, 12
FULL = Example(
    "И что потом?", "Домой 🌱", "Никуда", BORIS, ExampleSource.CORRECTION, WHEN, system="Be kind.",
    turns=(Turn("user", "a"), Turn("assistant", "b")), language="ru", origin_id="c1",
)  # fmt: skip


async def test_what_was_given_is_kept_in_order_and_whole(database: Database) -> None:
    store = DatasetStore(database)
    await store.create(GUILD, "  Море  и горы ", ADA)
    examples = [FULL, *(said(f"q{number}", f"a{number}") for number in range(5)), said("no?", None, "nope")]
    change = await store.add(GUILD, "море и горы", examples, ADA)
    assert (change.changed, change.unchanged, change.made_version) == (7, 0, False)
    assert (change.dataset.name, change.dataset.version) == ("Море и горы", 1)
    assert await store.examples(change.dataset.id) == examples
    assert change.dataset.content_hash == content_hash(example.key for example in reversed(examples))
    assert await store.counts([change.dataset.id]) == {change.dataset.id: {"positive": 5, "negative": 1, "pair": 1}}


async def test_what_is_there_already_is_not_added_twice(database: Database) -> None:
    store = DatasetStore(database)
    await store.create(GUILD, "d", ADA)
    await store.add(GUILD, "d", [said("a", "b")], ADA)
    again = [said("a", "b", given_by=BORIS), said("c", "d"), said("c", "d"), said("a", None, "b")]
    change = await store.add(GUILD, "d", again, BORIS)
    assert (change.changed, change.unchanged) == (2, 2)
    assert [example.given_by for example in await store.examples(change.dataset.id)] == [ADA, ADA, ADA]
    nothing = await store.add(GUILD, "d", again, BORIS)
    assert (nothing.changed, nothing.unchanged, nothing.dataset) == (0, 4, change.dataset)


async def test_a_version_that_was_selected_never_changes_again(database: Database) -> None:
    store = DatasetStore(database)
    await store.create(GUILD, "d", ADA)
    await store.add(GUILD, "d", [said("a", "b"), said("c", "d")], ADA)
    first = (await store.select(GUILD, "d", DatasetLabel.POSITIVE)).selected
    nothing = await store.add(GUILD, "d", [said("a", "b")], ADA)
    assert not nothing.made_version
    change = await store.remove(GUILD, "d", said("a", "b").key, BORIS)
    assert (change.made_version, change.dataset.version, change.dataset.created_by) == (True, 2, BORIS)
    await store.add(GUILD, "d", [said("e", "f")], BORIS)
    assert [example.prompt for example in await store.examples(first.id)] == ["a", "c"]
    assert [example.prompt for example in await store.examples(change.dataset.id)] == ["c", "e"]
    assert await store.get(GUILD, "d", 1) == first
    assert await store.selected(GUILD, DatasetLabel.POSITIVE) == first
    second = await store.select(GUILD, "d", DatasetLabel.POSITIVE)
    assert second.replaced == first
    assert [dataset.selected_as for dataset in await store.versions(GUILD, "d")] == ["positive", None]
    assert (await store.add(GUILD, "d", [said("g", "h")], ADA)).dataset.version == 3


async def test_one_is_selected_for_each_label_and_guild(database: Database) -> None:
    store = DatasetStore(database)
    for guild, name in ((GUILD, "a"), (GUILD, "b"), (OTHER_GUILD, "a")):
        await store.create(guild, name, ADA)
        await store.add(guild, name, [said(name, "x")], ADA)
    assert (await store.select(GUILD, "a", DatasetLabel.POSITIVE)).replaced is None
    assert (await store.select(GUILD, "b", DatasetLabel.NEGATIVE)).replaced is None
    assert (await store.select(OTHER_GUILD, "a", DatasetLabel.POSITIVE)).replaced is None
    assert (await store.select(GUILD, "a", DatasetLabel.POSITIVE)).replaced is None
    replacing = await store.select(GUILD, "b", DatasetLabel.POSITIVE)
    assert replacing.replaced is not None
    assert replacing.replaced.name == "a"
    assert await store.selected(GUILD, DatasetLabel.NEGATIVE) is None
    assert [dataset.selected_as for dataset in await store.all(OTHER_GUILD)] == ["positive"]


async def test_two_moderators_at_once_leave_one_clear_result(database: Database) -> None:
    store = DatasetStore(database)
    outcomes = await asyncio.gather(
        *(store.create(GUILD, name, ADA) for name in ("Море", "МОРЕ", "море")), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Dataset"] + 2 * ["DatasetExistsError"]
    await store.create(GUILD, "b", ADA)
    for name in ("море", "b"):
        await store.add(GUILD, name, [said("first", name)], ADA)
        await store.select(GUILD, name, DatasetLabel.POSITIVE)
    changes = await asyncio.gather(
        *(store.add(GUILD, "море", [said("both", "x"), said(f"q{number}", "x")], number) for number in range(6))
    )
    assert sum(change.made_version for change in changes) == 1
    assert {change.dataset.version for change in changes} == {2}
    kept = await store.examples((await store.get(GUILD, "море")).id)
    assert sorted(example.prompt for example in kept) == ["both", "first", *(f"q{number}" for number in range(6))]
    assert len(kept) == 8
    chosen = await asyncio.gather(
        *(store.select(GUILD, name, DatasetLabel.POSITIVE) for name in ("море", "b", "море", "b"))
    )
    selected = await store.selected(GUILD, DatasetLabel.POSITIVE)
    assert selected is not None
    assert selected.id in {selection.selected.id for selection in chosen}
    assert sum(dataset.selected_as is not None for dataset in await store.all(GUILD)) == 1


async def test_guilds_do_not_see_each_others(database: Database) -> None:
    store = DatasetStore(database)
    await store.create(GUILD, "mine", ADA)
    await store.add(GUILD, "mine", [said("a", "b")], ADA)
    assert await store.all(OTHER_GUILD) == []
    with pytest.raises(NoSuchDatasetError, match="no dataset `mine` here"):
        await store.add(OTHER_GUILD, "mine", [said("c", "d")], BORIS)
    for refused in (store.get(OTHER_GUILD, "mine"), store.delete(OTHER_GUILD, "mine")):
        with pytest.raises(NoSuchDatasetError):
            await refused
    await store.create(OTHER_GUILD, "mine", BORIS)
    assert await store.forget_guild(OTHER_GUILD) == 1
    assert len(await store.examples((await store.get(GUILD, "mine")).id)) == 1


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "a\nb\u202e", "x" * 51, "con", "what?", "`x`"])
async def test_a_name_that_no_file_may_have_is_refused(database: Database, name: str) -> None:
    with pytest.raises(BadDatasetNameError, match="cannot be the name"):
        await DatasetStore(database).create(GUILD, name, ADA)


async def test_too_much_is_refused_and_leaves_everything_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DatasetStore(database)
    await store.create(GUILD, "d", ADA)
    before = (await store.add(GUILD, "d", [said("a", "b")], ADA)).dataset
    for limit, of in ((3, "MAX_EXAMPLES"), (10, "MAX_TOTAL_CHARS")):
        with monkeypatch.context() as patched:
            patched.setattr(limits, of, limit)
            with pytest.raises(DatasetFullError, match="Nothing was added"):
                await store.add(GUILD, "d", [said(f"q{number}", "aaa") for number in range(3)], ADA)
    assert await store.get(GUILD, "d") == before
    monkeypatch.setattr(limits, "MAX_DATASETS", 1)
    monkeypatch.setattr(limits, "MAX_VERSIONS", 1)
    with pytest.raises(TooManyDatasetsError):
        await store.create(GUILD, "e", ADA)
    await store.select(GUILD, "d", DatasetLabel.POSITIVE)
    with pytest.raises(TooManyDatasetsError):
        await store.add(GUILD, "d", [said("c", "d")], ADA)
    with pytest.raises(NoSuchExampleError):
        await store.remove(GUILD, "d", "0" * 32, ADA)
    assert (await store.get(GUILD, "d")).content_hash == before.content_hash


async def test_a_full_dataset_is_copied_whole(database: Database) -> None:
    store = DatasetStore(database)
    await store.create(GUILD, "d", ADA)
    await store.add(GUILD, "d", [said(f"q{number}", "a") for number in range(20_000)], ADA)
    await store.select(GUILD, "d", DatasetLabel.POSITIVE)
    change = await store.remove(GUILD, "d", said("q7", "a").key, ADA)
    assert await store.counts([change.dataset.id]) == {change.dataset.id: {"positive": 19_999}}


async def test_a_dataset_is_deleted_by_version_or_whole(database: Database) -> None:
    store = DatasetStore(database)
    with pytest.raises(EmptyDatasetError):
        await store.create(GUILD, "d", ADA)
        await store.select(GUILD, "d", DatasetLabel.POSITIVE)
    await store.add(GUILD, "d", [said("a", "b")], ADA)
    first = (await store.select(GUILD, "d", DatasetLabel.POSITIVE)).selected
    second = (await store.add(GUILD, "d", [said("c", "d")], ADA)).dataset
    assert [dataset.id for dataset in await store.delete(GUILD, "d", 1)] == [first.id]
    assert await store.selected(GUILD, DatasetLabel.POSITIVE) is None
    assert await store.examples(first.id) == []
    assert len(await store.examples(second.id)) == 2
    with pytest.raises(NoSuchDatasetError, match="`d v1`"):
        await store.delete(GUILD, "d", 1)
    await store.delete(GUILD, "D")
    with pytest.raises(NoSuchDatasetError):
        await store.get(GUILD, "d")
    await store.create(GUILD, "d", ADA)


async def test_a_person_withdraws_from_everything_and_is_told_what_models_have_learned(database: Database) -> None:
    store = DatasetStore(database)
    given = [said("a", "b", given_by=ADA), said("c", "d", given_by=BORIS)]
    for guild, name in ((GUILD, "trained"), (GUILD, "selected"), (OTHER_GUILD, "open")):
        await store.create(guild, name, ADA)
        await store.add(guild, name, given, ADA)
    trained = (await store.select(GUILD, "trained", DatasetLabel.POSITIVE)).selected
    await store.mark_trained(GUILD, trained.id)
    await store.add(GUILD, "trained", [said("e", "f", given_by=ADA)], ADA)
    await store.select(GUILD, "selected", DatasetLabel.POSITIVE)
    withdrawal = await store.forget_user(BORIS)
    assert withdrawal.examples == 4
    assert withdrawal.learned == (LearnedVersion(GUILD, trained.id, "trained", 1),)
    assert await store.examples(trained.id) == given[:1]
    known = await store.get(GUILD, "trained", 1)
    assert known.withdrawn_examples == 1
    assert known.content_hash == content_hash(example.key for example in given)
    for guild, name in ((GUILD, "trained"), (GUILD, "selected"), (OTHER_GUILD, "open")):
        dataset = await store.get(guild, name)
        left = await store.examples(dataset.id)
        assert {example.given_by for example in left} == {ADA}
        assert dataset.content_hash == content_hash(example.key for example in left)
    assert await store.forget_user(BORIS) == ErasureResult()
    assert (await store.forget_user(ADA)).learned == (LearnedVersion(GUILD, trained.id, "trained", 1),)
    assert [dataset.created_by for dataset in await store.all(GUILD)] == [None] * 3


async def test_an_archive_does_not_bring_back_what_was_withdrawn(database: Database) -> None:
    store = DatasetStore(database)
    await store.create(GUILD, "d", ADA)
    archived = [said("a", "b", given_by=ADA), said("c", "d", given_by=BORIS)]
    await store.forget_user(BORIS)
    change = await store.add(GUILD, "d", archived, ADA)
    assert (change.changed, change.unchanged, change.withdrawn) == (1, 0, 1)
    later = dataclasses.replace(archived[1], created_at=datetime.now(UTC) + timedelta(seconds=1))
    change = await store.add(GUILD, "d", [archived[0], later], BORIS)
    assert (change.changed, change.unchanged, change.withdrawn) == (1, 1, 0)
    change = await store.add(GUILD, "d", archived, ADA)
    assert (change.changed, change.unchanged, change.withdrawn) == (0, 1, 1)


async def test_training_is_noted_once(database: Database) -> None:
    store = DatasetStore(database)
    dataset = await store.create(GUILD, "d", ADA)
    await store.mark_trained(GUILD, dataset.id)
    noted = await store.get(GUILD, "d")
    assert noted.trained_at is not None
    assert noted.sealed_at is not None
    await store.mark_trained(GUILD, dataset.id)
    assert await store.get(GUILD, "d") == noted
    with pytest.raises(DatasetExistsError):
        await store.create(GUILD, "D", ADA)
