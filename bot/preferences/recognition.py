"""What a server has chosen about how its recordings are heard: the languages that may be spoken, and its vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import hikari

from bot.preferences.store import SettingsStore

MAX_VOCABULARY_CHARACTERS = 400
"""About as much as the speech model takes in before a recording."""
_LANGUAGES, _VOCABULARY = "languages", "vocabulary"


@dataclass(frozen=True, slots=True)
class HearingChoices:
    """One server's choices."""

    languages: tuple[str, ...] = ()
    """Codes of ``audio.LANGUAGES`` that are listened for; empty for all."""
    vocabulary: str = ""
    """Names and jargon that may be said."""


class ChosenHearing:
    """The choices of every server, stored."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store

    async def of(self, guild: hikari.Snowflakeish | None) -> HearingChoices:
        """What ``guild`` has chosen; nothing where there is none."""
        if guild is None:
            return HearingChoices()
        languages = await self._store.get("guild", int(guild), _LANGUAGES, [])
        vocabulary = await self._store.get("guild", int(guild), _VOCABULARY, "")
        return HearingChoices(tuple(str(code) for code in languages), str(vocabulary))

    async def choose(
        self,
        guild: hikari.Snowflakeish,
        *,
        languages: tuple[str, ...] | None = None,
        vocabulary: str | None = None,
    ) -> HearingChoices:
        """Set what is given, and return all of it as it is now."""
        if languages is not None:
            await self._store.set("guild", int(guild), _LANGUAGES, list(languages))
        if vocabulary is not None:
            await self._store.set("guild", int(guild), _VOCABULARY, vocabulary)
        return await self.of(guild)
