"""Autocomplete behind the one door for errors."""

from __future__ import annotations

import collections
import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable

import hikari
import lightbulb

from bot.ui.error_report import report_error

AT_ONCE = 5
"""Completions that one person is given at once: Discord's client asks again with each letter, and shows the last."""

_under_way: collections.Counter[hikari.Snowflake] = collections.Counter()

Provider = Callable[[lightbulb.AutocompleteContext[str]], Awaitable[None]]


def safe(provider: Callable[..., Awaitable[None]]) -> Provider:
    """``provider``, but a failure is logged with a reference and answered with no choices: the user can type on. What
    one person asks for beyond ``AT_ONCE`` is left alone, so that nobody else waits for it.

    What ``provider`` takes besides the context is injected by lightbulb.
    """

    @functools.wraps(provider)
    async def guarded(context: lightbulb.AutocompleteContext[str], **services: object) -> None:
        user = context.interaction.user.id
        if _under_way[user] >= AT_ONCE:
            return
        _under_way[user] += 1
        try:
            await provider(context, **services)
        except Exception as error:
            report_error(error, str(context.interaction.locale), command=context.interaction.command_name)
            with contextlib.suppress(hikari.HTTPError):
                await context.respond([])
        finally:
            _under_way[user] -= 1
            if not _under_way[user]:
                del _under_way[user]

    # lightbulb would look for the types' names in this module, not in the provider's.
    guarded.__signature__ = inspect.signature(provider, eval_str=True)  # type: ignore[attr-defined]
    return guarded
