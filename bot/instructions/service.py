"""Which instruction applies where a question is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.instructions.limits import MAX_NAME_CHARS, require_room, require_text
from bot.instructions.store import Instruction, InstructionStore
from bot.preferences.choices import GuildPreferences
from bot.preferences.preferences import Preferences

DEFAULT_NAME = "default"


class InstructionScope(StrEnum):
    """The level at which an instruction was chosen."""

    CHANNEL = "channel"
    GUILD = "guild"
    HOST = "host"


class NoSuchInstructionError(StarlingError):
    """Raised when a guild has no instruction of that name, or no such version."""

    sentence = _("This server has no instruction named {name}. /instruction set writes one.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:MAX_NAME_CHARS])


@dataclass(frozen=True, slots=True)
class EffectiveInstruction:
    """The instruction that applies in a channel."""

    text: str
    name: str | None
    """None for the host's default."""
    scope: InstructionScope
    """The level at which it was chosen."""


class Instructions:
    """Each guild's named instructions: one can be picked for the whole guild, and others for some of its channels."""

    def __init__(self, bot: hikari.GatewayBot, store: InstructionStore, preferences: Preferences, default: str) -> None:
        """``default``: the host's instruction, which applies where none was picked."""
        self._bot = bot
        self._store = store
        self._preferences = preferences
        self.default = default

    async def of(self, guild_id: int | None, channel_id: int) -> EffectiveInstruction:
        """The instruction that applies in a channel. A thread uses its parent channel's unless it has its own."""
        if guild_id is not None:
            chosen = await self._preferences.guild(guild_id)
            for channel in self._with_parent(channel_id):
                if (found := await self._picked(guild_id, chosen.channel_instructions.get(channel))) is not None:
                    return EffectiveInstruction(found.text, found.name, InstructionScope.CHANNEL)
            if (found := await self._picked(guild_id, chosen.instruction)) is not None:
                return EffectiveInstruction(found.text, found.name, InstructionScope.GUILD)
        return EffectiveInstruction(self.default, None, InstructionScope.HOST)

    async def names(self, guild_id: int) -> list[str]:
        """The names of the guild's instructions, sorted."""
        return await self._store.names(guild_id)

    async def get(self, guild_id: int, name: str) -> Instruction:
        """
        Raises:
            NoSuchInstructionError: the guild has no instruction of that name.
        """
        found = await self._store.get(guild_id, name)
        if found is None:
            raise NoSuchInstructionError(name)
        return found

    async def earlier(self, guild_id: int) -> list[Instruction]:
        """The superseded versions of all the guild's instructions, the latest first."""
        latest, found = set[str](), list[Instruction]()
        for one in await self._store.versions(guild_id):
            if one.name in latest:
                found.append(one)
            latest.add(one.name)
        return found

    async def to_edit(self, guild_id: int, name: str, held: EffectiveInstruction) -> str:
        """The text to start editing ``name`` with: its current text or, for a new name, that of ``held``.

        Raises:
            TooManyInstructionsError: the name is new, and there is no room for it; raised here so that nobody writes
                the text in vain.
        """
        found = await self._store.get(guild_id, name)
        if found is None:
            require_room(name, await self._store.names(guild_id))
        return held.text if found is None else found.text

    async def write(self, guild_id: int, name: str, text: str, by: int) -> None:
        """Set the text of ``name``, which takes effect wherever ``name`` is picked.

        Raises:
            EmptyInstructionError, InstructionTooLongError, TooManyInstructionsError
        """
        text = text.strip()
        require_text(text)
        await self._store.write(guild_id, name, text, by)

    async def restore(self, guild_id: int, version: int, by: int) -> Instruction:
        """Make an earlier version current again, by saving its text as a new version.

        Raises:
            NoSuchInstructionError: the guild has no such version.
        """
        for one in await self._store.versions(guild_id):
            if one.id == version:
                return await self._store.write(guild_id, one.name, one.text, by)
        raise NoSuchInstructionError(f"#{version}")

    async def pick(self, guild_id: int, name: str | None, *, channel_id: int | None = None) -> None:
        """Pick ``name`` for the channel or, without one, for the whole guild; a ``name`` of None clears the choice.

        Raises:
            NoSuchInstructionError: the guild has no instruction of that name.
        """
        if name is not None:
            await self.get(guild_id, name)

        def picked(before: GuildPreferences) -> GuildPreferences:
            if channel_id is None:
                return replace(before, instruction=name)
            others = {channel: other for channel, other in before.channel_instructions.items() if channel != channel_id}
            own = {} if name is None else {channel_id: name}
            return replace(before, channel_instructions={**others, **own})

        await self._preferences.change_guild(guild_id, picked)

    async def delete(self, guild_id: int, name: str) -> None:
        """Delete an instruction, and every choice of it; where it was picked, the next wider choice applies.

        Raises:
            NoSuchInstructionError: the guild has no instruction of that name.
        """
        if not await self._store.delete(guild_id, name):
            raise NoSuchInstructionError(name)

        def unpicked(before: GuildPreferences) -> GuildPreferences:
            return replace(
                before,
                instruction=None if before.instruction == name else before.instruction,
                channel_instructions={
                    channel: other for channel, other in before.channel_instructions.items() if other != name
                },
            )

        await self._preferences.change_guild(guild_id, unpicked)

    def _with_parent(self, channel_id: int) -> list[int]:
        thread = self._bot.cache.get_thread(hikari.Snowflake(channel_id))
        return [channel_id] if thread is None else [channel_id, thread.parent_id]

    async def _picked(self, guild_id: int, name: str | None) -> Instruction | None:
        return None if name is None else await self._store.get(guild_id, name)
