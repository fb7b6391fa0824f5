"""Autocomplete providers, wrapped so that their errors are reported like all others."""

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
"""How many completions run at once for one person: Discord's client asks again with each letter, and shows only the
last."""

_under_way: collections.Counter[hikari.Snowflake] = collections.Counter()

Provider = Callable[[lightbulb.AutocompleteContext[str]], Awaitable[None]]


def safe(provider: Callable[..., Awaitable[None]]) -> Provider:
    """Wrap ``provider`` so that a failure is logged with a reference and answered with no choices: the user can type
    on. One person's requests beyond ``AT_ONCE`` are ignored, so that nobody else waits for them.

    lightbulb injects the parameters of ``provider`` other than the context.
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

    # Otherwise lightbulb would resolve the type names in this module, not in the provider's.
    guarded.__signature__ = inspect.signature(provider, eval_str=True)  # type: ignore[attr-defined]
    return guarded
