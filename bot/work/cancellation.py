"""Stopping an answer in the middle because a person asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Any, TypeVar

_T = TypeVar("_T")
_FIRST = asyncio.FIRST_COMPLETED


class CancelledByUserError(Exception):
    """Raised for whoever awaits work that a person has cancelled."""


class CancellationToken:
    """Cancels one answer, once."""

    def __init__(self) -> None:
        self._cancelled = asyncio.Event()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop what runs under this token; safe to call more than once."""
        self._cancelled.set()

    async def unless_cancelled(self, work: Awaitable[_T]) -> _T:
        """The result of ``work``.

        Raises:
            CancelledByUserError: the token was cancelled first, and ``work`` with it.
        """
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._cancelled.wait())
        try:
            await asyncio.wait({task, stop}, return_when=_FIRST)
            if task.done():
                return task.result()
            raise CancelledByUserError
        finally:
            stop.cancel()
            await _ended(task)

    async def until_cancelled(
        self, stream: AsyncGenerator[_T, None], *, pause_s: float
    ) -> AsyncGenerator[_T | None, None]:
        """The items of ``stream`` until the token is cancelled, and None whenever nothing has come for ``pause_s``.
        ``stream`` is closed at the end."""
        async with aclosing(stream):
            # One task for the whole stream, whose items may be only a few letters each.
            stop = asyncio.create_task(self._cancelled.wait())
            try:
                while not stop.done():
                    coming = asyncio.ensure_future(anext(stream))
                    try:
                        while not (await asyncio.wait({coming, stop}, timeout=pause_s, return_when=_FIRST))[0]:
                            yield None
                        if not coming.done():
                            return
                        given = coming.result()
                    except StopAsyncIteration:
                        return
                    finally:
                        await _ended(coming)
                    yield given
            finally:
                stop.cancel()


async def _ended(task: asyncio.Future[Any]) -> None:
    """Cancel ``task`` and wait for its end, unless it is done."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
