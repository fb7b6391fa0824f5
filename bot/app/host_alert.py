"""A direct message to the host when Starling is in trouble: sent once, and edited when the trouble is over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class ToldTrouble:
    """What the host was told, kept across restarts so that nobody is told twice of one trouble."""

    owner_id: int
    channel_id: int
    message_id: int
    text: str


class HostAlert:
    """Tells the host of troubles."""

    def __init__(self, rest: hikari.api.RESTClient, locales: KnownLocales, owner_id: int | None, file: Path) -> None:
        """``owner_id``: who is told; None: nobody. ``file`` stores what was told."""
        self._rest = rest
        self._locales = locales
        self._owner_id = owner_id
        self._file = file
        self._told = self._remembered()
        self._is_told = self._told is not None

    async def consider(self, troubles: Sequence[LazyMessage], *, is_well: bool) -> None:
        """Tell the host of ``troubles``, unless the host was already told of some and they have not been over since.
        When there are none any more and ``is_well``, because something has worked since the start, add to that message
        that it is over."""
        if self._owner_id is None or bool(troubles) == self._is_told or not (troubles or is_well):
            return
        self._is_told = bool(troubles)
        locale = await self._locales.of(self._owner_id, DEFAULT_LOCALE)
        told, self._told = self._told, None
        try:
            if troubles:
                lines = [translate(TROUBLE, locale), *(f"- {translate(one, locale)}" for one in troubles)]
                text = "\n".join([*lines, f"-# {translate(HOW, locale)}"])
                channel = await self._rest.create_dm_channel(self._owner_id)
                message = await self._rest.create_message(channel, text, nonce=fresh_nonce())
                self._told = ToldTrouble(self._owner_id, channel.id, message.id, text)
            elif told is not None:
                since = f"<t:{int(datetime.now(UTC).timestamp())}:t>"
                text = f"{told.text}\n{translate(OVER, locale, since=since)}"
                await self._rest.edit_message(told.channel_id, told.message_id, text)
        except hikari.HTTPError as error:
            log.warning("the host could not be notified", troubles=[str(one) for one in troubles], why=str(error))
        self._remember()

    def _remembered(self) -> ToldTrouble | None:
        try:
            told = ToldTrouble(**json.loads(self._file.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return told if told.owner_id == self._owner_id else None

    def _remember(self) -> None:
        try:
            if self._told is None:
                self._file.unlink(missing_ok=True)
                return
            self._file.touch(mode=0o600)
            self._file.write_text(json.dumps(asdict(self._told)), encoding="utf-8")
        except OSError as error:
            # The disk may be the trouble.
            log.warning("the notice to the host cannot be stored, it may be repeated after a restart", why=str(error))
