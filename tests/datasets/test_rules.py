"""What may be added to a dataset, and how much: the rules that need no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.datasets.additions import new_examples, still_given
from bot.datasets.example import MAX_EXAMPLES, MAX_TOTAL_CHARS
from bot.datasets.limits import (
    MAX_DATASETS,
    MAX_VERSIONS,
    DatasetFullError,
    TooManyDatasetsError,
    require_room_for_dataset,
    require_room_for_examples,
    require_room_for_version,
)
from tests.datasets.factories import WHEN, said

LATER = WHEN + timedelta(seconds=1)


def test_of_examples_that_teach_the_same_the_first_is_added_once() -> None:
    first, other, known = said("When?", "At eight."), said("Where?", "Here."), said("Who?", "We.")
    again = replace(first, given_by=7)
    assert list(new_examples([known, first, other, again], {known.key}).values()) == [first, other]


def test_an_archive_brings_back_nothing_that_was_taken_back_since() -> None:
    free = said("When?", "At eight.")
    corrected = replace(free, origin_id="c")
    assert still_given([free, corrected], {}, {"other": LATER}) == [free, corrected]
    assert still_given([free, corrected], {}, {"c": LATER}) == [free]
    assert still_given([free, corrected], {}, {"c": WHEN}) == [free, corrected]
    for withdrawn_at in (WHEN, LATER):
        assert still_given([free, corrected], {free.given_by: withdrawn_at}, {}) == []
    anew = replace(free, created_at=LATER)
    assert still_given([free, anew], {free.given_by: WHEN}, {}) == [anew]


def test_a_guild_keeps_so_much_and_no_more() -> None:
    require_room_for_dataset(MAX_DATASETS - 1)
    require_room_for_version(MAX_VERSIONS - 1)
    require_room_for_examples("d", MAX_EXAMPLES, MAX_TOTAL_CHARS)
    with pytest.raises(TooManyDatasetsError):
        require_room_for_dataset(MAX_DATASETS)
    with pytest.raises(TooManyDatasetsError):
        require_room_for_version(MAX_VERSIONS)
    for examples, chars in ((MAX_EXAMPLES + 1, 0), (0, MAX_TOTAL_CHARS + 1)):
        with pytest.raises(DatasetFullError):
            require_room_for_examples("d", examples, chars)
