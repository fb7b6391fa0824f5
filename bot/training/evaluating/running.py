"""Running test cases on one model, or on two side by side."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.errors import (
    ChatError,
    ChatModelUnknownError,
    ChatQuotaExceededError,
    ChatRefusedError,
    ChatTimedOutError,
)
from bot.conversation.reply_stream import extended
from bot.conversation.tokens import TokenUse
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.training.evaluating.cases import TestCase
from bot.training.evaluating.interval import Interval, wilson
from bot.training.evaluating.scoring import Score, Scorer
from bot.work.cancellation import CancellationToken, CancelledByUserError

AT_ONCE = 2
"""How many prompts are answered at the same time."""
CASE_TIMEOUT_S = 60.0
RUN_TIMEOUT_S = 1800.0
MAX_ANSWER_CHARS = 20_000
"""Of one answer; the rest is not read."""
MAX_FAILURES = 5
"""Consecutive cases without an answer before a test is given up."""

_FOR_GOOD = (ChatRefusedError, ChatQuotaExceededError, ChatModelUnknownError)
"""Errors that every further case would run into as well."""


class TestTooLongError(StarlingError):
    """Raised when a test takes longer than it may."""

    __test__ = False

    sentence = _("This took longer than {limit_min:.0f} min, so I ended it there.")

    def __init__(self, limit_s: float) -> None:
        super().__init__(limit_min=limit_s / 60)


class Meter(Protocol):
    """Counts the tokens that a test takes."""

    async def require(self) -> None:
        """Check that one more prompt may be answered.

        Raises:
            StarlingError: it may not; the test ends there.
        """

    async def count(self, model: str, use: TokenUse) -> None:
        """Count the tokens that ``model`` took."""


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """A model's answer to one case."""

    case: TestCase
    text: str
    """Empty if it gave no answer."""
    latency_s: float
    """Until the answer was complete."""
    use: TokenUse
    """Tokens of the model, without the judge's."""
    score: Score | None = None
    """None if nothing was expected, or if there is no answer."""
    error: StarlingError | None = None
    """Why there is no answer."""

    @property
    def passed(self) -> bool | None:
        """Whether it is right; None if nothing was expected. A missing answer is not right."""
        if self.case.expected is None:
            return None
        return self.score is not None and self.score.passed

    @property
    def points(self) -> float:
        """See ``Score.points``; 0 without a score."""
        return 0.0 if self.score is None else self.score.points


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One model's answers to all cases that it was asked, in order."""

    model: str
    answers: tuple[CaseAnswer, ...]

    @property
    def judged(self) -> tuple[CaseAnswer, ...]:
        """The answers to cases that expect something."""
        return tuple(answer for answer in self.answers if answer.passed is not None)

    @property
    def passed(self) -> int:
        """How many answers are right."""
        return sum(answer.passed is True for answer in self.answers)

    @property
    def failed(self) -> int:
        """How many cases have no answer."""
        return sum(answer.error is not None for answer in self.answers)

    @property
    def interval(self) -> Interval:
        """The share of right answers among ``judged``."""
        return wilson(self.passed, len(self.judged))

    @property
    def similarity(self) -> float | None:
        """The mean of the similarities that were measured; None if none was."""
        known = [
            answer.score.similarity
            for answer in self.answers
            if answer.score is not None and answer.score.similarity is not None
        ]
        return statistics.fmean(known) if known else None

    @property
    def latency_s(self) -> float | None:
        """The median over the cases that were answered; None if none was."""
        taken = [answer.latency_s for answer in self.answers if answer.error is None]
        return statistics.median(taken) if taken else None

    @property
    def use(self) -> TokenUse:
        """The tokens of all answers together."""
        return TokenUse(
            sum(answer.use.prompt_tokens for answer in self.answers),
            sum(answer.use.reply_tokens for answer in self.answers),
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of a test."""

    runs: tuple[ModelRun, ...]
    """One for each model, on the same cases."""
    asked: int
    """How many cases were to be answered."""
    judge: str | None = None
    """The name of the model that judged; None if none did."""
    ended_by: StarlingError | None = None
    """Why it ended early; None also if a person stopped it."""

    @property
    def is_whole(self) -> bool:
        """Whether all cases were answered or tried."""
        return len(self.runs[0].answers) == self.asked


@dataclass(slots=True)
class EvaluationRun:
    """One test, which can be stopped. The models do not sample (``steady``), so tests do not differ by chance."""

    cases: Sequence[TestCase]
    models: Sequence[ChatModel]
    """One or two."""
    instruction: str
    """The system message for cases that have none of their own."""
    scorer: Scorer
    meter: Meter
    stop: CancellationToken = field(default_factory=CancellationToken)
    on_progress: Callable[[int, int], None] = lambda _done, _whole: None
    """Called with how many cases are done, and of how many."""
    at_once: int = AT_ONCE
    case_timeout_s: float = CASE_TIMEOUT_S
    run_timeout_s: float = RUN_TIMEOUT_S

    async def result(self) -> Evaluation:
        """Run the test. If it is stopped, takes longer than ``run_timeout_s`` or may not go on, the result has only the
        cases that were answered until then."""
        models = [model.steady() for model in self.models]
        answers: dict[int, tuple[CaseAnswer, ...]] = {}
        waiting = iter(enumerate(self.cases))
        ended_by: StarlingError | None = None
        in_vain = 0

        async def work() -> None:
            nonlocal ended_by, in_vain
            for number, case in waiting:
                try:
                    await self.meter.require()
                except StarlingError as error:
                    ended_by = error
                if ended_by is not None:
                    return
                answers[number] = tuple(await asyncio.gather(*(self._answer(case, model) for model in models)))
                failures = [answer.error for answer in answers[number] if answer.error is not None]
                in_vain = in_vain + 1 if failures else 0
                if in_vain >= MAX_FAILURES or any(isinstance(failure, _FOR_GOOD) for failure in failures):
                    ended_by = failures[0]
                self.on_progress(len(answers), len(self.cases))

        async def all_of_them() -> None:
            async with asyncio.timeout(self.run_timeout_s), asyncio.TaskGroup() as group:
                for _worker in range(max(1, min(self.at_once, len(self.cases)))):
                    group.create_task(work())

        try:
            await self.stop.unless_cancelled(all_of_them())
        except CancelledByUserError:
            pass
        except TimeoutError:
            ended_by = TestTooLongError(self.run_timeout_s)
        finally:
            self.scorer.forget()
        done = [answers[number] for number in sorted(answers)]
        runs = tuple(
            ModelRun(model.model, tuple(each[which] for each in done)) for which, model in enumerate(self.models)
        )
        return Evaluation(runs, len(self.cases), self.scorer.judge, ended_by)

    async def _answer(self, case: TestCase, model: ChatModel) -> CaseAnswer:
        use, began_s = TokenUse(), time.monotonic()
        try:
            text = await self._said(case, model, use)
        except ChatError as error:
            return CaseAnswer(case, "", time.monotonic() - began_s, use, error=error)
        finally:
            await self.meter.count(model.model, use)
        latency_s = time.monotonic() - began_s
        of_judge = TokenUse()
        try:
            score = await self.scorer.score(case, text, of_judge)
        finally:
            if self.scorer.judge is not None:
                await self.meter.count(self.scorer.judge, of_judge)
        return CaseAnswer(case, text, latency_s, use, score)

    async def _said(self, case: TestCase, model: ChatModel, use: TokenUse) -> str:
        turns = [
            ChatMessage("system", case.system or self.instruction),
            *(ChatMessage(turn.role, turn.text) for turn in case.turns),
            ChatMessage("user", case.prompt),
        ]
        said = ""
        try:
            async with asyncio.timeout(self.case_timeout_s), aclosing(model.stream(turns, use)) as parts:
                async for part in parts:
                    said = extended(said, part)
                    if len(said) > MAX_ANSWER_CHARS:
                        break
        except TimeoutError:
            raise ChatTimedOutError(self.case_timeout_s) from None
        return said[:MAX_ANSWER_CHARS].strip()
