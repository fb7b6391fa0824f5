"""Promoting a candidate to the model that answers, if it passes the gate; and rolling back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.conversation.chat import ChatModel
from bot.conversation.models import ChatModels
from bot.conversation.tokens import TokenUse
from bot.datasets.training_data import TrainingDatasets
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.training.evaluating.cases import TestCase
from bot.training.evaluating.gate import GateVerdict, verdict
from bot.training.evaluating.general import general_questions
from bot.training.evaluating.running import CaseAnswer, Evaluation, EvaluationRun, Meter, ModelRun
from bot.training.evaluating.scoring import Scorer
from bot.training.held_out import held_out_cases
from bot.training.model_store import NOTICED, Model, ModelKind, ModelStore, NoticedAnswer, NoticedAnswers
from bot.training.serving import Serving
from bot.training.store import TrainingStore
from bot.training.withdrawn import WithdrawnExamples


class ModelState(StrEnum):
    """The status of a trained model in its guild."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    """It answers now."""
    RETIRED = "retired"
    """It has answered before."""


class NothingToRollBackError(StarlingError):
    """Raised when there is no earlier model to go back to."""

    sentence = _("Nothing was promoted on this server, so there is nothing to go back to.")


class AlreadyActiveError(StarlingError):
    """Raised for a candidate that answers already."""

    sentence = _("{name} answers on this server already.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class NotMeasuredError(StarlingError):
    """Raised when a measurement was not completed."""

    sentence = _("{name} could not be measured: {why}")


@dataclass(frozen=True, slots=True)
class CandidateMeasurement:
    """How a candidate compares with the model that answers."""

    model: Model
    against: str
    verdict: GateVerdict


class Promoting:
    """Measures candidates, promotes those that are better, and rolls back."""

    def __init__(
        self,
        models: ModelStore,
        trainings: TrainingStore,
        datasets: TrainingDatasets,
        serving: Serving,
        answering: ChatModels,
        scorer: Scorer,
        instruction: str,
        withdrawn: WithdrawnExamples,
    ) -> None:
        """``answering``: which model answers where. ``instruction``: the system message of models being measured."""
        self._models = models
        self._trainings = trainings
        self._datasets = datasets
        self._serving = serving
        self._answering = answering
        self._scorer = scorer
        self._instruction = instruction
        self._withdrawn = withdrawn
        self._measuring = asyncio.Lock()

    async def measured(
        self,
        guild_id: int,
        name: str,
        meter: Meter,
        on_progress: Callable[[int, int], None] = lambda _done, _whole: None,
    ) -> CandidateMeasurement:
        """Compare a candidate with the model that answers, on the examples that its training held out and on general
        questions; the scores are stored.

        Raises:
            NoSuchTrainedModelError, ModelNotServedError, AlreadyActiveError, NotMeasuredError
        """
        model = await self._models.get(guild_id, name)
        active = await self._models.active(guild_id)
        if active is not None and active.id == model.id:
            raise AlreadyActiveError(name)
        candidate = await self._serving.chat_of(model)
        incumbent = await self._answering.of(guild_id)
        taken_back = await self._models.taken_back_from(model)
        heldout = await held_out_cases(self._datasets, await self._trainings.by_id(model.training_id))
        general = general_questions()
        whole = len(heldout) + len(general)
        async with self._measuring:
            on_heldout = await self._run(heldout, candidate, incumbent, meter, lambda n: on_progress(n, whole))
            on_general = await self._run(
                general, candidate, incumbent, meter, lambda n: on_progress(len(heldout) + n, whole)
            )
        for evaluation in (on_heldout, on_general):
            if evaluation.ended_by is not None:
                raise NotMeasuredError(name=name, why=str(evaluation.ended_by))
        runs = (*on_heldout.runs, *on_general.runs)
        found = verdict(runs[0], runs[1], runs[2], runs[3])
        against = active.name if active is not None else incumbent.model
        await self._models.measured(
            model.id,
            {
                "measured_at": datetime.now(UTC).isoformat(),
                "against": against,
                "against_id": None if active is None else active.id,
                "promotable": found.promotable,
                "reasons": [str(reason) for reason in found.reasons],
                "heldout": {"candidate": _scores(runs[0]), "against": _scores(runs[1])},
                "general": {"candidate": _scores(runs[2]), "against": _scores(runs[3])},
            },
        )
        before, after = (*runs[1].answers, *runs[3].answers), (*runs[0].answers, *runs[2].answers)
        await self._models.note_noticed(model, noticed_in(against, before, after), taken_back)
        return CandidateMeasurement(model, against, found)

    async def promote(self, guild_id: int, measured: CandidateMeasurement, by: int) -> None:
        """Make a candidate that is better the model that answers, from the next answer on.

        Raises:
            ValueError: it is not better than the model that answers.
        """
        if not measured.verdict.promotable:
            raise ValueError(f"{measured.model.name} is no better than what answers")
        await self._models.promote(guild_id, measured.model.id, by)

    async def put_aside(self, guild_id: int, by: int) -> None:
        """Let the untrained model answer until a trained one is promoted."""
        if await self._models.active(guild_id) is not None:
            await self._models.promote(guild_id, None, by)

    async def roll_back(self, guild_id: int, by: int) -> str | None:
        """Go back to the model that answered before the present one; returns its name, or None for the untrained model.

        Raises:
            NothingToRollBackError: nothing was promoted, or the untrained model already answers again.
        """
        history = await self._models.history(guild_id)
        if not history or history[0].model_id is None:
            raise NothingToRollBackError
        current = history[0].model_id
        order = [one.model_id for one in reversed(history)]
        # The models that answered before the present one was first promoted.
        before = order[: order.index(current)]
        target = before[-1] if before else None
        await self._models.promote(guild_id, target, by)
        known = {model.id: model.name for model in await self._models.of_guild(guild_id)}
        return None if target is None else known.get(target)

    async def models(self, guild_id: int) -> list[tuple[Model, ModelState]]:
        """The models that a guild has trained, the latest first, without examples that were only packed."""
        history = await self._models.history(guild_id)
        active = history[0].model_id if history else None
        once = {one.model_id for one in history}
        return [
            (
                model,
                ModelState.ACTIVE
                if model.id == active
                else ModelState.RETIRED
                if model.id in once
                else ModelState.CANDIDATE,
            )
            for model in await self._models.of_guild(guild_id)
            if model.kind is not ModelKind.FILES
        ]

    async def card(self, model: Model) -> str:
        """All that is known of a model, as JSON."""
        training = await self._trainings.by_id(model.training_id)
        history = await self._models.history(model.guild_id)
        facts: dict[str, object] = {
            "name": model.name,
            "kind": model.kind,
            "base": model.base,
            "at_the_trainer": model.remote_name,
            "made_at": model.created_at.isoformat(),
            "scores": model.scores,
            "noticed": None if model.noticed is None else asdict(model.noticed),
            "withdrawn_examples_seen": await self._withdrawn.seen_by(model),
            "promoted_at": [one.promoted_at.isoformat() for one in history if one.model_id == model.id],
        }
        if training is not None:
            facts["training"] = {
                "number": training.number,
                "trainer": training.trainer,
                "method": training.method,
                "seed": training.seed,
                "examples": training.examples,
                "datasets": [{"name": one.name, "version": one.version, "as": one.label} for one in training.datasets],
                "content_hash": training.content_hash,
                "started_by": None if training.starter_id is None else str(training.starter_id),
            }
        return json.dumps(facts, ensure_ascii=False, indent=1)

    async def _run(
        self,
        cases: tuple[TestCase, ...],
        candidate: ChatModel,
        incumbent: ChatModel,
        meter: Meter,
        on_progress: Callable[[int], None],
    ) -> Evaluation:
        run = EvaluationRun(
            cases, (candidate, incumbent), self._instruction, self._scorer, meter,
            on_progress=lambda done, _whole: on_progress(done), at_once=1,
        )  # fmt: skip
        return await run.result()


def noticed_in(model: str, before: Sequence[CaseAnswer], after: Sequence[CaseAnswer]) -> NoticedAnswers:
    """Up to ``NOTICED`` of the questions, with the answer of ``model``, ``before``, and that of the new one, ``after``;
    those that the two answer differently come first."""
    pairs = [NoticedAnswer(one.case.prompt, one.text, other.text) for one, other in zip(before, after, strict=True)]
    # The sort is stable: otherwise the questions keep their order.
    return NoticedAnswers(model, tuple(sorted(pairs, key=lambda pair: not pair.differs)[:NOTICED]))


def _scores(run: ModelRun) -> dict[str, object]:
    interval = run.interval
    return {
        "right": run.passed, "of": len(run.judged), "between": [round(interval.low, 3), round(interval.high, 3)],
        "similarity": run.similarity, "latency_s": run.latency_s, "tokens": _tokens(run.use),
    }  # fmt: skip


def _tokens(use: TokenUse) -> int:
    return use.prompt_tokens + use.reply_tokens
