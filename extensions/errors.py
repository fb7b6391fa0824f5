"""Reports the errors of commands to the people who called them."""

from __future__ import annotations

import hikari
import lightbulb
import structlog

from bot.ui.command_reply import locale_of, respond
from bot.ui.error_report import report_error

loader = lightbulb.Loader()

log = structlog.get_logger()


async def _is_awaited_by_all(context: lightbulb.Context) -> bool:
    """Whether the command was deferred publicly, and has no other response yet."""
    # lightbulb 3.2 has no public view of whether something was sent.
    if not context._initial_response_sent.is_set():
        return False
    try:
        flags = (await context.interaction.fetch_initial_response()).flags
    except (hikari.NotFoundError, hikari.UnauthorizedError):
        return False
    return bool(flags & hikari.MessageFlag.LOADING) and not flags & hikari.MessageFlag.EPHEMERAL


@loader.error_handler
async def tell(failure: lightbulb.exceptions.ExecutionPipelineFailedException) -> bool:
    """Tell the caller, and nobody else, the first cause; if even that cannot be sent, log it."""
    context, error = failure.context, failure.causes[0]
    report = report_error(error, locale_of(context))
    try:
        if await _is_awaited_by_all(context):
            # The answer to a publicly deferred command would be public too.
            await context.interaction.delete_initial_response()
            await context.interaction.execute(report.text, flags=hikari.MessageFlag.EPHEMERAL)
        else:
            await respond(context, report.text, ephemeral=True)
    except hikari.HTTPError as unsent:
        log.warning("could not notify the person", reference=report.reference, why=str(unsent))
    return True
