"""The progress of long work for a command, as a bar in place of its answer."""

from __future__ import annotations

import contextlib

import hikari

from bot.ui.live_text import LiveText

EVERY_S = 3.0
"""Work that is done sooner shows no bar."""
_CELLS = 16


class ProgressBar:
    """A bar shown by edits of a deferred answer, rarely enough for Discord's limits."""

    def __init__(
        self,
        interaction: hikari.CommandInteraction | hikari.ComponentInteraction,
        what: str,
        *,
        least: float = 0.0,
        every_s: float = EVERY_S,
        row: hikari.api.ComponentBuilder | None = None,
    ) -> None:
        """``what``: the line above the bar. ``least``: if the whole is less, no bar is shown. ``every_s``: the least
        time before the bar is shown, and between two edits. ``row``: buttons below it."""
        self._interaction = interaction
        self._what = what
        self._least = least
        self._row = row or hikari.UNDEFINED
        self._live = LiveText(self._show, after_s=every_s, every_s=every_s)
        self._is_shown = False

    def begin(self) -> None:
        """Show the bar at once, with nothing done."""
        self._live.tell(f"{self._what}\n{bar(0.0)}", at_once=True)

    def tell(self, done: float, whole: float, text: str = "") -> None:
        """Report that ``done`` of ``whole`` is done; to be called in the event loop. ``text`` replaces the bar and the
        line above it."""
        if whole >= self._least:
            self._live.tell(text or f"{self._what}\n{bar(done / whole)}")

    def show(self, text: str) -> None:
        """Show ``text`` in place of the bar and its line when the next edit is due."""
        self._live.tell(text)

    async def stop(self) -> None:
        """Stop the edits, and leave the bar for the answer that will replace it."""
        await self._live.end()

    async def end(self) -> None:
        """Delete the bar, because the answer will be a message of its own."""
        await self.stop()
        if self._is_shown:
            with contextlib.suppress(hikari.HTTPError):
                await self._interaction.delete_initial_response()

    async def _show(self, text: str) -> None:
        self._is_shown = True
        with contextlib.suppress(hikari.HTTPError):
            await self._interaction.edit_initial_response(
                text, component=self._row, user_mentions=False, role_mentions=False, mentions_everyone=False
            )


def bar(share: float) -> str:
    """A bar that is filled by ``share``, at most 1, and the percentage."""
    share = min(share, 1.0)
    full = round(share * _CELLS)
    return f"`{'█' * full}{'░' * (_CELLS - full)}` {share:.0%}"
