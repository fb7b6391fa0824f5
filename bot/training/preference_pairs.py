"""Preference pairs for training, made from revealed comparisons and from votes on answers to /ask."""

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
"""The prefix of the id of a pair of answers to /ask; the ids of the two messages follow, each between colons."""


class NothingPreferredError(StarlingError):
    """Raised when there is no pair to add to a dataset."""

    sentence = _(
        "Nothing here says yet which of two answers is better: that takes a comparison by /compare whose names are "
        "shown and in which one has more votes, or two answers to the same /ask with 👍 and 👎, of somebody who has "
        "agreed that it is learned from. Of others it is not learned: {unagreed}."
    )

    def __init__(self, unagreed: int) -> None:
        super().__init__(unagreed=unagreed)


@dataclass(frozen=True, slots=True)
class PreferencesChange:
    """The result of adding preference pairs to a dataset."""

    change: DatasetChange
    unagreed: int
    """How many pairs were left out because those who asked have not agreed."""


class PreferencePairs(DataHolder):
    """Makes pairs from the questions of people who have agreed, and takes them back along with the comparisons and
    answers that they come from. When a person is forgotten, the datasets themselves remove what that person gave."""

    def __init__(
        self,
        comparisons: ComparisonStore,
        exchanges: ExchangeStore,
        feedback: FeedbackStore,
        consents: ConsentStore,
        datasets: DatasetStore,
        tombstones: Tombstones | None = None,
    ) -> None:
        """``tombstones``: records what older backups must not bring back."""
        self._comparisons = comparisons
        self._exchanges = exchanges
        self._feedback = feedback
        self._consents = consents
        self._datasets = datasets
        self._tombstones = tombstones

    async def add_to_dataset(self, guild_id: int, name: str, by: int) -> PreferencesChange:
        """Add a guild's pairs to the newest version of a dataset, unless they are there already.

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
        """Whether this answer to /ask makes a pair with another one, by people's votes."""
        if exchange.guild_id is None or not exchange.is_given:
            return False
        mark = f":{exchange.reply_message_id}:"
        return any(mark in (pair.origin_id or "") for pair in await self._of_answers(exchange.guild_id))

    async def take_back(self, comparison: Comparison) -> None:
        """Forget a comparison, and what was made from it in datasets and files."""
        await self._comparisons.forget([comparison.id])
        await self._datasets.take_back(comparison.guild_id, [comparison.id])
        if self._tombstones is not None:
            await self._tombstones.bury(TombstoneKind.COMPARISON, [comparison.id])

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Take back comparisons that a backup has restored; ids of other kinds are ignored."""
        if kind is not TombstoneKind.COMPARISON:
            return 0
        return await self._comparisons.forget(ids) + (await self._datasets.take_back(None, ids)).rows

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Take back the pairs made from comparisons and answers whose messages were deleted."""
        marks = [f":{id_}:" for id_ in message_ids]
        answered = await self._exchanges.of_messages(message_ids)
        origins = await self._comparisons.shown_by(message_ids)
        origins += [id_ for id_ in await self._datasets.origins(_ANSWERS) if any(mark in id_ for mark in marks)]
        rows = (await self._datasets.take_back(None, origins)).rows
        # A pair may be left only in an archive; then just a part of its id is known here.
        given = {f":{one.reply_message_id}:" for one in answered.values() if one.is_given}
        return rows + (await self._datasets.forget_files_of(given)).rows

    async def _of_comparisons(self, guild_id: int) -> list[Example]:
        found = [_of_comparison(*one) for one in await self._comparisons.revealed(guild_id)]
        return [pair for pair in found if pair is not None]

    async def _of_answers(self, guild_id: int) -> list[Example]:
        """Pairs from each person's answers to one question: the best liked with each disliked one."""
        # Answers that used recalled corrections, which may be taken back, or files, which may be others', are left out.
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
    """The pair; None if a text is not acceptable in a dataset, or if the two answers are the same."""
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
