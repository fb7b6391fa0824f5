"""Recall stays reliable as a server teaches more, in English and in other languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.recall_cases import Case, cases_in, fill, lines_in
from bot.corrections.correction import ApprovedCorrection
from bot.recall.calibrated import CalibratedIndex, is_english
from bot.recall.choosing import ENGLISH_WEIGHTS, RecallMethod, index_maker
from bot.recall.neighbourhoods import NEAREST, Neighbourhoods
from bot.recall.retrievers import unit
from bot.weights.weights import WeightsCache


def made(cases: Sequence[Case], beside: Sequence[Case] = (), question: str = "What?") -> CalibratedIndex:
    maker = index_maker(RecallMethod.AUTO, lambda: WeightsCache().fetch(ENGLISH_WEIGHTS))
    assert maker is not None
    index = maker()
    assert isinstance(index, CalibratedIndex)
    fill(
        index,
        [
            ApprovedCorrection(f"c{n}", n, case.correction.prompt, case.correction.answer)
            for n, case in enumerate([*cases, *beside])
        ],
        question,
    )
    return index


def found_share(index: CalibratedIndex, cases: Sequence[Case]) -> float:
    """The share of paraphrases whose best match is their own case; ``cases`` are the first entries of ``index``."""
    hits = [
        [one.number for one in index.best(text, 1)] == [n] for n, case in enumerate(cases) for text in case.paraphrases
    ]
    return sum(hits) / len(hits)


def test_what_was_taught_in_english_is_found_in_other_words_and_other_questions_are_left_alone() -> None:
    cases, others = cases_in("english.tsv"), cases_in("further_english.tsv")
    few, more = made(cases), made(cases, others)
    unrelated = [text for text in lines_in("unrelated.tsv") if is_english(text)]

    assert found_share(few, cases) >= 0.85
    assert found_share(more, cases) >= 0.7
    for index in (few, more):
        assert sum(bool(index.best(text, 3)) for text in unrelated) <= 0.06 * len(unrelated)


def test_an_english_question_finds_what_was_taught_in_russian_and_the_other_way_round() -> None:
    taught = [*cases_in("english.tsv")[:5], *cases_in("russian.tsv")[5:10]]
    index = made(taught, question="Где?")
    assert [one.number for one in index.best("who can repair my broken bike", 1)] == [6]
    assert [one.number for one in index.best("где висят запасные ключи?", 1)] == [3]


@pytest.mark.parametrize("method", [one for one in RecallMethod if one is not RecallMethod.OFF])
def test_what_is_asked_in_the_words_that_were_taught_recalls_the_latest_answer_to_that_alone(
    method: RecallMethod,
) -> None:
    maker = index_maker(method, lambda: WeightsCache().fetch(ENGLISH_WEIGHTS))
    assert maker is not None
    index = maker()
    fill(
        index,
        [
            ApprovedCorrection("a", 1, "When does the library corner close?", "It closes at 21:00."),
            ApprovedCorrection("b", 2, "when does the library corner close", "It closes at 22:00 now."),
            ApprovedCorrection("c", 3, "When does the library corner open?", "It opens at 9:00."),
        ],
    )
    assert [one.number for one in index.best("When does the library corner close?", 3)] == [2]


@pytest.mark.parametrize("count", [0, 1, 2, NEAREST])
def test_a_threshold_for_few_corrections_is_near_the_one_that_was_measured_elsewhere(count: int) -> None:
    random = np.random.default_rng(7)
    vectors = unit(random.normal(size=(count + 40, 16)).astype(np.float32))
    neighbourhoods = Neighbourhoods(vectors[:count], vectors[:count], vectors[count:], vectors[count:], -0.3)
    assert neighbourhoods.threshold == pytest.approx(-0.3, abs=0.05)
    assert neighbourhoods.scores(vectors[-1]).shape == (count,)


def test_a_correction_is_judged_as_if_it_was_not_there_itself() -> None:
    """The highest score of a left-out correction equals the score of the same question where it was never taught."""
    random = np.random.default_rng(3)
    vectors = unit(random.normal(size=(100, 24)).astype(np.float32))
    known, everyday = vectors[:60], vectors[60:]
    whole = Neighbourhoods(known, known, everyday, everyday, 0.0)
    left = whole._highest_of_others(known, np.array([17]))[0]
    without = Neighbourhoods(np.delete(known, 17, 0), np.delete(known, 17, 0), everyday, everyday, 0.0)
    assert left == pytest.approx(without.scores(known[17]).max(), abs=1e-5)
