"""The tests of models that run, and their button Cancel."""

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
    """Raised when a test is cancelled that does not run any more."""

    sentence = _("This test has ended already.")


@screen.service
class TestsUnderWay:
    """One a guild, in this process: a test ends with it."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[int, int, CancellationToken]] = {}

    @contextlib.contextmanager
    def running(self, guild_id: int, user_id: int) -> Iterator[tuple[str, CancellationToken]]:
        """A test of the user's, for as long as the block: its id, and what stops it.

        Raises:
            TestUnderWayError: another one runs there.
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
            TestEndedError: the guild has no such test that runs.
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
    """Below a test that runs."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.SECONDARY, f"{CANCEL_ID}:{id_}", label=translate(CANCEL, locale), emoji="⏹️"
    )


@screen.button(CANCEL_ID)
async def cancel(context: yuyo.components.Context, under_way: alluka.Injected[TestsUnderWay]) -> None:
    """Stop the test; what was answered until then is shown.

    Raises:
        OnServersOnlyError, TestEndedError, NotPermittedError
    """
    interaction = context.interaction
    under_way.cancel(guild_of(interaction), context.id_metadata, interaction.user.id)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
