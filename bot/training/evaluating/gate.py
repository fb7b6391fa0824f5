"""Whether a newly trained model may take the place of the one that answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.training.evaluating.pairing import pair
from bot.training.evaluating.running import ModelRun

MAX_FORGOTTEN = 1
"""How many general questions a candidate may lose if hardly any answer differs."""
CHANCE = 1.28
"""In standard deviations: of candidates that are as good as the active model, one in ten is refused."""

NOTHING_TO_COMPARE = _("Nothing with an expected answer was held out, so nobody can tell what it has learned.")
UNANSWERED = _("{model} gave no answer to {count} of {asked} prompts, so the two cannot be compared. Test again.")
NOT_BETTER = _("On the held-out questions it is no better: better on {better} of {asked}, worse on {worse}.")
BETTER = _("On the held-out questions it is better on {better} of {asked}, and worse on {worse}.")
COULD_BE_CHANCE = _("So few differ that this could be chance.")
FORGOTTEN = _(
    "It answers {passed} of {asked} general questions correctly; {model} answers {before}: it has forgotten things."
)
NOT_FORGOTTEN = _("It answers {passed} of {asked} general questions correctly; {model} answers {before}.")


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether a candidate may be promoted."""

    promotable: bool
    reasons: tuple[LazyMessage, ...]
    """Everything that speaks for or against it."""


def verdict(
    candidate_heldout: ModelRun, active_heldout: ModelRun, candidate_general: ModelRun, active_general: ModelRun
) -> GateVerdict:
    """Whether the candidate is better than the active model at what it was taught, and has not forgotten the rest.

    The loss and reward of a training decide nothing, since they also improve while a model memorises its examples. The
    held-out cases show what was learned: the candidate must be better on more of them than it is worse on. They are
    compared case by case, not by totals: most cases are easy or hard for both models, and those say nothing.

    On the general questions it may lose as many as chance accounts for: if n questions are answered correctly by only
    one of two equally good models, the difference between the two has a standard deviation of the square root of n.
    ``EvaluationRun`` asks at temperature 0, where the demonstration model gets the same 12 of the 30 right in every
    run; when it samples, it gets 9, 11 and 12, as happens at endpoints that choose the temperature themselves. There,
    three may be lost; a model whose answers hardly vary may lose one. An adapter that has learned too much loses more.

    A missing answer is more often the endpoint's fault than the model's, so then the candidate is not promotable.

    Raises:
        ValueError: the two models were not given the same cases.
    """
    runs = (candidate_heldout, active_heldout, candidate_general, active_general)
    unanswered = tuple(
        lazy(UNANSWERED, model=f"`{run.model}`", count=run.failed, asked=len(run.answers)) for run in runs if run.failed
    )
    if unanswered:
        return GateVerdict(False, unanswered)
    learned = pair(candidate_heldout, active_heldout)
    if not candidate_heldout.judged or not candidate_general.judged:
        return GateVerdict(False, (lazy(NOTHING_TO_COMPARE),))
    better = learned.first > learned.second
    differing = sum(
        one.passed != other.passed for one, other in zip(candidate_general.judged, active_general.judged, strict=True)
    )
    allowed = max(MAX_FORGOTTEN, int(CHANCE * math.sqrt(differing)))
    keeps = candidate_general.passed >= active_general.passed - allowed
    reasons = [
        lazy(
            BETTER if better else NOT_BETTER,
            better=learned.first, worse=learned.second, asked=len(candidate_heldout.judged),
        )
    ]  # fmt: skip
    if better and learned.of_first.leaves_open:
        reasons.append(lazy(COULD_BE_CHANCE))
    reasons.append(
        lazy(
            NOT_FORGOTTEN if keeps else FORGOTTEN,
            passed=candidate_general.passed, before=active_general.passed, asked=len(candidate_general.judged),
            model=f"`{active_general.model}`",
        )
    )  # fmt: skip
    return GateVerdict(better and keeps, tuple(reasons))
