"""How far long work for a command is: a bar in the place of its answer."""

from __future__ import annotations

import contextlib

import hikari

from bot.ui.live_text import LiveText

EVERY_S = 3.0
"""What is done sooner shows no bar."""
_CELLS = 16


class ProgressBar:
    """Shown by edits of a deferred answer, seldom enough for Discord's limits."""

    def __init__(
        self,
        interaction: hikari.CommandInteraction | hikari.ComponentInteraction,
        what: str,
        *,
        least: float = 0.0,
        every_s: float = EVERY_S,
        row: hikari.api.ComponentBuilder | None = None,
    ) -> None:
        """``what``: the line above the bar. ``least``: where the whole is less, no bar is shown. ``every_s``: at least
        so long before the bar is shown, and between two edits. ``row``: buttons below it."""
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
        """Take note that ``done`` of ``whole`` is done; to be called in the event loop. ``text`` is shown in place of
        the line above the bar and the bar."""
        if whole >= self._least:
            self._live.tell(text or f"{self._what}\n{bar(done / whole)}")

    def show(self, text: str) -> None:
        """Show ``text`` in place of the line and the bar, when it is time to."""
        self._live.tell(text)

    async def stop(self) -> None:
        """Leave the bar as it is, for what comes in its place."""
        await self._live.end()

    async def end(self) -> None:
        """Take the bar away: what comes then is a message of its own, and no bar any more."""
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
    """A bar of which ``share`` is full, at most 1, and that in percent."""
    share = min(share, 1.0)
    full = round(share * _CELLS)
    return f"`{'█' * full}{'░' * (_CELLS - full)}` {share:.0%}"
