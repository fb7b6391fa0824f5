"""The payloads with which answering stores its jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from bot.work.job_store import Job, JobStore


class JobKind(StrEnum):
    """The kinds of jobs that answering stores."""

    ANSWER = "answer"
    TRANSCRIPT = "transcript"


@dataclass(frozen=True, slots=True)
class AnswerPayload:
    """What an answer needs besides the message that it answers."""

    locale: str
    """The locale in which errors are reported."""
    guild_name: str | None = None
    words: str | None = None
    """What the person wrote; distinguishes an edit from an embed that Discord adds. None once it is forgotten."""
    posted: tuple[int, ...] = ()
    """The ids of the answer's messages, in order."""
    spoken: tuple[int, ...] = ()
    """The ids of its voice messages."""
    first_words: tuple[int, ...] = ()
    """The id of the voice message that has only the first words, until the rest is posted."""
    times: int = 0
    """How often the answer was requested again; counted by ``JobStore.begin_anew``."""
    goes_on: bool = False
    """Whether it continues its stored text, which had reached the length limit."""
    follows: int | None = None
    """The message with the question that this one continues, if it does not reply to that question's answer."""
    notes: tuple[int, ...] = ()
    """The messages with the voice notes that the asker sent just before."""

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
        """The payload as JSON values."""
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
    """What a transcript needs besides the message with the voice note."""

    locale: str
    """The locale of the caption and of reported errors."""
    posted: tuple[int, ...] = ()
    """The id of the message with the transcript."""

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(locale=str(job.payload["locale"]), posted=_ids(job.payload.get("posted", ())))

    @property
    def stored(self) -> dict[str, Any]:
        """The payload as JSON values."""
        return {"locale": self.locale, "posted": list(self.posted)}


async def note_posted(jobs: JobStore, job_id: str, message_ids: Sequence[int]) -> None:
    """Store the ids of the messages of which the answer, or the transcript, consists."""
    await jobs.note(job_id, posted=list(message_ids))


class SpokenMessages:
    """Tracks the voice messages of one answer as they are posted."""

    def __init__(self, payload: AnswerPayload) -> None:
        self._spoken = [id_ for id_ in payload.spoken if id_ not in payload.first_words]
        self.unnoted: dict[str, Any] = {}
        """The fields of the job's payload that still have to be stored."""

    def add(self, message_id: int, *, is_beginning: bool = False) -> None:
        """Add a posted voice message; ``is_beginning``: it has only the first words, and the rest comes in another."""
        self._spoken.append(message_id)
        self.unnoted = {"spoken": list(self._spoken), "first_words": [message_id] if is_beginning else []}

    async def note(self, jobs: JobStore, job_id: str) -> None:
        """Store the fields in ``unnoted``, if there are any."""
        noted, self.unnoted = self.unnoted, {}
        if noted:
            await jobs.note(job_id, **noted)


def posted_for(job: Job) -> tuple[int, ...]:
    """The ids of all messages that were posted for a job of either kind."""
    return (*_ids(job.payload.get("posted", ())), *_ids(job.payload.get("spoken", ())))


def _ids(stored: Sequence[object]) -> tuple[int, ...]:
    return tuple(int(str(id_)) for id_ in stored)
