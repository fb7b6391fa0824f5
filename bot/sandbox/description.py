"""What a newcomer to a sandbox needs to know about it."""

from __future__ import annotations

from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.seed import APPLICATION_ID, BOT_TOKEN, GUILD_ID
from bot.sandbox.services import SandboxServices


def describe(services: SandboxServices, rest_url: str) -> Json:
    """What ``GET /sandbox`` answers."""
    state = services.state
    users: list[Json] = []
    for user_id, token in services.accounts.people.items():
        user = state.user(user_id)
        roles = [state.roles[role_id].name for member in state.memberships(user_id) for role_id in member.role_ids]
        owned = any(guild.owner_id == user_id for guild in state.guilds.values())
        users.append(
            {
                "id": str(user_id),
                "name": user.username,
                "display_name": user.global_name or user.username,
                "token": token,
                "roles": ["administrator", *roles] if owned else roles,
                "locale": user.locale,
            }
        )
    return {
        "api": rest_url,
        "gateway": services.gateway.url,
        "application_id": str(APPLICATION_ID),
        "bot_token": BOT_TOKEN,
        "bot_connected": any(session.connection is not None for session in services.gateway.bot_sessions()),
        "guild_id": str(GUILD_ID),
        "guilds": [{"id": str(guild.id), "name": guild.name} for guild in state.guilds.values()],
        "channels": [
            {"id": str(c.id), "name": c.name, "guild_id": str(c.guild_id), "type": int(c.type)}
            for c in state.channels.values()
            if c.guild_id is not None
        ],
        "users": users,
    }
