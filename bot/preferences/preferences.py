"""The choices of guilds and people: read, changed and forgotten here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, Generic, TypeVar, get_type_hints

import structlog
from cachetools import LRUCache
from pydantic import TypeAdapter, ValidationError

from bot.preferences.choices import GuildPreferences, UserPreferences
from bot.preferences.store import PreferenceStore, Scope
from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.database import Database
from bot.work.shards import WHOLE, ShardShare

log = structlog.get_logger()

MAX_CACHED = 10_000
"""How many guilds, and how many people, have their choices cached in memory: every message needs some."""

ChoicesT = TypeVar("ChoicesT", GuildPreferences, UserPreferences)


class Preferences(DataHolder):
    """Stored choices, with a bounded cache of those that no other process changes."""

    def __init__(self, database: Database, share: ShardShare = WHOLE) -> None:
        """``share``: the guilds of this gateway, if there are several; a guild has one gateway, a person may use all of
        them."""
        store = PreferenceStore(database)
        self._store = store
        self._guilds = _Choices(store, Scope.GUILD, GuildPreferences, is_ours=share.owns)
        self._users = _Choices(store, Scope.USER, UserPreferences, is_ours=lambda _user: share.is_whole)

    async def guild(self, guild_id: int | None) -> GuildPreferences:
        """A guild's choices; in direct messages, the defaults."""
        return GuildPreferences() if guild_id is None else await self._guilds.of(guild_id)

    async def user(self, user_id: int) -> UserPreferences:
        """A person's choices."""
        return await self._users.of(user_id)

    async def change_guild(
        self, guild_id: int, change: Callable[[GuildPreferences], GuildPreferences]
    ) -> GuildPreferences:
        """Store what ``change`` makes of a guild's choices, and return it. Concurrent changes are applied one after the
        other."""
        return await self._guilds.change(guild_id, change)

    async def change_user(self, user_id: int, change: Callable[[UserPreferences], UserPreferences]) -> UserPreferences:
        """Store what ``change`` makes of a person's choices, and return it. Concurrent changes are applied one after
        the other."""
        return await self._users.change(user_id, change)

    async def channels(self) -> dict[int, set[int]]:
        """The channels in which guilds want Starling to take part or to transcribe voice notes, by guild id; guilds
        that want it nowhere are left out."""
        found: dict[int, set[int]] = {}
        for name in ("joined_channels", "transcribed_channels"):
            for guild, chosen in (await self._store.everywhere(Scope.GUILD, name)).items():
                found.setdefault(guild, set()).update(int(channel) for channel in chosen)
        return found

    async def retention_days(self) -> dict[int, int]:
        """The number of days after which guilds want to be forgotten, by guild id; only those that have chosen one."""
        found = await self._store.everywhere(Scope.GUILD, "retention_days")
        return {guild: days for guild, days in found.items() if isinstance(days, int) and days > 0}

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all choices of a guild; returns how many values that was."""
        return await self._guilds.forget(guild_id)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget all choices of a person."""
        return ErasureResult(await self._users.forget(user_id))

    async def export(self, user_id: int) -> Mapping[str, object]:
        """A person's choices."""
        return {"settings": asdict(await self.user(user_id))}


class _Choices(Generic[ChoicesT]):
    """The choices of all guilds, or of all people."""

    def __init__(
        self, store: PreferenceStore, scope: Scope, kind: type[ChoicesT], is_ours: Callable[[int], bool]
    ) -> None:
        """``is_ours``: whether this process alone changes the choices of the guild or person with that id."""
        self._store = store
        self._is_ours = is_ours
        self._scope = scope
        self._kind: type[ChoicesT] = kind
        self._none: ChoicesT = kind()
        hints = get_type_hints(kind)
        self._adapters: dict[str, TypeAdapter[Any]] = {one.name: TypeAdapter(hints[one.name]) for one in fields(kind)}
        self._cache: LRUCache[int, ChoicesT] = LRUCache(MAX_CACHED)
        self._one_at_a_time = asyncio.Lock()
        """Ensures that nothing that was read before a change is cached after it."""

    async def of(self, id_: int) -> ChoicesT:
        if (known := self._cache.get(id_)) is not None:
            return known
        async with self._one_at_a_time:
            return await self._read(id_)

    async def change(self, id_: int, change: Callable[[ChoicesT], ChoicesT]) -> ChoicesT:
        async with self._one_at_a_time:
            before = await self._read(id_)
            after = change(before)
            changed = [name for name in self._adapters if getattr(after, name) != getattr(before, name)]
            if changed:
                await self._store.write(self._scope, id_, {name: self._stored(after, name) for name in changed})
                self._keep(id_, after)
            return after

    async def forget(self, id_: int) -> int:
        async with self._one_at_a_time:
            gone = await self._store.forget(self._scope, id_)
            self._cache.pop(id_, None)
            return gone

    async def _read(self, id_: int) -> ChoicesT:
        if (known := self._cache.get(id_)) is not None:
            return known
        found = {}
        for name, value in (await self._store.read(self._scope, id_)).items():
            if (adapter := self._adapters.get(name)) is None:
                continue
            try:
                found[name] = adapter.validate_python(value)
            except ValidationError:
                log.warning("a stored choice cannot be read, the default holds", scope=self._scope, id=id_, name=name)
        choices: ChoicesT = self._kind(**found)
        self._keep(id_, choices)
        return choices

    def _keep(self, id_: int, choices: ChoicesT) -> None:
        if self._is_ours(id_):
            self._cache[id_] = choices

    def _stored(self, choices: ChoicesT, name: str) -> object:
        """The field as a JSON value; None if it is the default."""
        value = getattr(choices, name)
        return None if value == getattr(self._none, name) else self._adapters[name].dump_python(value, mode="json")
