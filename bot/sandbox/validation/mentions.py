"""Whom a message mentions, as far as ``allowed_mentions`` permits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.sandbox.model.entities import Channel
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.model.state import SandboxState
from bot.sandbox.validation.forms import Form, Path

_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)

Kind = Literal["users", "roles", "everyone"]


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """What may be mentioned: whole kinds, single ids, and the author of the message that is replied to."""

    kinds: frozenset[str]
    user_ids: frozenset[int] = frozenset()
    role_ids: frozenset[int] = frozenset()
    replied_user: bool = True


EVERYTHING = AllowedMentions(frozenset({"users", "roles", "everyone"}))
"""The default of ordinary messages."""

USERS_ONLY = AllowedMentions(frozenset({"users"}))
"""The default of answers to interactions."""


@dataclass(frozen=True, slots=True)
class Mentions:
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    everyone: bool = False


def read_allowed_mentions(form: Form, body: Json, default: AllowedMentions, at: Path = ()) -> AllowedMentions:
    """``body["allowed_mentions"]``, or ``default`` if it is absent."""
    given = body.get("allowed_mentions")
    if not isinstance(given, dict):
        return default
    here: Path = (*at, "allowed_mentions")
    kinds = form.values(given, "parse", at=here)
    for i, kind in enumerate(kinds):
        if kind not in ("users", "roles", "everyone"):
            message = "Value must be one of ('roles', 'users', 'everyone')."
            form.wrong((*here, "parse", i), "BASE_TYPE_CHOICES", message)
    ids: dict[str, frozenset[int]] = {}
    for key in ("users", "roles"):
        listed = form.values(given, key, at=here)
        form.length((*here, key), len(listed), 0, 100)
        ids[key] = frozenset(parse(value, key) for value in listed)
        if listed and key in kinds:
            message = f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.'
            form.wrong(here, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    known = frozenset(kind for kind in kinds if isinstance(kind, str))
    return AllowedMentions(known, ids["users"], ids["roles"], bool(given.get("replied_user")))


def find_mentions(
    state: SandboxState,
    channel: Channel,
    author_id: int,
    content: str,
    allowed: AllowedMentions,
    replied_author_id: int | None,
) -> Mentions:
    """Whom ``content`` mentions. ``replied_author_id``: the author of the message replied to, if they can be pinged."""
    # Discord's parser ignores mentions in code.
    text = _CODE.sub("", content)
    users = [int(found) for found in _USER.findall(text)]
    users = [i for i in users if i in state.users and ("users" in allowed.kinds or i in allowed.user_ids)]
    if replied_author_id is not None and allowed.replied_user:
        users.append(replied_author_id)
    if channel.guild_id is None:
        return Mentions(tuple(dict.fromkeys(users)))
    may_mention_all = bool(state.permissions(author_id, channel) & Permissions.MENTION_EVERYONE)
    roles: list[int] = []
    for found in _ROLE.findall(text):
        role = state.roles.get(int(found))
        if role is None or role.guild_id != channel.guild_id or role.id == channel.guild_id:
            continue
        if (role.mentionable or may_mention_all) and ("roles" in allowed.kinds or role.id in allowed.role_ids):
            roles.append(role.id)
    called = ("@everyone" in text or "@here" in text) and may_mention_all and "everyone" in allowed.kinds
    return Mentions(tuple(dict.fromkeys(users)), tuple(dict.fromkeys(roles)), called)
