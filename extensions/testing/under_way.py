"""The running tests of models, and their button Cancel."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import alluka
import hikari
import yuyo

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.permissions import STARTER, NotPermittedError, guild_of
from bot.ui.screen import Screen
from bot.work.cancellation import CancellationToken

screen = Screen()

CANCEL_ID = "test-cancel"
CANCEL = _("Cancel")


class TestUnderWayError(StarlingError):
    """Raised when a guild starts a second test."""

    sentence = _("A test is running on this server already. Wait until it ends, or cancel it.")


class TestEndedError(StarlingError):
    """Raised when somebody cancels a test that is no longer running."""

    sentence = _("This test has ended already.")


@screen.service
class TestsUnderWay:
    """The running tests, at most one per guild. They are known to this process only, and end with it."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[int, int, CancellationToken]] = {}

    @contextlib.contextmanager
    def running(self, guild_id: int, user_id: int) -> Iterator[tuple[str, CancellationToken]]:
        """Register a test by the user for as long as the block runs; yields its id, and the token that stops it.

        Raises:
            TestUnderWayError: another one is running in the guild.
        """
        if any(guild == guild_id for guild, _user, _stop in self._running.values()):
            raise TestUnderWayError
        id_, stop = secrets.token_hex(8), CancellationToken()
        self._running[id_] = (guild_id, user_id, stop)
        try:
            yield id_, stop
        finally:
            del self._running[id_]

    def cancel(self, guild_id: int, id_: str, user_id: int) -> None:
        """Stop a test.

        Raises:
            TestEndedError: the guild has no such running test.
            NotPermittedError: another person has started it.
        """
        found = self._running.get(id_)
        if found is None or found[0] != guild_id:
            raise TestEndedError
        _guild, user, stop = found
        if user != user_id:
            raise NotPermittedError(allowed=STARTER)
        stop.cancel()


def cancel_row(id_: str, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The row below a running test, with the button Cancel."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.SECONDARY, f"{CANCEL_ID}:{id_}", label=translate(CANCEL, locale), emoji="⏹️"
    )


@screen.button(CANCEL_ID)
async def cancel(context: yuyo.components.Context, under_way: alluka.Injected[TestsUnderWay]) -> None:
    """Stop the test; the answers so far are shown.

    Raises:
        OnServersOnlyError, TestEndedError, NotPermittedError
    """
    interaction = context.interaction
    under_way.cancel(guild_of(interaction), context.id_metadata, interaction.user.id)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
