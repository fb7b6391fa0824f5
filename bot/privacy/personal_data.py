"""All that is stored on one person: told, given to them, or forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.conversation.exchanges import ExchangeStore
from bot.corrections.consents import ConsentStore
from bot.corrections.feedback import FeedbackStore
from bot.corrections.service import Corrections
from bot.datasets.store import Dataset, DatasetStore
from bot.preferences.preferences import Preferences
from bot.privacy.retention import USAGE_DAYS
from bot.training.evaluating.comparisons import ComparisonStore
from bot.usage.store import UsageStore
from bot.work.job_store import JobStore


@dataclass(frozen=True, slots=True)
class Held:
    """How much is stored on a person."""

    agreed: bool
    """Whether they have agreed that their corrections are kept."""
    credited: bool
    exchanges: int
    corrections: int
    votes: int
    feedback: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left of a person after they asked to be forgotten."""

    examples: int
    """That were removed from datasets."""
    trained: tuple[Dataset, ...]
    """Datasets that models were trained on while they had examples of theirs."""


class PersonalData:
    """Gathers it from all stores."""

    def __init__(
        self,
        exchanges: ExchangeStore,
        corrections: Corrections,
        feedback: FeedbackStore,
        datasets: DatasetStore,
        consents: ConsentStore,
        usage: UsageStore,
        jobs: JobStore,
        preferences: Preferences,
        comparisons: ComparisonStore,
    ) -> None:
        self._exchanges = exchanges
        self._corrections = corrections
        self._feedback = feedback
        self._datasets = datasets
        self._consents = consents
        self._usage = usage
        self._jobs = jobs
        self._preferences = preferences
        self._comparisons = comparisons

    async def held(self, user_id: int) -> Held:
        """How much is stored."""
        votes, said = await self._feedback.of_user(user_id)
        compared, preferred = await self._comparisons.of_user(user_id)
        return Held(
            agreed=await self._consents.given(user_id),
            credited=(await self._preferences.user(user_id)).credited,
            exchanges=len(await self._exchanges.of_user(user_id)) + len(compared),
            corrections=len(await self._corrections.of_user(user_id)),
            votes=len(votes) + len(preferred),
            feedback=len(said),
        )

    async def exported(self, user_id: int) -> bytes:
        """All of it as JSON in UTF-8."""
        votes, said = await self._feedback.of_user(user_id)
        compared, preferred = await self._comparisons.of_user(user_id)
        since = datetime.now(UTC).date() - timedelta(days=USAGE_DAYS)
        used = await self._usage.by_day(since, user_id=int(user_id))
        held: Mapping[str, Any] = {
            "user_id": str(user_id),
            "exported_at": datetime.now(UTC),
            "agreed_that_corrections_are_kept": await self._consents.given(user_id),
            "questions_and_answers": [asdict(one) for one in await self._exchanges.of_user(user_id)],
            "corrections": [asdict(one) for one in await self._corrections.of_user(user_id)],
            "votes": [asdict(one) for one in votes],
            "feedback": [asdict(one) for one in said],
            "comparisons": [asdict(one) for one in compared],
            "votes_in_comparisons": [asdict(one) for one in preferred],
            "examples_in_datasets": [asdict(one) for one in await self._datasets.of_user(user_id)],
            "settings": asdict(await self._preferences.user(user_id)),
            "used_a_day": {day.isoformat(): asdict(amounts) for day, amounts in used.items()},
        }
        return json.dumps(held, ensure_ascii=False, indent=1, default=_readable).encode()

    async def forget(self, user_id: int) -> Forgotten:
        """Forget all of it, but for what models have learned already, and the time of this wish, so that no archive
        brings back what was withdrawn."""
        await self._corrections.forget_user(user_id)
        withdrawal = await self._datasets.forget_user(user_id)
        await self._feedback.forget_user(user_id)
        await self._comparisons.forget_user(user_id)
        await self._exchanges.forget_user(user_id)
        await self._usage.forget_user(user_id)
        await self._jobs.forget_user(user_id)
        await self._preferences.forget_user(user_id)
        return Forgotten(withdrawal.removed, withdrawal.trained)


def _readable(value: object) -> object:
    """What JSON has no form for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
