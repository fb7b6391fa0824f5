"""Corrections of guilds: what people say that the bot should have said, and who decided what about it.

Every change is one transaction that has the guild's turn: of two that come at once, the second finds what the first
has done.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.corrections.consents import VERSION
from bot.datasets.store import DatasetStore
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.privacy.data_holder import Forgotten
from bot.storage.database import Database, rows_changed
from bot.storage.guild_lock import take_turn
from bot.storage.tables import ConsentRow, CorrectionDecisionRow, CorrectionRow

State = Literal["pending", "approved", "rejected", "withdrawn"]
Action = Literal["submitted", "edited", "approved", "rejected", "withdrawn"]

STATES: tuple[State, ...] = get_args(State)
MAX_CHARS = 2000
"""Of a prompt, and of an answer."""
MAX_PENDING = 20
"""Corrections of one person that wait in a guild for a decision."""
MAX_PER_DAY = 50
"""That one person submits or edits in a guild within 24 hours."""
MAX_KEPT = 10_000
"""That a guild has pending or approved."""
_SEARCHED_CHARS = 200
_SEARCHED = 500
_ALIKE = 10


class ConsentMissingError(StarlingError):
    """Raised when a person who has not agreed, or not to the present text, submits something."""

    sentence = _("You have not agreed that I keep what you write, so I have kept nothing. Please begin again.")


class NoSuchCorrectionError(StarlingError):
    """Raised when a guild has no such correction, or not any more, or the person may not see it."""

    sentence = _(
        "There is no correction #{number} here, or not any more. /corrections list shows those that there are."
    )

    def __init__(self, number: int | str) -> None:
        super().__init__(number=number)


class AlreadyApprovedError(StarlingError):
    """Raised when a correction is decided on that somebody has approved."""

    sentence = _(
        "#{number} is approved already, by {who}. /corrections edit opens it anew, /corrections delete takes it away."
    )


class AlreadyRejectedError(StarlingError):
    """Raised when a correction is decided on that somebody has rejected."""

    sentence = _("#{number} is rejected already, by {who}. /corrections edit opens it anew.")


class AlreadyVotedError(StarlingError):
    """Raised when a person approves for the second time."""

    sentence = _("You have approved #{number} already. It needs the approval of others: {missing} more.")


class ChangedMeanwhileError(StarlingError):
    """Raised when a person decides on a text, or edits it, that somebody else has changed since it was shown."""

    sentence = _("#{number} was changed since it was shown to you. Look at it again with /corrections show.")


class TextLengthError(StarlingError):
    """Raised for a text that is empty or longer than ``MAX_CHARS``."""

    sentence = _("Both the question and the answer need text, at most {limit} characters each; one has {count}.")

    def __init__(self, count: int) -> None:
        super().__init__(limit=MAX_CHARS, count=count)


class TooManyPendingError(StarlingError):
    """Raised when a person submits more than ``MAX_PENDING``."""

    sentence = _(
        "{count} of your corrections wait for a moderator, which is the most. Please wait, or take one back with "
        "/corrections delete."
    )

    def __init__(self) -> None:
        super().__init__(count=MAX_PENDING)


class TooManyTodayError(StarlingError):
    """Raised when a person submits and edits more than ``MAX_PER_DAY``."""

    sentence = _("You have sent {count} corrections within a day, which is the most. Thank you! Please go on tomorrow.")

    def __init__(self) -> None:
        super().__init__(count=MAX_PER_DAY)


class TooManyKeptError(StarlingError):
    """Raised when a guild would have more than ``MAX_KEPT``."""

    sentence = _("This server has {count} corrections, which is the most that I keep. Its moderators can delete some.")

    def __init__(self) -> None:
        super().__init__(count=MAX_KEPT)


SOMEONE = _("someone who was forgotten since")


@dataclass(frozen=True, slots=True)
class Corrected:
    """The answer that a correction is about. Ids are Discord's."""

    guild_id: int
    channel_id: int
    message_id: int
    """The first message of the answer."""
    original: str
    """What the bot said."""
    question_id: int | None = None
    """The message with the question, where it was asked by one."""
    asker_id: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says that the bot should have said. Moments are aware, UTC; ids but the first are Discord's."""

    id: str
    """32 hexadecimal digits."""
    guild_id: int
    number: int
    """From 1 in each guild; never given twice."""
    channel_id: int
    message_id: int | None
    """The answer that it is about; None when that was deleted."""
    question_id: int | None
    asker_id: int | None
    """Who had asked."""
    author_id: int | None
    """Who submitted it; None when they were forgotten."""
    text_by: int | None
    """Who wrote the text as it is now: the author, or a moderator who edited it."""
    prompt: str
    answer: str
    """What the bot should say; empty, as the prompt, once withdrawn."""
    original: str
    """What the bot said; empty when that was deleted."""
    state: State
    revision: int
    """From 1, one more with each edit. Approvals count for the text that they were given to."""
    created_at: datetime
    changed_at: datetime
    """When its text was submitted."""
    decided_at: datetime | None
    """When it was approved or rejected."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody did with a correction."""

    actor_id: int | None
    """None when they were forgotten, or it came about by a deletion on Discord."""
    action: Action
    revision: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Alike:
    """The numbers of others that ask the same, the oldest first."""

    duplicates: tuple[int, ...]
    """Pending or approved, with the same answer."""
    contradictions: tuple[int, ...]
    """Approved, with another answer."""


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved correction, as recall needs it."""

    id: str
    number: int
    prompt: str
    answer: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What has become of an approval."""

    correction: Correction
    missing: int
    """Approvals of others that it still needs; 0 when it is approved."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was withdrawn because somebody, or a message, is to be forgotten."""

    forgotten: Forgotten
    unapproved_in: frozenset[int]
    """The guilds in which approved corrections were among it."""


