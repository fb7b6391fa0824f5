"""Teaches many corrections at once, from a file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.corrections.correction import CorrectedAnswer, Correction
from bot.corrections.service import CorrectionActor, Corrections, SubmissionResult
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.problems import UploadRefusedError, at_item
from bot.datasets.reading import read_upload
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy

MAX_AT_ONCE = 300
"""The most questions in one file; each is a transaction of its own."""

TOO_MANY = _("It has {count} questions, and at most {limit} are taught at once. Split it.")
NO_ANSWER = _("it says only what not to say")


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of the questions of a file."""

    approved: tuple[Correction, ...]
    """Those that are approved now."""
    known: tuple[Correction, ...]
    """Those that were already approved and say the same."""
    waiting: tuple[SubmissionResult, ...]
    """Those that wait for a decision: a different answer is approved, the same one is already waiting, or approvals are
    missing."""
    refused: tuple[LazyMessage, ...]
    """What was refused: its place in the file, and why."""


async def teach_in_bulk(
    corrections: Corrections, guild_id: int, channel_id: int, name: str, data: bytes, person: CorrectionActor
) -> BulkResult:
    """Submit every question of the file ``name``, in the formats that datasets take. Each is judged by itself, as if
    ``person`` had submitted it alone; one that fails is listed as refused.

    Raises:
        UploadRefusedError: the file cannot be read, or has more than ``MAX_AT_ONCE`` questions; nothing was submitted.
    """
    origin = ExampleOrigin(given_by=person.id, created_at=datetime.now(UTC))
    examples = await asyncio.to_thread(read_upload, name, data, origin)
    if len(examples) > MAX_AT_ONCE:
        raise UploadRefusedError(name, [lazy(TOO_MANY, count=len(examples), limit=MAX_AT_ONCE)])
    about = CorrectedAnswer(guild_id=guild_id, channel_id=channel_id, message_id=None, original="")
    approved, known = list[Correction](), list[Correction]()
    waiting, refused = list[SubmissionResult](), list[LazyMessage]()
    for number, example in enumerate(examples, 1):
        if example.answer is None:
            refused.append(at_item(number, lazy(NO_ANSWER)))
            continue
        try:
            result = await corrections.submit(about, example.prompt, example.answer, person)
        except StarlingError as error:
            refused.append(at_item(number, LazyMessage(error.sentence, error.params)))
            continue
        if result.is_known:
            known.append(result.correction)
        elif result.missing == 0:
            approved.append(result.correction)
        else:
            waiting.append(result)
    return BulkResult(tuple(approved), tuple(known), tuple(waiting), tuple(refused))
