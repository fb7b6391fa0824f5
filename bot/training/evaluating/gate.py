"""Whether a newly trained model may take the place of the one that answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.training.evaluating.pairing import pair
from bot.training.evaluating.running import ModelRun

MAX_FORGOTTEN = 1
"""General questions, where hardly any answer differs."""
CHANCE = 1.28
"""Standard deviations: of two models that are alike, one in ten is refused."""

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
    """Whether it may."""

    promotable: bool
    reasons: tuple[LazyMessage, ...]
    """Why, or why not: all that there is to say."""


def verdict(
    candidate_heldout: ModelRun, active_heldout: ModelRun, candidate_general: ModelRun, active_general: ModelRun
) -> GateVerdict:
    """Whether the candidate is better than the active model at what it was taught, and has not forgotten the rest.

    Loss and reward of a training decide nothing, for they also improve while a model learns its examples by heart. What
    was held out tells what was learned: the candidate must be better on more of those cases than it is worse on. Case
    by case, not by two sums: most cases are easy or hard for both, and what they have in common says nothing.

    On the general questions it may lose as many as chance takes: where n answers are right of one model only, the
    difference of two equal models has a standard deviation of the root of n. ``EvaluationRun`` asks at temperature 0,
    where the demonstration model is right on the same 12 of the thirty in every run; drawing its words by lot it is on
    9, 11 and 12, and so it goes at endpoints that choose the temperature themselves. There three may be lost, and one
    by a model whose answers hardly vary. An adapter that has learned too much loses more.

    A prompt without an answer is the endpoint's failure more often than the model's, so then nothing is decided.

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
