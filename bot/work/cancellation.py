"""Stopping an answer in the middle, because a person says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import TypeVar

_T = TypeVar("_T")


class StoppedError(Exception):
    """Raised in what is waited for when the signal is given."""


class StopSignal:
    """Given once, for one answer."""

    def __init__(self) -> None:
        self._given = asyncio.Event()

    @property
    def is_given(self) -> bool:
        return self._given.is_set()

    def give(self) -> None:
        """Stop what runs under this signal; more than once does no harm."""
        self._given.set()

    async def unless_stopped(self, work: Awaitable[_T]) -> _T:
        """What ``work`` gives.

        Raises:
            StoppedError: the signal was given first; ``work`` was cancelled.
        """
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._given.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise StoppedError
        finally:
            stop.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    async def until_stopped(self, stream: AsyncGenerator[_T, None]) -> AsyncGenerator[_T, None]:
        """What ``stream`` gives, until the signal is given. ``stream`` is closed at the end."""
        async with aclosing(stream):
            while True:
                try:
                    given = await self.unless_stopped(anext(stream))
                except (StopAsyncIteration, StoppedError):
                    return
                yield given
