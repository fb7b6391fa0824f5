"""A direct message to whoever runs Starling, when it is in trouble: once, and marked when that is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import hikari
import structlog

from bot.errors import translatable as _
from bot.i18n.known_locales import KnownLocales
from bot.i18n.message import LazyMessage
from bot.i18n.translation import translate
from bot.ui.nonce import fresh_nonce

log = structlog.get_logger()

DEFAULT_LOCALE = "en-US"

TROUBLE = _("⚠️ I am in trouble, and you run me:")
HOW = _("`starling health` on my machine tells you more. I will not write again until this is over.")
OVER = _("✅ This is over, since {since}.")


class HostAlert:
    """Tells of troubles."""

    def __init__(self, rest: hikari.api.RESTClient, locales: KnownLocales, owner_id: int | None) -> None:
        """``owner_id``: who is told; None: nobody."""
        self._rest = rest
        self._locales = locales
        self._owner_id = owner_id
        self._is_told = False
        self._message: tuple[hikari.Message, str] | None = None
        """What was sent, if it could be, and its text."""

    async def consider(self, troubles: Sequence[LazyMessage]) -> None:
        """Tell of ``troubles``, unless it was told of some since there were none; where there are none any more, say
        below what was sent that it is over."""
        if self._owner_id is None or bool(troubles) == self._is_told:
            return
        self._is_told = bool(troubles)
        locale = await self._locales.of(self._owner_id, DEFAULT_LOCALE)
        try:
            if troubles:
                self._message = None
                lines = [translate(TROUBLE, locale), *(f"- {translate(one, locale)}" for one in troubles)]
                text = "\n".join([*lines, f"-# {translate(HOW, locale)}"])
                channel = await self._rest.create_dm_channel(self._owner_id)
                self._message = await self._rest.create_message(channel, text, nonce=fresh_nonce()), text
            elif self._message is not None:
                message, text = self._message
                since = f"<t:{int(datetime.now(UTC).timestamp())}:t>"
                await message.edit(f"{text}\n{translate(OVER, locale, since=since)}")
        except hikari.HTTPError as error:
            log.warning("the host could not be told", troubles=[str(one) for one in troubles], why=str(error))
