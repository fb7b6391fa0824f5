"""Whether the asker may teach the bot."""

from __future__ import annotations

import hikari

from bot.answering.request import AnswerRequest
from bot.preferences.preferences import Preferences


class Teachers:
    """Tells whether askers may correct answers, and approve corrections."""

    def __init__(self, bot: hikari.GatewayBot, preferences: Preferences) -> None:
        self._bot = bot
        self._preferences = preferences

    async def may_correct(self, request: AnswerRequest) -> bool:
        """Whether the asker may correct the answer; in direct messages everyone may, for themselves."""
        if request.guild_id is None:
            return request.is_direct
        roles = (await self._preferences.guild(request.guild_id)).roles
        if roles.correct is None or await self.may_approve(request):
            return True
        member = await self._member(request)
        return member is not None and roles.correct in {request.guild_id, *member.role_ids}

    async def may_approve(self, request: AnswerRequest) -> bool:
        """Whether the asker may approve corrections."""
        if request.guild_id is None or (member := await self._member(request)) is None:
            return False
        roles = (await self._preferences.guild(request.guild_id)).roles
        held = {request.guild_id, *member.role_ids}
        if roles.let_approve(held):
            return True
        if isinstance(member, hikari.InteractionMember):
            granted = member.permissions
        else:
            guild = self._bot.cache.get_guild(request.guild_id)
            if guild is not None and guild.owner_id == member.id:
                return True
            granted = hikari.Permissions.NONE
            for role in self._bot.cache.get_roles_view_for_guild(request.guild_id).values():
                if role.id in held:
                    granted |= role.permissions
        return bool(granted & (hikari.Permissions.ADMINISTRATOR | hikari.Permissions.MANAGE_GUILD))

    async def _member(self, request: AnswerRequest) -> hikari.Member | None:
        """The asker as a member; None if Discord does not tell."""
        if isinstance(request.asker, hikari.Member):
            return request.asker
        assert request.guild_id is not None, "members are of guilds"
        try:
            # Discord leaves the author's membership out of messages that are fetched.
            return await self._bot.rest.fetch_member(request.guild_id, request.asker.id)
        except hikari.HTTPError:
            return None