class CorrectionStore:
    """The corrections of all guilds."""

    def __init__(self, database: Database, datasets: DatasetStore) -> None:
        """``datasets``: where what is withdrawn is removed from as well."""
        self._database = database
        self._datasets = datasets

    async def submit(
        self, about: Corrected, prompt: str, answer: str, author_id: int, *, limited: bool = True
    ) -> Correction:
        """Keep a correction, pending. The same of the same person, while it is pending or approved, is kept once.

        ``limited``: whether the limits on one person hold.

        Raises:
            ConsentMissingError, TextLengthError, TooManyPendingError, TooManyTodayError, TooManyKeptError
        """
        prompt, answer = _plain(prompt), _plain(answer)
        now, guild_id, author_id = datetime.now(UTC), int(about.guild_id), int(author_id)
        async with self._database.sessions.begin() as session:
            await take_turn(session, guild_id)
            await self._require_consent(session, author_id)
            of_guild = CorrectionRow.guild_id == guild_id
            theirs = and_(of_guild, CorrectionRow.author_id == author_id, CorrectionRow.state == "pending")
            again = _there(guild_id).where(
                CorrectionRow.author_id == author_id,
                CorrectionRow.prompt_key == key_of_text(prompt),
                CorrectionRow.prompt == prompt,
                CorrectionRow.answer == answer,
                CorrectionRow.state != "rejected",
            )
            if (twice := await session.scalar(again.limit(1))) is not None:
                return _correction(twice)
            if limited:
                if await _count(session, theirs) >= MAX_PENDING:
                    raise TooManyPendingError
                await self._require_not_flooding(session, guild_id, author_id)
            if await _count(session, and_(of_guild, CorrectionRow.state.in_(("pending", "approved")))) >= MAX_KEPT:
                raise TooManyKeptError
            last = await session.scalar(select(func.max(CorrectionRow.number)).where(of_guild))
            row = CorrectionRow(
                id=uuid.uuid4().hex, guild_id=guild_id, number=(last or 0) + 1,
                channel_id=int(about.channel_id), message_id=int(about.message_id),
                question_id=about.question_id, asker_id=about.asker_id, author_id=author_id, text_by=author_id,
                prompt=prompt, answer=answer, original=_plain(about.original, limited=False),
                prompt_key=key_of_text(prompt), answer_key=key_of_text(answer),
                state="pending", revision=1, created_at=now, changed_at=now, decided_at=None,
            )  # fmt: skip
            session.add(row)
            self._note(session, row, "submitted", author_id, now)
        return _correction(row)

    async def edit(
        self, guild_id: int, id_: str, revision: int, prompt: str, answer: str, by: int, *, limited: bool = True
    ) -> Correction:
        """Replace the text of ``revision``; the correction is pending again, and what came from it is removed from
        datasets.

        Raises:
            ConsentMissingError, TextLengthError, TooManyTodayError, NoSuchCorrectionError, ChangedMeanwhileError
        """
        prompt, answer, now = _plain(prompt), _plain(answer), datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await take_turn(session, guild_id)
            await self._require_consent(session, by)
            row = await self._row(session, guild_id, id_, revision)
            if limited:
                await self._require_not_flooding(session, guild_id, by)
            if row.state == "approved":
                await self._datasets.withdraw_corrections(session, guild_id, [row.id])
            row.prompt, row.answer, row.text_by = prompt, answer, int(by)
            row.prompt_key, row.answer_key = key_of_text(prompt), key_of_text(answer)
            row.state, row.revision, row.changed_at, row.decided_at = "pending", row.revision + 1, now, None
            self._note(session, row, "edited", by, now)
        return _correction(row)

    async def approve(
        self, guild_id: int, id_: str, by: int, *, votes: int = 1, revision: int | None = None
    ) -> Approval:
        """Note that ``by`` approves; it is approved once ``votes`` people do. ``revision``: of the text that they saw.

        Raises:
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, AlreadyVotedError, ChangedMeanwhileError
        """
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await take_turn(session, guild_id)
            row = await self._undecided(session, guild_id, id_, revision)
            approvers = await self._approvers(session, row)
            missing = max(0, votes - len(approvers | {int(by)}))
            if int(by) in approvers and missing:
                raise AlreadyVotedError(number=row.number, missing=missing)
            self._note(session, row, "approved", by, now)
            if not missing:
                row.state, row.decided_at = "approved", now
        return Approval(_correction(row), missing)

    async def reject(self, guild_id: int, id_: str, by: int, *, revision: int | None = None) -> Correction:
        """Reject it.

        Raises:
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, ChangedMeanwhileError
        """
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await take_turn(session, guild_id)
            row = await self._undecided(session, guild_id, id_, revision)
            row.state, row.decided_at = "rejected", now
            self._note(session, row, "rejected", by, now)
        return _correction(row)

    async def withdraw(self, guild_id: int, id_: str, by: int) -> tuple[Correction, Forgotten]:
        """Forget its texts, also in datasets; its number and history stay. Returns it as it was, and the datasets.

        Raises:
            NoSuchCorrectionError
        """
        async with self._database.sessions.begin() as session:
            await take_turn(session, guild_id)
            row = await self._row(session, guild_id, id_)
            before = _correction(row)
            removed = await self._withdraw(session, guild_id, [row], by)
        return before, removed

    async def by_id(self, guild_id: int, id_: str) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        async with self._database.sessions() as session:
            return _correction(await self._row(session, guild_id, id_))

    async def get(self, guild_id: int, number: int) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        wanted = _there(guild_id).where(CorrectionRow.number == number)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted)
        if row is None:
            raise NoSuchCorrectionError(number)
        return _correction(row)

    async def page(
        self, guild_id: int, number: int, a_page: int, *, state: State | None = None, author_id: int | None = None
    ) -> tuple[list[Correction], int, int]:
        """The newest first: page ``number`` from 1 (or the nearest that there is) of ``a_page``, its number, and how
        many corrections there are; of one state and one author only, where they are given."""
        wanted = _there(guild_id)
        if state is not None:
            wanted = wanted.where(CorrectionRow.state == state)
        if author_id is not None:
            wanted = wanted.where(CorrectionRow.author_id == int(author_id))
        async with self._database.sessions() as session:
            count = await session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
            number = max(1, min(number, -(-count // a_page)))
            rows = wanted.order_by(CorrectionRow.number.desc()).offset((number - 1) * a_page).limit(a_page)
            return [_correction(row) for row in await session.scalars(rows)], number, count

    async def search(self, guild_id: int, typed: str, most: int, *, author_id: int | None = None) -> list[Correction]:
        """Of the newest ``_SEARCHED``, those that wait first: whose number begins with ``typed``, or at the beginnings
        of whose texts it stands; and the one that has this number."""
        row = CorrectionRow
        wanted = _there(guild_id)
        if author_id is not None:
            wanted = wanted.where(row.author_id == int(author_id))
        typed = typed.strip().removeprefix("#").casefold()
        number = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
        wanted = wanted.order_by(row.number != number, row.state != "pending", row.number.desc()).limit(_SEARCHED)
        async with self._database.sessions() as session:
            found = [_correction(each) for each in await session.scalars(wanted)]
        fitting = (
            each
            for each in found
            if str(each.number).startswith(typed)
            or typed in each.prompt[:_SEARCHED_CHARS].casefold()
            or typed in each.answer[:_SEARCHED_CHARS].casefold()
        )
        return [each for each, _number in zip(fitting, range(most), strict=False)]

    async def history(self, id_: str) -> list[Decision]:
        """What was done with it, the oldest first."""
        row = CorrectionDecisionRow
        async with self._database.sessions() as session:
            rows = await session.scalars(select(row).where(row.correction_id == id_).order_by(row.id))
            return [Decision(each.actor_id, _action(each.action), each.revision, each.decided_at) for each in rows]

    async def approvals(self, correction: Correction) -> int:
        """How many people approve its text as it is now."""
        async with self._database.sessions() as session:
            return len(await self._approvers(session, correction))

    async def alike(self, correction: Correction) -> Alike:
        """Others of its guild that ask the same."""
        row = CorrectionRow
        asks = _there(correction.guild_id).where(
            row.prompt_key == key_of_text(correction.prompt), row.id != correction.id
        )
        answer_key = key_of_text(correction.answer)
        says = asks.where(row.answer_key == answer_key, row.state.in_(("pending", "approved")))
        differs = asks.where(row.answer_key != answer_key, row.state == "approved")
        async with self._database.sessions() as session:
            return Alike(*[
                tuple(each.number for each in await session.scalars(wanted.order_by(row.number).limit(_ALIKE)))
                for wanted in (says, differs)
            ])  # fmt: skip

    async def approved(self, guild_id: int) -> list[Approved]:
        """What the guild has approved, the oldest first."""
        row = CorrectionRow
        wanted = select(row.id, row.number, row.prompt, row.answer).where(
            row.guild_id == int(guild_id), row.state == "approved"
        )
        async with self._database.sessions() as session:
            return [Approved(*found) for found in await session.execute(wanted.order_by(row.number))]

    async def approved_whole(self, guild_id: int) -> list[Correction]:
        """The same with all that is known of them."""
        wanted = _there(guild_id).where(CorrectionRow.state == "approved").order_by(CorrectionRow.number)
        async with self._database.sessions() as session:
            return [_correction(row) for row in await session.scalars(wanted)]

    async def contributors(self, guild_id: int) -> dict[int, int]:
        """How many approved corrections each person has given to a guild."""
        count = func.count()
        wanted = select(CorrectionRow.author_id, count).where(
            CorrectionRow.guild_id == int(guild_id),
            CorrectionRow.state == "approved",
            CorrectionRow.author_id.is_not(None),
        )
        async with self._database.sessions() as session:
            rows = await session.execute(wanted.group_by(CorrectionRow.author_id))
            return {int(author): int(number) for author, number in rows if author is not None}

    async def of_user(self, user_id: int) -> list[Correction]:
        """All that a person has submitted or written, in all guilds, but for what is withdrawn; the oldest first."""
        theirs = or_(CorrectionRow.author_id == int(user_id), CorrectionRow.text_by == int(user_id))
        wanted = select(CorrectionRow).where(theirs, CorrectionRow.state != "withdrawn")
        async with self._database.sessions() as session:
            return [_correction(row) for row in await session.scalars(wanted.order_by(CorrectionRow.created_at))]

    async def remove_withdrawn_from_datasets(self, guild_id: int, given: Sequence[Correction]) -> None:
        """Remove from datasets what came from those of ``given`` that are no longer approved, or not with this text:
        for the moment between reading and adding them."""
        async with self._database.sessions.begin() as session:
            await take_turn(session, guild_id)
            row = CorrectionRow
            wanted = select(row.id, row.revision).where(row.guild_id == int(guild_id), row.state == "approved")
            still = {(id_, revision) for id_, revision in await session.execute(wanted)}
            gone = [each.id for each in given if (each.id, each.revision) not in still]
            if gone:
                await self._datasets.withdraw_corrections(session, guild_id, gone)

    async def forget_messages(self, message_ids: Collection[int]) -> Withdrawn:
        """What was said in a deleted answer is forgotten; a correction of the answer to a deleted question is
        withdrawn, unless the one who asked has corrected it themselves."""
        ids, row = {int(id_) for id_ in message_ids}, CorrectionRow
        others = and_(row.question_id.in_(ids), row.asker_id.is_not(None), row.author_id != row.asker_id)
        withdrawn = await self._withdraw_all(others)
        async with self._database.sessions.begin() as session:
            answers = update(row).where(row.message_id.in_(ids)).values(message_id=None, original="")
            questions = update(row).where(row.question_id.in_(ids)).values(question_id=None)
            changed = await rows_changed(session, answers) + await rows_changed(session, questions)
        return replace(withdrawn, forgotten=withdrawn.forgotten + Forgotten(changed))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all corrections of a guild, with their history; says how many."""
        async with self._database.sessions.begin() as session:
            await take_turn(session, guild_id)
            history = CorrectionDecisionRow
            await session.execute(delete(history).where(history.guild_id == int(guild_id)))
            return await rows_changed(session, delete(CorrectionRow).where(CorrectionRow.guild_id == int(guild_id)))

    async def forget_user(self, user_id: int) -> Withdrawn:
        """Withdraw what a person has submitted or written, and what others have submitted about their questions;
        forget that it was they who decided on others."""
        user_id, row, history = int(user_id), CorrectionRow, CorrectionDecisionRow
        withdrawn = await self._withdraw_all(
            or_(row.author_id == user_id, row.text_by == user_id, row.asker_id == user_id)
        )
        async with self._database.sessions.begin() as session:
            for column in (row.author_id, row.text_by, row.asker_id):
                await session.execute(update(row).where(column == user_id).values({column: None}))
            decided = update(history).where(history.actor_id == user_id).values(actor_id=None)
            changed = await rows_changed(session, decided)
        return replace(withdrawn, forgotten=withdrawn.forgotten + Forgotten(changed))

    async def _withdraw_all(self, which: ColumnElement[bool]) -> Withdrawn:
        wanted = select(CorrectionRow).where(which, CorrectionRow.state != "withdrawn")
        async with self._database.sessions() as session:
            guilds = sorted({row.guild_id for row in await session.scalars(wanted)})
        forgotten, unapproved_in = Forgotten(), set[int]()
        for guild_id in guilds:
            async with self._database.sessions.begin() as session:
                await take_turn(session, guild_id)
                rows = list(await session.scalars(wanted.where(CorrectionRow.guild_id == guild_id)))
                if any(row.state == "approved" for row in rows):
                    unapproved_in.add(guild_id)
                forgotten += Forgotten(len(rows)) + await self._withdraw(session, guild_id, rows, None)
        return Withdrawn(forgotten, frozenset(unapproved_in))

    async def _withdraw(
        self, session: AsyncSession, guild_id: int, rows: Sequence[CorrectionRow], by: int | None
    ) -> Forgotten:
        now = datetime.now(UTC)
        for row in rows:
            row.state, row.decided_at, row.changed_at = "withdrawn", now, now
            row.prompt = row.answer = row.original = row.prompt_key = row.answer_key = ""
            row.message_id = row.question_id = row.asker_id = None
            self._note(session, row, "withdrawn", by, now)
        return await self._datasets.withdraw_corrections(session, guild_id, [row.id for row in rows])

    async def _row(self, session: AsyncSession, guild_id: int, id_: str, revision: int | None = None) -> CorrectionRow:
        row = await session.get(CorrectionRow, id_)
        if row is None or row.guild_id != int(guild_id):
            raise NoSuchCorrectionError("?")
        if row.state == "withdrawn":
            raise NoSuchCorrectionError(row.number)
        if revision not in (None, row.revision):
            raise ChangedMeanwhileError(number=row.number)
        return row

    async def _undecided(self, session: AsyncSession, guild_id: int, id_: str, revision: int | None) -> CorrectionRow:
        row = await self._row(session, guild_id, id_, revision)
        if row.state != "pending":
            history = CorrectionDecisionRow
            last = (
                select(history.actor_id)
                .where(history.correction_id == row.id, history.action == row.state)
                .order_by(history.id.desc())
                .limit(1)
            )
            actor = await session.scalar(last)
            error = AlreadyApprovedError if row.state == "approved" else AlreadyRejectedError
            raise error(number=row.number, who=_person(actor))
        return row

    async def _approvers(self, session: AsyncSession, of: CorrectionRow | Correction) -> set[int]:
        history = CorrectionDecisionRow
        wanted = select(history.actor_id).where(
            history.correction_id == of.id,
            history.revision == of.revision,
            history.action == "approved",
            history.actor_id.is_not(None),
        )
        return {actor for actor in await session.scalars(wanted) if actor is not None}

    async def _require_consent(self, session: AsyncSession, user_id: int) -> None:
        consent = await session.get(ConsentRow, int(user_id))
        if consent is None or consent.version != VERSION:
            raise ConsentMissingError

    async def _require_not_flooding(self, session: AsyncSession, guild_id: int, user_id: int) -> None:
        history = CorrectionDecisionRow
        lately = select(func.count()).where(
            history.actor_id == int(user_id),
            history.decided_at > datetime.now(UTC) - timedelta(days=1),
            history.guild_id == int(guild_id),
            history.action.in_(("submitted", "edited")),
        )
        if (await session.scalar(lately) or 0) >= MAX_PER_DAY:
            raise TooManyTodayError

    def _note(
        self, session: AsyncSession, row: CorrectionRow, action: Action, actor_id: int | None, now: datetime
    ) -> None:
        decision = CorrectionDecisionRow(
            correction_id=row.id, guild_id=row.guild_id, revision=row.revision,
            actor_id=None if actor_id is None else int(actor_id), action=action, decided_at=now,
        )  # fmt: skip
        session.add(decision)


def _person(user_id: int | None) -> str | LazyMessage:
    """Someone as a sentence names them."""
    return lazy(SOMEONE) if user_id is None else f"<@{user_id}>"


def _there(guild_id: int) -> Select[CorrectionRow]:
    return select(CorrectionRow).where(CorrectionRow.guild_id == int(guild_id), CorrectionRow.state != "withdrawn")


async def _count(session: AsyncSession, which: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).where(which)) or 0


def _plain(text: str, *, limited: bool = True) -> str:
    """``text`` as both databases can keep it.

    Raises:
        TextLengthError: it is empty, or too long.
    """
    plain = text.replace("\r\n", "\n").replace("\0", "").encode(errors="replace").decode().strip()
    if limited and not 0 < len(plain) <= MAX_CHARS:
        raise TextLengthError(len(plain))
    return plain


def _correction(row: CorrectionRow) -> Correction:
    return Correction(**{name: getattr(row, name) for name in Correction.__dataclass_fields__})


def _action(kept: str) -> Action:
    return next(action for action in get_args(Action) if action == kept)
