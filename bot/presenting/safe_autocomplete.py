"""Autocomplete behind the one door for errors."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

import hikari
import lightbulb

from bot.presenting.apology import apologise

_P = ParamSpec("_P")
_T = TypeVar("_T", str, int, float)
_Provider = Callable[Concatenate[lightbulb.AutocompleteContext[_T], _P], Awaitable[None]]


def safe(provider: _Provider[_T, _P]) -> _Provider[_T, _P]:
    """``provider``, but a failure is logged with a reference and answered with no choices: the user can type on."""

    @functools.wraps(provider)
    async def guarded(context: lightbulb.AutocompleteContext[_T], *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            await provider(context, *args, **kwargs)
        except Exception as error:
            apologise(error, str(context.interaction.locale), command=context.interaction.command_name)
            with contextlib.suppress(hikari.HTTPError):
                await context.respond([])

    return guarded
