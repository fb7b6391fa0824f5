"""The channels and threads in which Starling takes part without being mentioned."""

from __future__ import annotations

from typing import Literal, get_args

from bot.preferences.store import SettingsStore

Speak = Literal["never", "voice", "always"]
"""When answers are spoken: never, to voice notes, or always."""

SPEAK_MODES: tuple[Speak, ...] = get_args(Speak)
_NAME = "joined"


class JoinedChannels:
    """Stored, and held in memory, since every message asks."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store
        self._joined: dict[int, Speak] = {}

    async def load(self) -> None:
        """Read what is stored; to be called once, before the first message."""
        for channel, value in (await self._store.all("channel", _NAME)).items():
            if isinstance(value, str) and value in SPEAK_MODES:
                self._joined[channel] = value

    def speak(self, channel: int) -> Speak | None:
        """When answers are spoken in ``channel``; None where Starling has not joined."""
        return self._joined.get(int(channel))

    async def join(self, channel: int, speak: Speak) -> Speak | None:
        """Take part in ``channel``; says how it was before, None for not at all."""
        before = self._joined.get(channel)
        if before != speak:
            await self._store.set("channel", channel, _NAME, speak)
            self._joined[channel] = speak
        return before

    async def leave(self, channel: int) -> bool:
        """No longer take part; says whether Starling did."""
        if channel not in self._joined:
            return False
        await self._store.reset("channel", channel, _NAME)
        del self._joined[channel]
        return True
