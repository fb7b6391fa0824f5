"""Members requested over the gateway: REQUEST_GUILD_MEMBERS and its GUILD_MEMBERS_CHUNK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sandbox.gateway.intents import Intents
from bot.sandbox.gateway.sessions import Session
from bot.sandbox.model.entities import Member
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import Payloads
from bot.sandbox.model.state import SandboxState

_CHUNK_MEMBERS = 1_000
_MAX_FOUND = 100
_MAX_NONCE_BYTES = 32


def member_chunks(state: SandboxState, payloads: Payloads, session: Session, asked: Json) -> Iterator[Json]:
    """The answer to ``asked``: the data of each GUILD_MEMBERS_CHUNK; none if the request is not allowed, or belongs to
    another shard.

    According to Discord's documentation (events/gateway-events, Request Guild Members), the whole list needs the
    GUILD_MEMBERS intent and presences need GUILD_PRESENCES; a search by name or ids finds at most 100.
    """
    guild_id = _snowflake(asked.get("guild_id"))
    intents = session.intents
    if not session.has(guild_id) or (guild_id, session.account.id) not in state.members:
        return
    if asked.get("presences") is True and not intents & Intents.GUILD_PRESENCES:
        return
    not_found: list[str] = []
    given: Any = asked.get("user_ids")
    query = asked.get("query")
    limit = asked.get("limit")
    found: list[Member] = []
    if given is not None:
        for user_id in (given if isinstance(given, list) else [given])[:_MAX_FOUND]:
            member = state.members.get((guild_id, _snowflake(user_id)))
            if member is None:
                not_found.append(str(user_id))
            else:
                found.append(member)
    elif not isinstance(query, str) or not isinstance(limit, int):
        return
    elif query or limit:
        wanted = query.casefold()
        found = [
            m
            for m in state.guild_members(guild_id)
            if any(
                name.casefold().startswith(wanted) for name in (state.user(m.user_id).username, m.nick or "") if name
            )
        ][: min(limit, _MAX_FOUND) or _MAX_FOUND]
    elif intents & Intents.GUILD_MEMBERS:
        found = state.guild_members(guild_id)
    else:
        return
    more: Json = {"not_found": not_found} if not_found else {}
    if asked.get("presences") is True:
        more["presences"] = []
    nonce = asked.get("nonce")
    if isinstance(nonce, str) and len(nonce.encode()) <= _MAX_NONCE_BYTES:
        more["nonce"] = nonce
    chunks = [found[i : i + _CHUNK_MEMBERS] for i in range(0, len(found), _CHUNK_MEMBERS)] or [[]]
    for index, chunk in enumerate(chunks):
        members = [payloads.member(member) for member in chunk]
        yield {
            "guild_id": str(guild_id),
            "members": members,
            "chunk_index": index,
            "chunk_count": len(chunks),
        } | more


def _snowflake(given: object) -> int:
    """The id in ``given``, 0 if it is not an id."""
    text = str(given)
    return int(text) if text.isascii() and text.isdigit() else 0
