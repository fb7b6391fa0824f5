"""The running commands: how many one user may have at once, and waiting for them before a stop."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import hikari
import lightbulb
import structlog

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext

log = structlog.get_logger()


class TooManyAtOnceError(StarlingError):
    """Raised when a user starts one command more than they may have running."""

    sentence = ngettext(
        "You already have {limit} command running here. Wait until it ends, then try again.",
        "You already have {limit} commands running here. Wait until one of them ends, then try again.",
        number="limit",
    )
    is_transient = True

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class RestartingError(StarlingError):
    """Raised when a command comes while Starling is stopping, or does not end in time."""

    sentence = _("I am being restarted. Please try again in a minute.")
    is_transient = True


class Invocations:
    """The running commands of one bot."""

    def __init__(
        self, *, at_once: int, during: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    ) -> None:
        """``at_once``: how many commands one user may have running; at least 1. ``during``: a context that is entered
        for each command while it runs."""
        self._during = during
        self._at_once = at_once
        self._of_user: collections.Counter[hikari.Snowflake] = collections.Counter()
        self._of_kind: collections.Counter[tuple[hikari.Snowflake, str]] = collections.Counter()
        self._running: dict[asyncio.Task[object], lightbulb.Context] = {}
        self._places: dict[asyncio.Task[object], hikari.Snowflake] = {}
        self._closing = False

    @contextlib.contextmanager
    def held(self, user: hikari.Snowflake, kind: str) -> Iterator[None]:
        """Hold one of the places that ``user`` has for one ``kind`` of interaction other than commands: the same
        button, or modal. Another one, such as Stop, can still be used.

        Raises:
            RestartingError: Starling is stopping.
            TooManyAtOnceError: all places are taken.
        """
        if self._closing:
            raise RestartingError
        key = (user, kind)
        if self._of_kind[key] >= self._at_once:
            raise TooManyAtOnceError(self._at_once)
        self._of_kind[key] += 1
        try:
            yield
        finally:
            self._of_kind[key] -= 1
            if not self._of_kind[key]:
                del self._of_kind[key]

    def _free(self, task: asyncio.Task[object] | None) -> None:
        """Give back the place of a command; safe to call twice."""
        user = self._places.pop(task, None) if task is not None else None
        if user is not None:
            self._of_user[user] -= 1
            if not self._of_user[user]:
                del self._of_user[user]

    @property
    def hooks(self) -> list[lightbulb.ExecutionHook]:
        """The hooks that every command needs. They go before hooks that do something after the command, so that users
        who have been answered do not have to wait for that before their next one.

        lightbulb's own ``prefab.max_concurrency`` frees a place for each refused call too, and so admits more.
        """

        @lightbulb.hook(lightbulb.ExecutionSteps.MAX_CONCURRENCY, skip_when_failed=True)
        def enter(_: lightbulb.ExecutionPipeline, context: lightbulb.Context) -> None:
            if self._closing:
                raise RestartingError
            user = context.user.id
            if self._of_user[user] >= self._at_once:
                raise TooManyAtOnceError(self._at_once)
            task = asyncio.current_task()
            assert task is not None
            self._of_user[user] += 1
            self._places[task] = user
            self._running[task] = context
            during = contextlib.ExitStack()
            during.enter_context(self._during())

            def leave(task: asyncio.Task[object]) -> None:
                during.close()
                del self._running[task]
                self._free(task)

            # Each interaction has a task of its own, so this also runs when it is cancelled.
            task.add_done_callback(leave)
            structlog.contextvars.bind_contextvars(
                command=context.interaction.command_name,
                interaction=context.interaction.id,
                user=user,
                channel=context.channel_id,
                guild=context.guild_id,
            )
            log.info("command")

        @lightbulb.hook(lightbulb.ExecutionSteps.POST_INVOKE)
        def free(_: lightbulb.ExecutionPipeline, _context: lightbulb.Context) -> None:
            self._free(asyncio.current_task())

        return [enter, free]

    async def drain(self, timeout_s: float) -> list[lightbulb.Context]:
        """Let no new command in, wait for the running ones, cancel the rest after ``timeout_s`` and return those."""
        self._closing = True
        if self._running:
            await asyncio.wait(set(self._running), timeout=timeout_s)
        late = dict(self._running)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(set(late), timeout=1.0)
        return list(late.values())
