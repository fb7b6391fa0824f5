"""Commands that take long: they show their progress in place of the answer, with a button to stop them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import lightbulb

from audio import TranscriptionProgress
from bot.answering.stoppable_tasks import StoppableTasks
from bot.i18n.translation import translate
from bot.ui.answer_buttons import STOPPED, stop_row
from bot.ui.command_reply import locale_of, respond
from bot.ui.progress_bar import ProgressBar
from bot.ui.transcript_text import LISTENING, so_far
from bot.work.cancellation import CancelledByUserError

ResultT = TypeVar("ResultT")


async def stoppable(
    context: lightbulb.Context,
    stoppable_tasks: StoppableTasks,
    work: Callable[[ProgressBar], Awaitable[ResultT]],
    *,
    min_s: float = 0.0,
    ephemeral: bool = False,
    until_then: Callable[[], ResultT | None] = lambda: None,
) -> ResultT | None:
    """Run ``work``, which shows its progress on the bar that it is given, and return its result. If a person stops it,
    it is cancelled, and the result is that of ``until_then``; if that is None, the person is told that it was stopped,
    and None is returned. ``context`` was deferred, ``ephemeral`` or not.

    ``min_s``: no bar is shown for shorter recordings.
    """
    locale = locale_of(context)
    with stoppable_tasks.running(context.user.id, context.channel_id) as (task, stop):
        row = stop_row(task, locale)
        progress = ProgressBar(context.interaction, translate(LISTENING, locale), least=min_s, row=row)
        try:
            return await stop.unless_cancelled(work(progress))
        except CancelledByUserError:
            if (found := until_then()) is not None:
                return found
        finally:
            await progress.end()
    await respond(context, f"-# {translate(STOPPED, locale)}", ephemeral=ephemeral)
    return None


def on_heard(progress: ProgressBar, locale: str, count: int) -> Callable[[int, TranscriptionProgress], None]:
    """A callback that shows on the bar how far the transcription of ``count`` recordings is."""

    def tell(number: int, done: TranscriptionProgress) -> None:
        progress.tell(done.transcribed_s, done.duration_s, so_far(done, locale, number=number + 1, count=count))

    return tell
