"""The languages people use Discord in.

A message does not say its author's language, an interaction does: what the last one said is remembered.
"""

from __future__ import annotations

import hikari
import lightbulb

from bot.i18n.translation import catalogues, language_of
from bot.preferences.store import SettingsStore

_NAME = "locale"
_MAX_CACHED = 10_000


class KnownLocales:
    """Locales by user, stored, with a bounded cache in front."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store
        self._cache: dict[int, str | None] = {}
        self._unsaved: set[int] = set()

    async def of(self, user: hikari.Snowflakeish, default: str) -> str:
        """The Discord locale that ``user`` was last seen with, or ``default``."""
        return await self._known(int(user)) or default

    async def guess(self, user: hikari.Snowflakeish, language: str, default: str) -> str:
        """The same for someone who has just spoken ``language`` (BCP-47): when no locale of theirs is known, it is
        taken for theirs, if there is a catalogue for it."""
        spoken = language if language_of(language) in catalogues() else default
        return await self._known(int(user)) or spoken

    async def _known(self, user: int) -> str | None:
        if user not in self._cache:
            stored = await self._store.get("user", user, _NAME)
            self._keep(user, stored if isinstance(stored, str) else None)
        return self._cache[user]

    def _keep(self, user: int, locale: str | None) -> None:
        if len(self._cache) >= _MAX_CACHED:
            del self._cache[next(iter(self._cache))]
        self._cache[user] = locale

    @property
    def hooks(self) -> list[lightbulb.ExecutionHook]:
        """Remember the locale of everyone who runs a command; stored afterwards, so that nobody waits for it."""

        @lightbulb.hook(lightbulb.ExecutionSteps.PRE_INVOKE)
        def note(_: lightbulb.ExecutionPipeline, context: lightbulb.Context) -> None:
            user, locale = int(context.user.id), str(context.interaction.locale)
            if self._cache.get(user) != locale:
                self._keep(user, locale)
                self._unsaved.add(user)

        @lightbulb.hook(lightbulb.ExecutionSteps.POST_INVOKE)
        async def save(_: lightbulb.ExecutionPipeline, context: lightbulb.Context) -> None:
            user = int(context.user.id)
            if user in self._unsaved:
                self._unsaved.discard(user)
                await self._store.set("user", user, _NAME, str(context.interaction.locale))

        return [note, save]
