"""What a server has chosen about how it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bot.preferences.joined_channels import SPEAK_MODES, Speak
from bot.preferences.store import SettingsStore
from bot.privacy.retention import GUILD_DAYS

TranscriptStyle = Literal["quote", "plain", "times"]
"""How a voice note is written down by itself: quoted, as it is, or with the time of each sentence."""

STYLES: tuple[TranscriptStyle, ...] = get_args(TranscriptStyle)
_SPEAK, _STYLE, _CHANNELS, _DAYS = "speak", "transcript_style", "transcribed_channels", GUILD_DAYS
MAX_CHANNELS = 25
"""Discord's limit on what is chosen at once."""


@dataclass(frozen=True, slots=True)
class GuildChoices:
    """None where the host's settings hold."""

    speak: Speak | None = None
    style: TranscriptStyle = "quote"
    transcribed: frozenset[int] = frozenset()
    """Channels in which every voice note gets its transcript, without an answer."""
    retention_days: int | None = None


class ChosenByGuilds:
    """Stored, and held in memory, since every message asks."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store
        self._choices: dict[int, GuildChoices] = {}

    async def of(self, guild: int | None) -> GuildChoices:
        """What ``guild`` has chosen; in direct messages, nothing."""
        if guild is None:
            return GuildChoices()
        guild = int(guild)
        if guild not in self._choices:
            self._choices[guild] = await self._read(guild)
        return self._choices[guild]

    async def choose(
        self,
        guild: int,
        *,
        speak: Speak | Literal["host"] | None = None,
        style: TranscriptStyle | None = None,
        transcribed: frozenset[int] | None = None,
        retention_days: int | None = None,
    ) -> None:
        """Set what is not None; ``"host"``, or 0 days, leave it to the host again."""
        guild = int(guild)
        if speak is not None:
            await self._set(guild, _SPEAK, None if speak == "host" else speak)
        if style is not None:
            await self._set(guild, _STYLE, style)
        if transcribed is not None:
            await self._set(guild, _CHANNELS, sorted(transcribed)[:MAX_CHANNELS] or None)
        if retention_days is not None:
            await self._set(guild, _DAYS, retention_days or None)
        self._choices.pop(guild, None)

    async def forget_guild(self, guild: int) -> None:
        """Forget all that ``guild`` has chosen."""
        for name in (_SPEAK, _STYLE, _CHANNELS, _DAYS):
            await self._store.reset("guild", int(guild), name)
        self._choices.pop(int(guild), None)

    async def _set(self, guild: int, name: str, value: object) -> None:
        if value is None:
            await self._store.reset("guild", guild, name)
        else:
            await self._store.set("guild", guild, name, value)

    async def _read(self, guild: int) -> GuildChoices:
        speak = await self._store.get("guild", guild, _SPEAK)
        style = await self._store.get("guild", guild, _STYLE)
        channels = await self._store.get("guild", guild, _CHANNELS, [])
        days = await self._store.get("guild", guild, _DAYS)
        return GuildChoices(
            speak=speak if speak in SPEAK_MODES else None,
            style=style if style in STYLES else "quote",
            transcribed=frozenset(int(channel) for channel in channels),
            retention_days=days if isinstance(days, int) and days > 0 else None,
        )
