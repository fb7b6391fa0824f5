"""What people would notice of a trained model: ten questions, answered by it and by the model before it."""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.chat import ChatModel
from bot.conversation.models import ChatModels
from bot.datasets.text_fingerprint import key_of_text
from bot.datasets.training_data import TrainingDatasetGoneError, TrainingDatasets
from bot.training.evaluating.cases import TestCase, from_examples
from bot.training.evaluating.general import general_questions
from bot.training.evaluating.results import AskedTextGoneError
from bot.training.evaluating.running import EvaluationRun, Meter
from bot.training.evaluating.scoring import Scorer
from bot.training.held_out import held_out_cases
from bot.training.model_store import NOTICED, Model, ModelStore, NoticedAnswers
from bot.training.promoting import NotMeasuredError, noticed_in
from bot.training.serving import Serving
from bot.training.store import TrainingStore

GENERAL = 2
"""At least this many of the questions have nothing to do with what was learned."""


class Noticing:
    """Asks a model, and the one that answers without it, the same questions."""

    def __init__(
        self,
        models: ModelStore,
        trainings: TrainingStore,
        datasets: TrainingDatasets,
        serving: Serving,
        answering: ChatModels,
        instruction: str,
    ) -> None:
        """``answering``: which model answers where. ``instruction``: the system message of models being asked."""
        self._models = models
        self._trainings = trainings
        self._datasets = datasets
        self._serving = serving
        self._answering = answering
        self._instruction = instruction

    async def ask(
        self,
        model: Model,
        meter: Meter,
        on_progress: Callable[[int, int], None] = lambda _done, _whole: None,
    ) -> NoticedAnswers:
        """Ask both models, and store their answers with ``model``.

        Raises:
            ModelNotServedError, NotMeasuredError
            AskedTextGoneError: examples that the model learned from were taken back meanwhile.
        """
        taken_back = await self._models.taken_back_from(model)
        after = await self._serving.chat_of(model)
        before = await self._before(model)
        cases = await self._cases(model)
        run = EvaluationRun(
            cases, (before, after), self._instruction, Scorer(None, None), meter, on_progress=on_progress, at_once=1
        )
        asked = await run.result()
        if asked.ended_by is not None:
            raise NotMeasuredError(name=model.name, why=str(asked.ended_by))
        before_it, of_it = asked.runs
        found = noticed_in(before_it.model, before_it.answers, of_it.answers)
        if not await self._models.note_noticed(model, found, taken_back):
            raise AskedTextGoneError
        return found

    async def _before(self, model: Model) -> ChatModel:
        """The model that answers in the guild; if that is this one, the untrained model."""
        active = await self._models.active(model.guild_id)
        is_itself = active is not None and active.id == model.id
        return await (self._answering.untrained if is_itself else self._answering.of)(model.guild_id)

    async def _cases(self, model: Model) -> tuple[TestCase, ...]:
        """Held-out examples of its training first, then ones that it has learned, and a few general questions."""
        training = await self._trainings.by_id(model.training_id)
        learned = await held_out_cases(self._datasets, training)
        if training is not None and training.datasets:
            ids = [one.id for one in training.datasets]
            try:
                data = await self._datasets.look_at(model.guild_id, ids, seed=training.seed)
                learned += from_examples(data.split.training)
            except TrainingDatasetGoneError:
                """The general questions remain."""
        cases = {key_of_text(case.prompt): case for case in reversed(learned)}
        chosen = list(reversed(cases.values()))[: NOTICED - GENERAL]
        general = [TestCase(case.prompt) for case in general_questions()]
        return (*(TestCase(case.prompt, None, case.system, case.turns) for case in chosen), *general)[:NOTICED]
