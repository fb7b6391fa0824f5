"""Recordings that are being written down, so that a person can stop that."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.permissions import ASKER, require_owner
from bot.work.cancellation import CancellationToken


class HearingEndedError(StarlingError):
    """Raised when the writing down is stopped of what is not being written down any more."""

    sentence = _("I am no longer listening to that recording.")


class Hearings:
    """Those of this process: what is stopped with it is not to be stopped by a person."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[int, int, CancellationToken]] = {}

    @contextlib.contextmanager
    def running(
        self, user: int, channel: int, stop: CancellationToken | None = None
    ) -> Iterator[tuple[str, CancellationToken]]:
        """A hearing for ``user`` in ``channel``, for as long as the block: its id, and what stops it, which is ``stop``
        where that is given."""
        id_, stop = secrets.token_hex(8), stop or CancellationToken()
        self._running[id_] = (int(user), int(channel), stop)
        try:
            yield id_, stop
        finally:
            del self._running[id_]

    def stop(self, id_: str, pressed: hikari.ComponentInteraction) -> None:
        """Stop it.

        Raises:
            HearingEndedError: it is over, or not in the channel where the button was pressed.
            NotPermittedError: it is not theirs.
        """
        found = self._running.get(id_)
        if found is None or found[1] != pressed.channel_id:
            raise HearingEndedError
        user, _channel, token = found
        require_owner(pressed, user, ASKER)
        token.cancel()
