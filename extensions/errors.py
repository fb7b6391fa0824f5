"""What fails in a command is told to the one who called it."""

from __future__ import annotations

import hikari
import lightbulb
import structlog

from bot.ui.command_reply import locale_of, respond
from bot.ui.error_report import report_error

loader = lightbulb.Loader()

log = structlog.get_logger()


@loader.error_handler
async def tell(failure: lightbulb.exceptions.ExecutionPipelineFailedException) -> bool:
    """Answer with the report of the first cause; where even that cannot be sent, the log says so."""
    context, error = failure.context, failure.causes[0]
    report = report_error(error, locale_of(context))
    try:
        await respond(context, report.text, ephemeral=True)
    except hikari.HTTPError as unsent:
        log.warning("could not tell the person", reference=report.reference, why=str(unsent))
    return True
