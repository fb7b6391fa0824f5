"""What runs for a person, who can stop it: recordings that are written down, and answers to commands."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.permissions import ASKER, require_owner
from bot.work.cancellation import CancellationToken


class TaskEndedError(StarlingError):
    """Raised when something is stopped that does not run any more."""

    sentence = _("I am no longer listening to that recording.")


class StoppableTasks:
    """Those of this process, whether they are jobs or not: what is stopped with it is not to be stopped by a
    person."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[int, int, CancellationToken]] = {}

    @contextlib.contextmanager
    def running(
        self, user: int, channel: int, stop: CancellationToken | None = None
    ) -> Iterator[tuple[str, CancellationToken]]:
        """A task for ``user`` in ``channel``, for as long as the block: its id, and what stops it, which is ``stop``
        where that is given."""
        id_, stop = secrets.token_hex(8), stop or CancellationToken()
        self._running[id_] = (user, channel, stop)
        try:
            yield id_, stop
        finally:
            del self._running[id_]

    def stop(self, id_: str, pressed: hikari.ComponentInteraction) -> None:
        """Stop it.

        Raises:
            TaskEndedError: it is over, or not in the channel where the button was pressed.
            NotPermittedError: it is not theirs.
        """
        found = self._running.get(id_)
        if found is None or found[1] != pressed.channel_id:
            raise TaskEndedError
        user, _channel, token = found
        require_owner(pressed, user, ASKER)
        token.cancel()
