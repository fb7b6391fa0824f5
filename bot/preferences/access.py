"""Who may use Starling, and where, by the rules of its host and of guilds."""

from __future__ import annotations

from collections.abc import Collection

from cachetools import TTLCache

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.choices import Access
from bot.preferences.preferences import Preferences
from bot.settings import Settings

ROLES_KNOWN_S = 3600.0
"""How long a member's roles are kept. Discord sends them with everything that the member does, and those of members who
do nothing are not needed."""


class NoAccessError(StarlingError):
    """Raised when somebody may not use Starling, or not here."""

    sentence = _("You may not use me here.")


class GuildNotServedError(NoAccessError):
    """Raised on a server where the host does not allow Starling."""

    sentence = _("Whoever runs me does not let me work on this server.")


class PersonNotServedError(NoAccessError):
    """Raised for a person whom the host does not allow to use Starling."""

    sentence = _("Whoever runs me does not let you use me.")


class PersonBlockedHereError(NoAccessError):
    """Raised for a person whom a server does not allow to use Starling."""

    sentence = _("On this server you may not use me: those who manage it have decided so.")


class ChannelNotServedError(NoAccessError):
    """Raised in a channel where a server does not allow Starling."""

    sentence = _("I do not answer in {channel}: those who manage this server have decided so.")

    def __init__(self, channel_id: int) -> None:
        super().__init__(channel=f"<#{channel_id}>")


class RoleNotServedError(NoAccessError):
    """Raised for a member without any of the roles that a server requires, or with one that it blocks."""

    sentence = _("Your roles on this server do not let you use me. Whoever manages it decides which ones do.")


class KnownRoles:
    """The roles that members were last seen with; in memory only."""

    def __init__(self) -> None:
        self._roles: TTLCache[tuple[int, int], frozenset[int]] = TTLCache(100_000, ROLES_KNOWN_S)

    def note(self, guild: int, user: int, roles: Collection[int]) -> None:
        """Record that a member has these roles."""
        self._roles[guild, user] = frozenset(roles)

    def of(self, guild: int, user: int) -> frozenset[int]:
        """The member's roles; empty if the member was not seen within the last hour."""
        return self._roles.get((guild, user), frozenset())


class AccessRules:
    """Decides who may use Starling."""

    def __init__(self, preferences: Preferences, settings: Settings, roles: KnownRoles) -> None:
        self._preferences = preferences
        self._allowed_guilds = settings.allowed_guilds
        self._blocked_guilds = settings.blocked_guilds
        self._blocked_users = settings.blocked_users
        self._roles = roles

    def is_blocked(self, guild: int) -> bool:
        """Whether the host wants Starling to leave ``guild``."""
        return guild in self._blocked_guilds

    def is_served(self, guild: int) -> bool:
        """Whether the host lets Starling work in ``guild``."""
        return not self.is_blocked(guild) and (not self._allowed_guilds or guild in self._allowed_guilds)

    async def require(
        self,
        user: int,
        guild: int | None,
        channels: Collection[int],
        roles: Collection[int] | None,
        *,
        manages: bool = False,
    ) -> None:
        """Check that ``user`` may use Starling in ``guild``.

        ``channels``: the channel and, for a thread, its parent. ``roles``: the user's; None: those with which they were
        last seen. ``manages``: whether they may manage the guild, which exempts them from its own rules.

        Raises:
            NoAccessError: a subclass says why not.
        """
        if guild is not None and roles is not None:
            self._roles.note(guild, user, roles)
        if user in self._blocked_users:
            raise PersonNotServedError
        if guild is None:
            return
        if not self.is_served(guild):
            raise GuildNotServedError
        if not manages:
            access = (await self._preferences.guild(guild)).access
            _require(access, user, list(channels), self._roles.of(guild, user), guild)


def _require(access: Access, user: int, channels: list[int], roles: frozenset[int], guild: int) -> None:
    if user in access.blocked_people:
        raise PersonBlockedHereError
    is_listed = access.allowed_channels.isdisjoint(channels) if access.allowed_channels else False
    if is_listed or not access.blocked_channels.isdisjoint(channels):
        raise ChannelNotServedError(channels[0])
    # The role of everyone has the guild's id.
    held = roles | {guild}
    if (access.allowed_roles and held.isdisjoint(access.allowed_roles)) or not roles.isdisjoint(access.blocked_roles):
        raise RoleNotServedError
