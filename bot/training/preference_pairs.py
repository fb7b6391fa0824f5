"""What people preferred becomes pairs that training learns from: of revealed comparisons, and of answers to /ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.corrections.consents import ConsentStore
from bot.corrections.feedback import FeedbackStore
from bot.datasets.dataset import DatasetChange
from bot.datasets.example import Example, ExampleSource
from bot.datasets.example_text import required
from bot.datasets.problems import Problem
from bot.datasets.store import DatasetStore
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import DataHolder
from bot.privacy.tombstones import TombstoneKind, Tombstones
from bot.training.evaluating.comparisons import Comparison, ComparisonStore, Tally

_ANSWERS = "answers:"
"""Begins the id of a pair of answers to /ask; their messages follow, each between colons."""


class NothingPreferredError(StarlingError):
    """Raised when there is nothing to put into a dataset."""

    sentence = _(
        "Nothing here says yet which of two answers is better: that takes a comparison by /compare whose names are "
        "shown and in which one has more votes, or two answers to the same /ask with 👍 and 👎, of somebody who has "
        "agreed that it is learned from. Of others it is not learned: {unagreed}."
    )

    def __init__(self, unagreed: int) -> None:
        super().__init__(unagreed=unagreed)


@dataclass(frozen=True, slots=True)
class PreferencesChange:
    """What became of adding what people preferred."""

    change: DatasetChange
    unagreed: int
    """Pairs that were left out, since those who asked have not agreed."""


class PreferencePairs(DataHolder):
    """Makes them, of those who have agreed, and takes them back with the comparisons and the answers that they are of.
    What a person gave is taken out of datasets by these, when the person is forgotten."""

    def __init__(
        self,
        comparisons: ComparisonStore,
        exchanges: ExchangeStore,
        feedback: FeedbackStore,
        consents: ConsentStore,
        datasets: DatasetStore,
        tombstones: Tombstones | None = None,
    ) -> None:
        """``tombstones``: where it is written down what backups that were made before must not bring back."""
        self._comparisons = comparisons
        self._exchanges = exchanges
        self._feedback = feedback
        self._consents = consents
        self._datasets = datasets
        self._tombstones = tombstones

    async def add_to_dataset(self, guild_id: int, name: str, by: int) -> PreferencesChange:
        """Add a guild's pairs to the newest version of a dataset, where they are not there already.

        Raises:
            NothingPreferredError
            NoSuchDatasetError, DatasetFullError, TooManyDatasetsError: as ``DatasetStore.add``.
        """
        pairs = await self._of_comparisons(guild_id) + await self._of_answers(guild_id)
        agreed = {user: await self._consents.given(user) for user in {pair.given_by for pair in pairs}}
        given = [pair for pair in pairs if agreed[pair.given_by]]
        if not given:
            await self._datasets.get(guild_id, name)
            raise NothingPreferredError(len(pairs))
        change = await self._datasets.add(guild_id, name, given, by)
        return PreferencesChange(change, len(pairs) - len(given))

    async def is_preferred(self, exchange: Exchange) -> bool:
        """Whether people's votes make a pair of this answer to /ask and another."""
        if exchange.guild_id is None or not exchange.is_given:
            return False
        mark = f":{exchange.reply_message_id}:"
        return any(mark in (pair.origin_id or "") for pair in await self._of_answers(exchange.guild_id))

    async def take_back(self, comparison: Comparison) -> None:
        """Forget a comparison, and what came of it in datasets and files."""
        await self._comparisons.forget([comparison.id])
        await self._datasets.take_back(comparison.guild_id, [comparison.id])
        if self._tombstones is not None:
            await self._tombstones.bury(TombstoneKind.COMPARISON, [comparison.id])

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Take these comparisons back."""
        if kind is not TombstoneKind.COMPARISON:
            return 0
        return await self._comparisons.forget(ids) + (await self._datasets.take_back(None, ids)).rows

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Take back what came of comparisons and answers that were deleted."""
        marks = [f":{id_}:" for id_ in message_ids]
        answered = await self._exchanges.of_messages(message_ids)
        origins = await self._comparisons.shown_by(message_ids)
        origins += [id_ for id_ in await self._datasets.origins(_ANSWERS) if any(mark in id_ for mark in marks)]
        rows = (await self._datasets.take_back(None, origins)).rows
        # A pair may be in an archive alone, of which only a part of its name is known.
        given = {f":{one.reply_message_id}:" for one in answered.values() if one.is_given}
        return rows + (await self._datasets.forget_files_of(given)).rows

    async def _of_comparisons(self, guild_id: int) -> list[Example]:
        found = [_of_comparison(*one) for one in await self._comparisons.revealed(guild_id)]
        return [pair for pair in found if pair is not None]

    async def _of_answers(self, guild_id: int) -> list[Example]:
        """Of answers to one question of one person, the best liked with each that is disliked."""
        # What was recalled for an answer may be taken back by whoever taught it, and files are of others.
        asked = [one for one in await self._exchanges.given(guild_id) if not (one.recalled or one.has_files)]
        likes = await self._feedback.likes(guild_id, [one.reply_message_id for one in asked])
        questions: defaultdict[tuple[int, str], list[Exchange]] = defaultdict(list)
        for one in asked:
            questions[one.user_id, key_of_text(one.prompt)].append(one)
        return [pair for answers in questions.values() for pair in _of_question(answers, likes)]


def _of_question(answers: Sequence[Exchange], likes: Mapping[int, int]) -> list[Example]:
    best = max(answers, key=lambda one: likes.get(one.reply_message_id, 0))
    if likes.get(best.reply_message_id, 0) <= 0:
        return []
    pairs = [
        _pair(
            best.prompt, best.reply, one.reply, given_by=best.user_id,
            created_at=max(best.created_at, one.created_at), language=best.language,
            origin_id=f"{_ANSWERS}{best.reply_message_id}:{one.reply_message_id}:",
        )
        for one in answers
        if likes.get(one.reply_message_id, 0) < 0
    ]  # fmt: skip
    return [pair for pair in pairs if pair is not None]


def _of_comparison(comparison: Comparison, tally: Tally) -> Example | None:
    if comparison.revealed_at is None or tally.a == tally.b:
        return None
    answers = comparison.answer_a, comparison.answer_b
    better, worse = answers if tally.a > tally.b else answers[::-1]
    return _pair(
        comparison.prompt, better, worse, given_by=comparison.asked_by, created_at=comparison.revealed_at,
        origin_id=comparison.id,
    )  # fmt: skip


def _pair(
    prompt: str,
    better: str,
    worse: str,
    *,
    given_by: int,
    created_at: datetime,
    origin_id: str,
    language: str | None = None,
) -> Example | None:
    """The pair; None where the texts are no good for a dataset, or the answers are the same."""
    try:
        texts = [required(text, "answer") for text in (prompt, better, worse)]
    except Problem:
        return None
    if key_of_text(texts[1]) == key_of_text(texts[2]):
        return None
    return Example(
        prompt=texts[0], answer=texts[1], rejected=texts[2], given_by=given_by, source=ExampleSource.COMPARISON,
        created_at=created_at, language=None if language is None else language.partition("-")[0], origin_id=origin_id,
    )  # fmt: skip
