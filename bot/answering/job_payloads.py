"""What the jobs of answering are stored with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from bot.work.job_store import Job, JobStore


class JobKind(StrEnum):
    """What answering promises to people."""

    ANSWER = "answer"
    TRANSCRIPT = "transcript"


@dataclass(frozen=True, slots=True)
class AnswerPayload:
    """What an answer needs beside the message that it answers."""

    locale: str
    """In which the person is told of trouble."""
    guild_name: str | None = None
    words: str | None = None
    """What the person wrote, by which an edit is told from a preview that Discord adds; None once it is forgotten."""
    posted: tuple[int, ...] = ()
    """Ids of the messages of the answer, in order."""
    spoken: tuple[int, ...] = ()
    """Ids of its voice messages."""
    first_words: tuple[int, ...] = ()
    """The one of them that has the first words alone, for as long as the rest is not there."""
    times: int = 0
    """How often it was asked for anew; counted by ``JobStore.begin_anew``."""
    goes_on: bool = False
    """Whether it goes on from what is remembered of it, where it had reached its limit."""
    follows: int | None = None
    """The message with the question that it goes on from, where it does not reply to the answer to that."""
    notes: tuple[int, ...] = ()
    """The messages with the voice notes that whoever asks sent just before."""

    @classmethod
    def of(cls, job: Job) -> Self:
        stored = job.payload
        return cls(
            locale=str(stored["locale"]),
            guild_name=stored.get("guild_name"),
            words=stored.get("words"),
            posted=_ids(stored.get("posted", ())),
            spoken=_ids(stored.get("spoken", ())),
            first_words=_ids(stored.get("first_words", ())),
            times=int(stored.get("times", 0)),
            goes_on=bool(stored.get("goes_on", False)),
            follows=stored.get("follows"),
            notes=_ids(stored.get("notes", ())),
        )

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "locale": self.locale,
            "guild_name": self.guild_name,
            "words": self.words,
            "posted": list(self.posted),
            "spoken": list(self.spoken),
            "first_words": list(self.first_words),
            "times": self.times,
            "goes_on": self.goes_on,
            "follows": self.follows,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class TranscriptPayload:
    """What a transcript needs beside the message with the voice note."""

    locale: str
    """In which the caption is written, and the person is told of trouble."""
    posted: tuple[int, ...] = ()
    """The id of the message with the transcript."""

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(locale=str(job.payload["locale"]), posted=_ids(job.payload.get("posted", ())))

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"locale": self.locale, "posted": list(self.posted)}


async def note_posted(jobs: JobStore, job_id: str, message_ids: Sequence[int]) -> None:
    """Store which messages the answer, or the transcript, consists of."""
    await jobs.note(job_id, posted=list(message_ids))


class SpokenMessages:
    """The voice messages of one answer, as they are posted."""

    def __init__(self, payload: AnswerPayload) -> None:
        self._spoken = [id_ for id_ in payload.spoken if id_ not in payload.first_words]
        self.unnoted: dict[str, Any] = {}
        """What the payload of the job lacks of them."""

    def add(self, message_id: int, *, is_beginning: bool = False) -> None:
        """One was posted; ``is_beginning``: it has the first words alone, and the rest comes in another."""
        self._spoken.append(message_id)
        self.unnoted = {"spoken": list(self._spoken), "first_words": [message_id] if is_beginning else []}

    async def note(self, jobs: JobStore, job_id: str) -> None:
        """Store which there are."""
        noted, self.unnoted = self.unnoted, {}
        if noted:
            await jobs.note(job_id, **noted)


def posted_for(job: Job) -> tuple[int, ...]:
    """Ids of all messages that were posted for a job of either kind."""
    return (*_ids(job.payload.get("posted", ())), *_ids(job.payload.get("spoken", ())))


def _ids(stored: Sequence[object]) -> tuple[int, ...]:
    return tuple(int(str(id_)) for id_ in stored)
