"""The voice that speaks, as people and servers have chosen it."""

from __future__ import annotations

from dataclasses import replace

from audio import SpeechSynthesizer, UnknownVoiceError
from bot.preferences.preferences import Preferences


class ChosenVoices:
    """The chosen voices, checked against those that are available."""

    def __init__(self, preferences: Preferences, synthesizer: SpeechSynthesizer) -> None:
        self._preferences = preferences
        self._synthesizer = synthesizer

    async def of(self, user: int, guild: int | None) -> str | None:
        """The voice for what ``user`` hears in ``guild``: their own, or else the guild's; None leaves the choice to the
        language. A voice that is no longer available is skipped."""
        for choices in (await self._preferences.user(user), await self._preferences.guild(guild)):
            if choices.voice is not None and await self._synthesizer.has_voice(choices.voice):
                return choices.voice
        return None

    async def choose_for_user(self, user: int, voice: str | None) -> None:
        """Set the voice that speaks to a person; None leaves the choice to the guild, or the language, again.

        Raises:
            UnknownVoiceError: there is no such voice.
        """
        await self._require(voice)
        await self._preferences.change_user(user, lambda chosen: replace(chosen, voice=voice))

    async def choose_for_guild(self, guild: int, voice: str | None) -> None:
        """Set the voice for members of a guild who have not chosen one; None leaves the choice to the language.

        Raises:
            UnknownVoiceError: there is no such voice.
        """
        await self._require(voice)
        await self._preferences.change_guild(guild, lambda chosen: replace(chosen, voice=voice))

    async def _require(self, voice: str | None) -> None:
        if voice is not None and not await self._synthesizer.has_voice(voice):
            raise UnknownVoiceError(voice)
