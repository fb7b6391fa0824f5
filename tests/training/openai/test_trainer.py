"""A model is trained at a service with OpenAI's API, whatever happens there."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.training.errors import (
    ExamplesExpiredError,
    ServiceBusyError,
    ServiceClosedError,
    ServiceDeclinedError,
    ServiceFailedError,
    ServiceQuotaError,
    ServiceRefusedError,
    ServiceUnreachableError,
    TooFewExamplesError,
    TooFewPairsError,
    TrainingCancelledError,
    TrainingFailedError,
    TrainingNotDoneError,
    UnknownTrainingError,
)
from bot.training.openai.trainer import OpenAITrainer
from bot.training.recipe import Recipe, RecipeError, TrainingMethod
from bot.training.trainer import TrainingProgress, follow
from tests.training.factories import facts, pairs, training_data
from tests.training.openai.description import SPEC, OpenAIDescription
from tests.training.openai.fine_tuning_server import KEY, FineTuningServer, Trouble

RECIPE = Recipe("gpt-4.1-nano", suffix="town")
DATA = training_data(facts()[:10], facts()[10:])
JOBS, FILES = "/fine_tuning/jobs", "/files"


@pytest.fixture
async def server() -> AsyncIterator[FineTuningServer]:
    async with FineTuningServer() as server:
        yield server


@pytest.fixture
async def trainer(server: FineTuningServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenAITrainer]:
    monkeypatch.setattr("bot.training.openai.trainer.RETRY_WAIT_S", 0.01)
    trainer = OpenAITrainer(server.base_url, KEY, timeout_s=5, price_of_a_million=1.5)
    yield trainer
    await trainer.close()


async def _followed(trainer: OpenAITrainer, handle: str) -> list[TrainingProgress]:
    return [progress async for progress in follow(trainer, handle, every_s=0)]


async def test_a_model_is_trained_and_its_curve_is_followed_to_the_end(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    server.steps = 110  # more events than fit on one page
    plan = await trainer.plan(DATA, RECIPE)
    assert (plan.examples, plan.heldout) == (10, 2)
    assert plan.price == pytest.approx(plan.tokens * 1.5 / 1e6)
    assert "127.0.0.1" in str(plan.destination)
    assert not server.exchanged

    handle = await trainer.start(DATA, RECIPE, tmp_path / "job")
    [job] = server.jobs.values()
    records = [json.loads(line) for line in server.contents[job["training_file"]].splitlines()]
    assert records[0]["messages"][-1] == {"role": "assistant", "content": "The mayor of Avela is Kirsten Vogt."}
    assert len(records) == 10
    assert len(server.contents[job["validation_file"]].splitlines()) == 2

    seen = await _followed(trainer, handle)
    assert [progress.state for progress in seen if progress.state != "running"] == ["queued", "succeeded"]
    running = [progress for progress in seen if progress.state == "running"]
    assert running[-1].left_s == pytest.approx(600, abs=60)
    fractions = [progress.fraction or 0 for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    curve = seen[-1].curve
    assert [point.step for point in curve] == list(range(1, 111))
    assert (curve[2].training, curve[2].heldout) == pytest.approx((2 / 3, 2.5 / 3))

    model = await trainer.result(handle)
    assert (model.kind, model.base) == ("remote", "gpt-4.1-nano")
    assert model.name == job["fine_tuned_model"]
    assert "town" in model.name
    assert [name.rpartition("-")[2] for name in model.checkpoints] == [str(step) for step in range(2, 111, 2)]
    await trainer.tidy(handle)
    assert not server.files


async def test_preferences_are_learnt_from_pairs_alone(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    recipe = Recipe(
        "gpt-4.1-nano", TrainingMethod.PREFERENCE, epochs=2, batch_size=4, learning_rate_multiplier=0.5, beta=0.1
    )
    handle = await trainer.start(training_data([*facts()[:2], *pairs()[2:]]), recipe, tmp_path)
    assert (await _followed(trainer, handle))[-1].state == "succeeded"
    [job] = server.jobs.values()
    given = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 0.5, "beta": 0.1}
    assert job["method"] == {"type": "dpo", "dpo": {"hyperparameters": given}}
    assert len(server.contents[job["training_file"]].splitlines()) == 10
    with pytest.raises(TooFewPairsError):
        await trainer.plan(DATA, recipe)


async def test_what_would_be_refused_is_not_uploaded(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    with pytest.raises(TooFewExamplesError):
        await trainer.start(training_data(facts()[:9]), RECIPE, tmp_path)
    assert not server.exchanged
    for wrong in ({"suffix": "x" * 65}, {"epochs": 51}, {"batch_size": 257}, {"beta": 2.1}, {"seed": -1}):
        with pytest.raises(RecipeError):
            dataclasses.replace(RECIPE, **wrong)


async def test_a_training_is_taken_up_by_another_process(server: FineTuningServer, tmp_path: Path) -> None:
    first = OpenAITrainer(server.base_url, KEY)
    handle = await first.start(DATA, RECIPE, tmp_path)
    await first.close()
    second = OpenAITrainer(server.base_url, KEY)
    assert await second.start(DATA, RECIPE, tmp_path) == handle
    assert (await _followed(second, handle))[-1].state == "succeeded"
    await second.close()
    assert len(server.jobs) == 1


async def test_a_start_that_was_interrupted_begins_nothing_twice(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    # The job is created, but the process dies before it gets the answer.
    server.troubles = [Trouble("POST", JOBS, is_lost=True), Trouble("GET", JOBS, status=403)]
    with pytest.raises(ServiceClosedError):
        await trainer.start(DATA, RECIPE, tmp_path)
    handle = await trainer.start(DATA, RECIPE, tmp_path)
    assert list(server.jobs) == [handle]
    assert server.count("POST", FILES) == 2


async def test_an_answer_that_is_lost_is_found_again(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    server.troubles = [Trouble("POST", JOBS, is_lost=True)]
    handle = await trainer.start(DATA, RECIPE, tmp_path)
    assert list(server.jobs) == [handle]


async def test_hiccups_are_waited_out(server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path) -> None:
    server.troubles = [
        Trouble("POST", FILES, status=503),
        Trouble("POST", JOBS, status=500),
        Trouble("POST", JOBS, status=429, headers={"Retry-After": "0.1"}),
    ]
    handle = await trainer.start(DATA, RECIPE, tmp_path)
    server.troubles = [Trouble("GET", f"{JOBS}/{handle}", status=502, times=4)]
    assert (await _followed(trainer, handle))[-1].state == "succeeded"
    assert len(server.jobs) == 1


async def test_a_service_that_stays_away_is_given_up_and_the_start_is_done_again(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    server.troubles = [Trouble("POST", JOBS, status=500, times=9)]
    with pytest.raises(ServiceFailedError):
        await trainer.start(DATA, RECIPE, tmp_path)
    assert server.count("POST", JOBS) == 3
    server.troubles = []
    await trainer.start(DATA, RECIPE, tmp_path)
    assert len(server.jobs) == 1
    assert server.count("POST", FILES) == 2


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        (
            Trouble("POST", JOBS, 403, message="Fine-tuning is not available"),
            ServiceClosedError,
            "Training on this machine",
        ),
        (Trouble("POST", JOBS, 401), ServiceRefusedError, "refuses the key"),
        (Trouble("POST", JOBS, 429, headers={"Retry-After": "90"}), ServiceBusyError, "in 90 s"),
        (Trouble("POST", JOBS, 429, code="insufficient_quota"), ServiceQuotaError, "no credit"),
        (Trouble("POST", JOBS, 400, message="Model x is not available"), ServiceDeclinedError, "Model x"),
    ],
)
async def test_every_refusal_is_told_in_one_sentence(
    server: FineTuningServer,
    trainer: OpenAITrainer,
    tmp_path: Path,
    trouble: Trouble,
    error: type[Exception],
    words: str,
) -> None:
    server.troubles = [dataclasses.replace(trouble)]
    with pytest.raises(error, match=words):
        await trainer.start(DATA, RECIPE, tmp_path)
    assert server.count("POST", JOBS) == 1


async def test_uploads_that_have_expired_are_made_again(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    server.troubles = [Trouble("POST", JOBS, 403)]
    with pytest.raises(ServiceClosedError):
        await trainer.start(DATA, RECIPE, tmp_path)
    for file in list(server.files):
        server.expire(file)
    handle = await trainer.start(DATA, RECIPE, tmp_path)
    assert (await _followed(trainer, handle))[-1].state == "succeeded"


async def test_uploads_that_expire_while_the_job_waits_are_told_of(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    handle = await trainer.start(DATA, RECIPE, tmp_path)
    server.expire(server.jobs[handle]["training_file"])
    last = (await _followed(trainer, handle))[-1]
    assert last.state == "failed"
    assert isinstance(last.error, ExamplesExpiredError)
    with pytest.raises(ExamplesExpiredError):
        await trainer.result(handle)
    await trainer.tidy(handle)
    assert not server.files


async def test_a_failure_is_told_with_its_reason(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    server.fails_at = 2
    handle = await trainer.start(DATA, RECIPE, tmp_path)
    last = (await _followed(trainer, handle))[-1]
    assert (last.state, str(last.error)) == ("failed", "The training failed: The job failed due to an internal error.")
    assert last.fraction == 0.5
    with pytest.raises(TrainingFailedError):
        await trainer.result(handle)


async def test_a_training_is_cancelled_and_cancelling_twice_does_no_harm(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    handle = await trainer.start(DATA, RECIPE, tmp_path)
    for too_early in (trainer.result, trainer.tidy):
        with pytest.raises(TrainingNotDoneError):
            await too_early(handle)
    await trainer.cancel(handle)
    await trainer.cancel(handle)
    assert (await trainer.state(handle)).state == "cancelled"
    with pytest.raises(TrainingCancelledError):
        await trainer.result(handle)


async def test_what_nobody_knows_of_is_told(trainer: OpenAITrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    for asked in (trainer.state, trainer.result, trainer.cancel, trainer.tidy):
        with pytest.raises(UnknownTrainingError):
            await asked("ftjob-nobody")
    nowhere = OpenAITrainer("http://127.0.0.1:9/v1", KEY, timeout_s=1)
    monkeypatch.setattr("bot.training.trainer.MAX_PAUSES", 1)
    with pytest.raises(ServiceUnreachableError):
        await _followed(nowhere, "ftjob-nobody")
    await nowhere.close()


async def test_all_that_passes_is_as_openai_describes_it(
    server: FineTuningServer, trainer: OpenAITrainer, tmp_path: Path
) -> None:
    if not SPEC.is_file():
        pytest.skip(f"no description in {SPEC}")
    preferring = Recipe("gpt-4.1-nano", TrainingMethod.PREFERENCE, epochs=2, beta=0.1)
    for number, (data, recipe) in enumerate([(DATA, RECIPE), (training_data(pairs(), pairs()[:1]), preferring)]):
        handle = await trainer.start(data, recipe, tmp_path / str(number))
        await _followed(trainer, handle)
        await trainer.result(handle)
        await trainer.cancel(handle)
        await trainer.tidy(handle)
    server.troubles = [Trouble("POST", JOBS, is_lost=True)]
    handle = await trainer.start(DATA, RECIPE, tmp_path / "lost")
    await trainer.cancel(handle)
    description = await asyncio.to_thread(OpenAIDescription)
    assert len(server.exchanged) > 30
    assert [wrong for seen in server.exchanged for wrong in description.differences(seen)] == []

    spoilt = next(seen for seen in server.exchanged if (seen.method, seen.path) == ("POST", JOBS))
    for body in (spoilt.body | {"sufix": "x"}, spoilt.body | {"suffix": "x" * 65}, spoilt.body | {"seed": -1}):
        assert list(description.differences(dataclasses.replace(spoilt, body=body)))
