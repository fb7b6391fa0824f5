"""Corrections, from a person's form through a moderator's approval into a dataset."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

import hikari

from bot.corrections.correction import (
    ApprovalResult,
    CorrectedAnswer,
    Correction,
    CorrectionState,
    Decision,
    NoSuchCorrectionError,
    ReviewMessage,
    SimilarCorrections,
    WithdrawalResult,
)
from bot.corrections.review_messages import ReviewMessages
from bot.corrections.store import CorrectionStore
from bot.datasets.dataset import DatasetChange
from bot.datasets.example import Example, ExampleSource
from bot.datasets.store import DatasetStore
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.preferences import Preferences
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.privacy.tombstones import TombstoneKind, Tombstones
from bot.ui.permissions import NotPermittedError


class NothingApprovedError(StarlingError):
    """Raised when a guild has no approved corrections to put into a dataset."""

    sentence = _("No corrections are approved on this server yet. /corrections list shows those that are waiting.")


@dataclass(frozen=True, slots=True)
class CorrectionActor:
    """A person who acts on a guild's corrections."""

    id: int
    """Discord's user id."""
    approves: bool
    """Whether they may approve in this guild, and so see and edit everyone's corrections."""


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """The outcome of submitting or editing a text."""

    correction: Correction
    similar: SimilarCorrections
    missing: int | None
    """How many approvals by others it still needs after its writer's own; 0 if it is approved. None if the writer may
    not approve it, or did not."""
    is_known: bool = False
    """Whether ``correction`` was approved before and says the same, so that nothing was stored."""


@dataclass(frozen=True, slots=True)
class CorrectionDetails:
    """A correction with what a reviewer needs to decide on it."""

    correction: Correction
    history: tuple[Decision, ...]
    similar: SimilarCorrections
    approvals: int
    votes: int
    """How many approvals it needs in all."""


