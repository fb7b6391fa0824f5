"""Results that whoever asked has received: what was said and written is kept no longer than a restart may need it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Container

from nats.errors import Error as ClientError
from nats.js.api import RawStreamMsg

from bot.work.bus.connection import BusConnection
from bot.work.bus.subjects import DONE, done_subject

AT_ONCE = 50
"""How many are deleted in a row before results are looked for again."""


class TakenResults:
    """Deletes received results from the server after a while. If the gateway dies before, they expire after 10 min."""

    def __init__(self, connection: BusConnection, gateway: int, kept_s: float) -> None:
        """``kept_s``: how long a gateway that is restarted still finds them."""
        self._connection, self._gateway, self._kept_s = connection, gateway, kept_s
        self._due_s: dict[str, float] = {}
        """When each is to be deleted, earliest first."""

    def take(self, task: str) -> None:
        """Note that the result of ``task`` has been received."""
        self._due_s.pop(task, None)
        self._due_s[task] = time.monotonic() + self._kept_s

    def hurry(self) -> bool:
        """Make all of them due for deletion: the server has no more room, and those who wait go before a gateway that
        may be restarted. Return whether there are any."""
        self._due_s = dict.fromkeys(self._due_s, time.monotonic())
        return bool(self._due_s)

    async def delete_due(self, asked: Container[str]) -> None:
        """Delete the results that are due, except those of the tasks in ``asked``, which are wanted again."""
        now_s = time.monotonic()
        due = [task for task, due_s in self._due_s.items() if due_s <= now_s][:AT_ONCE]
        for task in due:
            if task not in asked:
                with contextlib.suppress(ClientError, TimeoutError):
                    await self._delete(done_subject(self._gateway, task))
            self._due_s.pop(task, None)

    async def _delete(self, subject: str) -> None:
        """Delete a result by its sequence number: after purges by subject, NATS 2.9 keeps counting the purged bytes
        until it accepts nothing more."""
        jetstream = self._connection.jetstream
        stored: RawStreamMsg = await jetstream.get_msg(DONE, subject=subject, direct=True)
        if stored.seq is not None:
            await jetstream.delete_msg(DONE, stored.seq)
