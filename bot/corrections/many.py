"""Many corrections at once, from a file of somebody who may approve them."""

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
"""Each is a transaction of its own."""

TOO_MANY = _("It has {count} questions, and at most {limit} are taught at once. Split it.")
NO_ANSWER = _("it says only what not to say")


@dataclass(frozen=True, slots=True)
class ManyResult:
    """What became of the questions of a file."""

    approved: tuple[Correction, ...]
    """Known from now on."""
    known: tuple[Correction, ...]
    """Those that were approved before, and say the same."""
    waiting: tuple[SubmissionResult, ...]
    """Those that wait: something else is approved, the same waits, or others have to approve them."""
    refused: tuple[LazyMessage, ...]
    """What was not taken, by its place in the file, and why."""


async def teach_many(
    corrections: Corrections, guild_id: int, channel_id: int, name: str, data: bytes, person: CorrectionActor
) -> ManyResult:
    """Have everything taught that stands in the file ``name``, in the formats that datasets take; each is judged by
    itself, as one that ``person`` submits.

    Raises:
        UploadRefusedError: it cannot be read as a whole; nothing of it was taken.
        ConsentMissingError
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
    return ManyResult(tuple(approved), tuple(known), tuple(waiting), tuple(refused))
