"""Autocomplete behind the one door for errors."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable

import hikari
import lightbulb

from bot.ui.error_report import report_error

Provider = Callable[[lightbulb.AutocompleteContext[str]], Awaitable[None]]


def safe(provider: Callable[..., Awaitable[None]]) -> Provider:
    """``provider``, but a failure is logged with a reference and answered with no choices: the user can type on.

    What ``provider`` takes besides the context is injected by lightbulb.
    """

    @functools.wraps(provider)
    async def guarded(context: lightbulb.AutocompleteContext[str], **services: object) -> None:
        try:
            await provider(context, **services)
        except Exception as error:
            report_error(error, str(context.interaction.locale), command=context.interaction.command_name)
            with contextlib.suppress(hikari.HTTPError):
                await context.respond([])

    # lightbulb would look for the types' names in this module, not in the provider's.
    guarded.__signature__ = inspect.signature(provider, eval_str=True)  # type: ignore[attr-defined]
    return guarded
