"""Results that whoever asked has: what was said and written is kept no longer than a restart may need it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Container

from nats.errors import Error as ClientError
from nats.js.api import RawStreamMsg

from bot.work.bus.connection import BusConnection
from bot.work.bus.subjects import DONE, done_subject

AT_ONCE = 50
"""So many are deleted one after another, before results are looked for again."""


class TakenResults:
    """Deletes them from the server after a while. Those of a gateway that dies before are gone after ten minutes."""

    def __init__(self, connection: BusConnection, gateway: int, kept_s: float) -> None:
        """``kept_s``: for so long a gateway that is started again finds them."""
        self._connection, self._gateway, self._kept_s = connection, gateway, kept_s
        self._due_s: dict[str, float] = {}
        """When each is to be deleted, the first first."""

    def take(self, task: str) -> None:
        """Its result has come."""
        self._due_s.pop(task, None)
        self._due_s[task] = time.monotonic() + self._kept_s

    def hurry(self) -> bool:
        """Have all of them deleted at once: the server has no more room, and who waits goes before who may be started
        again. Says whether there are any."""
        self._due_s = dict.fromkeys(self._due_s, time.monotonic())
        return bool(self._due_s)

    async def delete_due(self, asked: Container[str]) -> None:
        """Delete what was taken long enough ago; of the tasks in ``asked`` the result is wanted once more."""
        now_s = time.monotonic()
        due = [task for task, due_s in self._due_s.items() if due_s <= now_s][:AT_ONCE]
        for task in due:
            if task not in asked:
                with contextlib.suppress(ClientError, TimeoutError):
                    await self._delete(done_subject(self._gateway, task))
            self._due_s.pop(task, None)

    async def _delete(self, subject: str) -> None:
        """By its number: of what is purged by its subject NATS 2.9 goes on counting the bytes, until it takes nothing
        any more."""
        jetstream = self._connection.jetstream
        stored: RawStreamMsg = await jetstream.get_msg(DONE, subject=subject, direct=True)
        if stored.seq is not None:
            await jetstream.delete_msg(DONE, stored.seq)
