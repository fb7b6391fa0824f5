"""Tasks that run for a person, who can stop them: transcriptions, and answers to commands."""

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
    """Raised when someone stops a task that is no longer running."""

    sentence = _("I am no longer listening to that recording.")


class StoppableTasks:
    """The running tasks of this process, whether they are jobs or not; they end with it, so none is stored."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[int, int, CancellationToken]] = {}

    @contextlib.contextmanager
    def running(
        self, user: int, channel: int, stop: CancellationToken | None = None
    ) -> Iterator[tuple[str, CancellationToken]]:
        """A task for ``user`` in ``channel`` for the duration of the block: yields its id and its cancellation token,
        which is ``stop`` if given."""
        id_, stop = secrets.token_hex(8), stop or CancellationToken()
        self._running[id_] = (user, channel, stop)
        try:
            yield id_, stop
        finally:
            del self._running[id_]

    def stop(self, id_: str, pressed: hikari.ComponentInteraction) -> None:
        """Stop a task.

        Raises:
            TaskEndedError: it is over, or not in the channel where the button was pressed.
            NotPermittedError: it belongs to someone else.
        """
        found = self._running.get(id_)
        if found is None or found[1] != pressed.channel_id:
            raise TaskEndedError
        user, _channel, token = found
        require_owner(pressed, user, ASKER)
        token.cancel()
