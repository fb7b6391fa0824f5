"""/summary: what was said in a thread, in the last messages or in today's voice notes; only the caller sees it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import hikari
import lightbulb

from bot.answering.conversation_history import head_of, name_of
from bot.answering.long_notes import summing_up, told
from bot.answering.message_text import text_of
from bot.answering.recordings import RecordingReader, joined
from bot.answering.stoppable_commands import on_heard, stoppable
from bot.answering.stoppable_tasks import StoppableTasks
from bot.answering.summarizing import Summarizer, Summary
from bot.answering.voice_notes import recordings_in
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import language_of, translate
from bot.settings import Settings
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import require
from bot.ui.progress_bar import ProgressBar
from extensions import GUILD_CONTEXTS, GUILD_TYPES

loader = lightbulb.Loader()

MAX_MESSAGES, USUAL_MESSAGES = 200, 50
MAX_RECORDINGS = 10
"""The most recordings that are heard for one summary, the latest ones; those transcribed within the last hour cost
nothing."""

NOT_HEARD = ngettext("{count} older recording was left out.", "{count} older recordings were left out.")


class NothingSaidError(StarlingError):
    """Raised when there is nothing to sum up."""

    sentence = _("There is nothing here that I can sum up.")


class NothingShownError(StarlingError):
    """Raised when there is nothing to sum up that Discord lets the bot read."""

    sentence = _(
        "There is nothing here that I can sum up. Without the Message Content Intent Discord shows me only messages "
        "that mention me."
    )


class MayNotReadError(StarlingError):
    """Raised when the bot may not read the earlier messages."""

    sentence = _("I may not read the earlier messages here. Ask a moderator to let me.")


@loader.command
class SumUp(
    lightbulb.SlashCommand,
    name=_("summary"),
    description=_("What was said here, in short, for you alone"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
):
    what = lightbulb.string(
        _("of"),
        _("Of the last messages, or of today's voice notes"),
        localize=True,
        default="messages",
        choices=[
            lightbulb.Choice(_("the last messages here, or of this thread"), "messages", localize=True),
            lightbulb.Choice(_("the voice notes of today"), "notes", localize=True),
        ],
    )
    count = lightbulb.integer(
        _("count"), _("How many messages"), localize=True, default=USUAL_MESSAGES, min_value=2, max_value=MAX_MESSAGES
    )

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        summarizer: Summarizer,
        reader: RecordingReader,
        stoppable_tasks: StoppableTasks,
        bot: hikari.GatewayBot,
        settings: Settings,
    ) -> None:
        require(context, hikari.Permissions.READ_MESSAGE_HISTORY, channel=context.interaction.channel)
        await context.defer(ephemeral=True)
        locale = locale_of(context)

        async def work(progress: ProgressBar) -> tuple[Summary, int]:
            lines, left_out = await _lines(
                context, reader, bot, progress, only_notes=self.what == "notes", count=self.count
            )
            if not lines:
                raise NothingSaidError if settings.message_content_intent else NothingShownError
            summary = await summarizer.sum_up(
                lines,
                language=language_of(locale),
                user=context.user.id,
                guild=context.guild_id,
                progress=lambda done: progress.show(summing_up(done, locale)),
            )
            return summary, left_out

        found = await stoppable(context, stoppable_tasks, work, ephemeral=True)
        if found is None:
            return
        summary, left_out = found
        text = told(summary, locale)
        if left_out:
            text += f"\n-# {translate(NOT_HEARD, locale, count=left_out)}"
        await respond(context, text, ephemeral=True)


async def _lines(
    context: lightbulb.Context,
    reader: RecordingReader,
    bot: hikari.GatewayBot,
    progress: ProgressBar,
    *,
    only_notes: bool,
    count: int,
) -> tuple[list[str], int]:
    """What people said, oldest first, one line per message with its time and author; and how many recordings were left
    out. None of it is kept.

    Raises:
        MayNotReadError: Discord does not let the bot read here.
    """
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[hikari.PartialMessage] = []
    try:
        async for message in bot.rest.fetch_messages(context.channel_id).limit(MAX_MESSAGES):
            if message.timestamp < today if only_notes else len(found) >= count:
                break
            said = head_of(message)
            if said.author and not said.author.is_bot and (recordings_in(said) or not only_notes):
                found.append(said)
    except (hikari.ForbiddenError, hikari.NotFoundError) as error:
        raise MayNotReadError from error
    files: list[hikari.Attachment] = []
    left_out = 0
    counts: list[int] = []
    for one in found:
        fitting = recordings_in(one)
        if len(files) + len(fitting) > MAX_RECORDINGS:
            left_out += len(fitting)
            fitting = ()
        files += fitting
        counts.append(len(fitting))
    all_heard = iter(
        await reader.read(
            files,
            guild=context.guild_id,
            sender=context.user.id,
            channel=context.channel_id,
            progress=on_heard(progress, locale_of(context), len(files)),
        )
    )
    lines: list[str] = []
    for one, count_here in zip(found, counts, strict=True):
        heard_words = joined(list(islice(all_heard, count_here)))
        written = text_of(one, context.interaction.application_id, bot.cache, embeds=True)
        if text := " ".join(f"{written} {heard_words}".split()):
            lines.append(f"{one.id.created_at:%H:%M} {name_of(one)}: {text}")
    return lines[::-1], left_out
