"""What a person's client is told when it connects."""

from __future__ import annotations

from bot.sandbox.model.entities import User
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import Payloads, own_user_payload, user_payload
from bot.sandbox.model.state import SandboxState


def ready_for_person(state: SandboxState, payloads: Payloads, person: User) -> Json:
    """READY's data beyond what a bot gets: whole guilds with the channels that the person can see, direct messages
    and everyone that the person may meet there.
    """
    guilds = state.guilds_of(person.id)
    direct = state.direct_channels_of(person.id)
    known = {member.user_id for guild in guilds for member in state.guild_members(guild.id)}
    known |= {user_id for channel in direct for user_id in channel.recipient_ids}
    return {
        "user": own_user_payload(person),
        "guilds": [
            payloads.gateway_guild(guild, person.id, hidden_channels=False, all_members=True) for guild in guilds
        ],
        "private_channels": [payloads.channel(channel, person.id) for channel in direct],
        "users": [user_payload(state.user(user_id)) for user_id in sorted(known)],
        "relationships": [],
        "user_settings": {"locale": person.locale},
    }
