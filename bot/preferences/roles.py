"""Who may correct in a guild, who may approve, and how many it takes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from bot.preferences.store import SettingsStore

MAX_VOTES = 10
_NAME = "corrections"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in a guild. Those who may manage it may always correct and approve."""

    correct: int | None = None
    """The role whose members may correct, Discord's id; None: everyone. The guild's own id is the role of everyone."""
    approve: int | None = None
    """The role whose members may approve; None: only those who may manage the guild."""
    votes: int = 1
    """People who have to approve, 1 to ``MAX_VOTES``."""
    train: int | None = None
    """The role whose members may train and test models; None: only those who may manage the guild."""

    def let_correct(self, roles: Collection[int]) -> bool:
        """Whether a member with these roles may correct."""
        return self.correct is None or self.correct in roles

    def let_train(self, roles: Collection[int]) -> bool:
        """Whether a member with these roles may train."""
        return self.train is not None and self.train in roles

    def let_approve(self, roles: Collection[int]) -> bool:
        """Whether a member with these roles may approve."""
        return self.approve is not None and self.approve in roles


class ChosenRules:
    """Stored."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store

    async def of(self, guild_id: int) -> Rules:
        """What holds in the guild."""
        stored = await self._store.get("guild", int(guild_id), _NAME)
        return Rules(**stored) if isinstance(stored, dict) else Rules()

    async def choose(self, guild_id: int, rules: Rules) -> None:
        """Let ``rules`` hold."""
        await self._store.set("guild", int(guild_id), _NAME, asdict(rules))

    async def reset(self, guild_id: int) -> None:
        """Let hold again what holds where nothing was chosen."""
        await self._store.reset("guild", int(guild_id), _NAME)