class Corrections(DataHolder):
    """The corrections of all guilds. A person who may not approve can see, edit and withdraw only their own; for them,
    others do not exist."""

    def __init__(
        self,
        store: CorrectionStore,
        datasets: DatasetStore,
        preferences: Preferences,
        on_approved: Callable[[int], None] = lambda _guild: None,
        reviews: ReviewMessages | None = None,
        tombstones: Tombstones | None = None,
    ) -> None:
        """``on_approved`` is called with the guild's id whenever a correction is approved. ``reviews`` deletes the
        messages that show withdrawn corrections; with None they stay. ``tombstones`` records what a restored backup
        must not bring back."""
        self._store = store
        self._datasets = datasets
        self._preferences = preferences
        self._on_approved = on_approved
        self._reviews = reviews
        self._tombstones = tombstones

    async def submit(
        self, about: CorrectedAnswer, prompt: str, answer: str, person: CorrectionActor
    ) -> SubmissionResult:
        """Store a correction. If its author may approve, they approve it at once, unless a different answer to the
        question is approved or the same correction is already waiting. If the same one is already approved, nothing is
        stored.

        Raises:
            ConsentMissingError, TextLengthError, TooManyPendingError, TooManyTodayError, TooManyKeptError
        """
        if (known := await self._store.approved_same(about.guild_id, prompt, answer)) is not None:
            return SubmissionResult(known, SimilarCorrections((), ()), 0, is_known=True)
        correction = await self._store.submit(about, prompt, answer, person.id, limited=not person.approves)
        return await self._result(correction, person)

    async def edit(
        self, guild_id: int, id_: str, revision: int, prompt: str, answer: str, person: CorrectionActor
    ) -> SubmissionResult:
        """Replace the text of ``revision``. Like a new submission, the correction has to be approved again.

        Raises:
            ConsentMissingError, TextLengthError, TooManyTodayError, NoSuchCorrectionError, ChangedMeanwhileError
        """
        await self.by_id(guild_id, id_, person)
        limited = not person.approves
        correction = await self._store.edit(guild_id, id_, revision, prompt, answer, person.id, limited=limited)
        return await self._result(correction, person)

    async def approve(
        self,
        guild_id: int,
        id_: str,
        person: CorrectionActor,
        revision: int | None = None,
        *,
        retiring: Collection[int] = (),
    ) -> ApprovalResult:
        """Approve the text of ``revision`` (None: the current text). Once the correction is approved, it replaces those
        with the numbers ``retiring``.

        Raises:
            NotPermittedError: they may not.
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, AlreadyRetiredError
            AlreadyVotedError, ChangedMeanwhileError
        """
        await self._require_approver(guild_id, person)
        votes = (await self._preferences.guild(guild_id)).roles.votes
        approval = await self._store.approve(
            guild_id, id_, person.id, votes=votes, revision=revision, retiring=retiring
        )
        if not approval.missing:
            self._on_approved(guild_id)
        return approval

    async def reject(self, guild_id: int, id_: str, person: CorrectionActor, revision: int | None = None) -> Correction:
        """Reject the text of ``revision`` (None: the current text).

        Raises:
            NotPermittedError: they may not.
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, AlreadyRetiredError
            ChangedMeanwhileError
        """
        await self._require_approver(guild_id, person)
        return await self._store.reject(guild_id, id_, person.id, revision=revision)

    async def withdraw(self, guild_id: int, id_: str, person: CorrectionActor) -> tuple[Correction, ErasureResult]:
        """Delete the texts of a correction, in datasets too. Returns the correction as it was, and what was erased from
        datasets.

        Raises:
            NoSuchCorrectionError
        """
        await self.by_id(guild_id, id_, person)
        before, removed = await self._store.erasure.withdraw(guild_id, id_, person.id)
        if self._tombstones is not None:
            await self._tombstones.bury(TombstoneKind.CORRECTION, [id_])
        if self._reviews is not None and before.review is not None:
            await self._reviews.delete([before.review])
        return before, removed

    async def by_id(self, guild_id: int, id_: str, person: CorrectionActor) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        return _seen(await self._store.by_id(guild_id, id_), person)

    async def get(self, guild_id: int, number: int, person: CorrectionActor) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        return _seen(await self._store.get(guild_id, number), person)

    async def shown(self, correction: Correction) -> CorrectionDetails:
        """``correction`` with what a reviewer needs to decide on it."""
        return CorrectionDetails(
            correction,
            tuple(await self._store.history(correction.id)),
            await self._store.similar(correction),
            await self._store.approvals(correction),
            (await self._preferences.guild(correction.guild_id)).roles.votes,
        )

    async def waiting(self, guild_id: int) -> int:
        """How many of a guild's corrections wait for a decision."""
        return await self._store.waiting(guild_id)

    async def corrected_among(self, guild_id: int, message_ids: Collection[int]) -> set[int]:
        """Those of ``message_ids`` that are answers with a pending or approved correction."""
        return await self._store.corrected_among(guild_id, message_ids)

    async def note_review(self, id_: str, review: ReviewMessage | None) -> None:
        """Record which message shows a correction to its reviewers; None if none does any more."""
        await self._store.note_review(id_, review)

    async def page(
        self, guild_id: int, number: int, a_page: int, person: CorrectionActor, state: CorrectionState | None = None
    ) -> tuple[list[Correction], int, int]:
        """Like ``CorrectionQueries.page``, limited to what the person may see."""
        return await self._store.page(guild_id, number, a_page, state=state, author_id=_only(person))

    async def search(self, guild_id: int, typed: str, limit: int, person: CorrectionActor) -> list[Correction]:
        """Like ``CorrectionQueries.search``, limited to what the person may see."""
        return await self._store.search(guild_id, typed, limit, author_id=_only(person))

    async def add_to_dataset(self, guild_id: int, name: str, by: int) -> DatasetChange:
        """Add the guild's approved corrections to the newest version of a dataset, unless they are there already. What
        the bot had said becomes the rejected answer, if it is a different text.

        Raises:
            NothingApprovedError
            NoSuchDatasetError, DatasetFullError, TooManyDatasetsError: as ``DatasetStore.add``.
        """
        approved = await self._store.approved_whole(guild_id)
        if not approved:
            await self._datasets.get(guild_id, name)
            raise NothingApprovedError
        change = await self._datasets.add(guild_id, name, [_example(each) for each in approved], by)
        await self._store.erasure.remove_withdrawn_from_datasets(guild_id, approved)
        return change

    async def approved_among(self, guild_id: int, numbers: Collection[int]) -> list[Correction]:
        """Those of ``numbers`` that are approved now; everyone may see these."""
        found: list[Correction] = []
        for number in numbers:
            with suppress(NoSuchCorrectionError):
                found.append(await self._store.get(guild_id, number))
        return [one for one in found if one.state is CorrectionState.APPROVED]

    async def contributors(self, guild_id: int) -> dict[int, int]:
        """How many approved corrections each person has given to a guild."""
        return await self._store.contributors(guild_id)

    async def of_user(self, user_id: int) -> list[Correction]:
        """All corrections that a person has submitted or written, in all guilds."""
        return await self._store.of_user(user_id)

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Delete what the bot said in deleted answers, and withdraw the corrections of answers to deleted questions,
        except those submitted by the person who had asked."""
        return (await self._told(await self._store.erasure.forget_messages(message_ids))).rows

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Withdraw the corrections with these ids; does nothing for other kinds of tombstones."""
        if kind is not TombstoneKind.CORRECTION:
            return 0
        return (await self._told(await self._store.erasure.withdraw_all(ids))).rows

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all corrections of a guild."""
        return await self._store.erasure.forget_guild(guild_id)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Withdraw what a person has submitted or written, and what others have submitted about their questions; remove
        their id from the decisions that they made on other corrections."""
        return await self._told(await self._store.erasure.forget_user(user_id))

    async def count(self, user_id: int) -> StoredDataSummary:
        """How many corrections a person has submitted or written."""
        return StoredDataSummary({DataKind.CORRECTIONS: await self._store.count_of_user(user_id)})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """The corrections that a person has submitted or written."""
        return {"corrections": await self.of_user(user_id)}

    async def _told(self, withdrawn: WithdrawalResult) -> ErasureResult:
        if self._reviews is not None:
            await self._reviews.delete(withdrawn.reviews)
        return withdrawn.forgotten

    async def _result(self, correction: Correction, person: CorrectionActor) -> SubmissionResult:
        similar = await self._store.similar(correction)
        if correction.state is CorrectionState.APPROVED:
            return SubmissionResult(correction, similar, 0)
        if not person.approves or similar.duplicates or similar.contradictions:
            return SubmissionResult(correction, similar, None)
        approval = await self.approve(correction.guild_id, correction.id, person, correction.revision)
        return SubmissionResult(approval.correction, similar, approval.missing)

    async def _require_approver(self, guild_id: int, person: CorrectionActor) -> None:
        if not person.approves:
            roles = (await self._preferences.guild(guild_id)).roles
            raise NotPermittedError(hikari.Permissions.MANAGE_GUILD, role_id=roles.approve)


def _only(person: CorrectionActor) -> int | None:
    """The only author whose corrections the person sees; None if they see everyone's."""
    return None if person.approves else person.id


def _seen(correction: Correction, person: CorrectionActor) -> Correction:
    if not person.approves and correction.author_id != person.id:
        raise NoSuchCorrectionError(correction.number)
    return correction


def _example(correction: Correction) -> Example:
    differs = key_of_text(correction.original) != key_of_text(correction.answer)
    giver = correction.text_by
    assert giver is not None, "what is approved was written by someone who is not forgotten"
    return Example(
        prompt=correction.prompt,
        answer=correction.answer,
        rejected=correction.original if correction.original and differs else None,
        given_by=giver,
        source=ExampleSource.CORRECTION,
        created_at=correction.changed_at,
        origin_id=correction.id,
    )
