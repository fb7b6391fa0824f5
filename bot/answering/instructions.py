"""The instruction that holds where a question is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.instructions import Instruction, InstructionStore
from bot.storage.settings import SettingsStore

MOST_CHARACTERS = 4000
"""Discord's limit on what is written in a form."""
MOST_NAME_CHARACTERS = 32
DEFAULT_NAME = "default"
_SETTING = "instruction"

Scope = Literal["channel", "guild", "host"]


class NoSuchInstructionError(StarlingError):
    """Raised when an instruction is named that the guild does not have."""

    sentence = _("This server has no instruction named {name}. /instruction set writes one.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:MOST_NAME_CHARACTERS])


class InstructionTooLongError(StarlingError):
    """Raised when an instruction is longer than a form can show."""

    sentence = _("This instruction has {characters} characters; I take at most {most}.")

    def __init__(self, characters: int) -> None:
        super().__init__(characters=characters, most=MOST_CHARACTERS)


class EmptyInstructionError(StarlingError):
    """Raised when an instruction has no words."""

    sentence = _("There is nothing in it. /instruction reset goes back to the instruction that I came with.")


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds somewhere."""

    text: str
    name: str | None
    """None for the host's."""
    scope: Scope
    """Who has chosen it."""


class Instructions:
    """Several by name for each guild; one is picked for all of it, and others for some of its channels."""

    def __init__(self, bot: hikari.GatewayBot, store: InstructionStore, settings: SettingsStore, default: str) -> None:
        """``default``: the host's, where nothing was picked."""
        self._bot = bot
        self._store = store
        self._settings = settings
        self._default = default

    async def of(self, guild_id: int | None, channel_id: int) -> InForce:
        """What holds in a channel. A thread has what its channel has, unless it was given its own."""
        if guild_id is not None:
            for channel in self._with_parent(channel_id):
                if (found := await self._picked(int(guild_id), "channel", channel)) is not None:
                    return InForce(found.text, found.name, "channel")
            if (found := await self._picked(int(guild_id), "guild", int(guild_id))) is not None:
                return InForce(found.text, found.name, "guild")
        return InForce(self._default, None, "host")

    async def names(self, guild_id: int) -> list[str]:
        """Of the guild's instructions."""
        return await self._store.names(guild_id)

    async def get(self, guild_id: int, name: str) -> Instruction:
        """
        Raises:
            NoSuchInstructionError: there is none of that name.
        """
        found = await self._store.get(guild_id, name)
        if found is None:
            raise NoSuchInstructionError(name)
        return found

    async def versions(self, guild_id: int, name: str) -> list[Instruction]:
        """The latest first; empty where there is none of that name."""
        return await self._store.versions(guild_id, name)

    async def write(self, guild_id: int, name: str, text: str, by: int, *, channel_id: int | None = None) -> None:
        """Let ``name`` say ``text``, and let it hold in the channel or, without one, in the whole guild.

        Raises:
            EmptyInstructionError, InstructionTooLongError, TooManyInstructionsError
        """
        text = text.strip()
        if not text:
            raise EmptyInstructionError
        if len(text) > MOST_CHARACTERS:
            raise InstructionTooLongError(len(text))
        await self._store.write(guild_id, name, text, by)
        await self.pick(guild_id, name, channel_id=channel_id)

    async def restore(self, guild_id: int, version: int, by: int) -> Instruction:
        """Let an earlier version hold again, as a new one.

        Raises:
            NoSuchInstructionError: there is no such version.
        """
        for name in await self._store.names(guild_id):
            for one in await self._store.versions(guild_id, name):
                if one.id == version:
                    return await self._store.write(guild_id, name, one.text, by)
        raise NoSuchInstructionError(f"#{version}")

    async def pick(self, guild_id: int, name: str | None, *, channel_id: int | None = None) -> None:
        """Let ``name`` hold in the channel or, without one, in the whole guild; None: what holds without a choice.

        Raises:
            NoSuchInstructionError: there is none of that name.
        """
        scope: Literal["channel", "guild"] = "guild" if channel_id is None else "channel"
        whose = int(guild_id if channel_id is None else channel_id)
        if name is None:
            await self._settings.reset(scope, whose, _SETTING)
        else:
            await self.get(guild_id, name)
            await self._settings.set(scope, whose, _SETTING, name)

    async def delete(self, guild_id: int, name: str) -> None:
        """Forget it; where it held, the next wider choice does.

        Raises:
            NoSuchInstructionError: there is none of that name.
        """
        if not await self._store.delete(guild_id, name):
            raise NoSuchInstructionError(name)

    async def forget_guild(self, guild_id: int) -> None:
        """Forget all that a guild has written and picked."""
        await self._store.forget_guild(guild_id)
        await self._settings.reset("guild", int(guild_id), _SETTING)

    def _with_parent(self, channel_id: int) -> list[int]:
        thread = self._bot.cache.get_thread(hikari.Snowflake(channel_id))
        return [int(channel_id)] if thread is None else [int(channel_id), int(thread.parent_id)]

    async def _picked(self, guild_id: int, scope: Literal["channel", "guild"], whose: int) -> Instruction | None:
        name = await self._settings.get(scope, whose, _SETTING)
        return await self._store.get(guild_id, name) if isinstance(name, str) else None
