"""Guilds, their roles and members."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.sandbox.gateway.events import Event
from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.entities import Member, Role
from bot.sandbox.model.enums import LOCALES
from bot.sandbox.model.errors import DiscordError, missing_permissions, unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import role_payload
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.rest.api import Call, Reply, Route
from bot.sandbox.services import SandboxServices
from bot.sandbox.validation.forms import Form

_PREVIEWED = (
    "id",
    "name",
    "icon",
    "description",
    "home_header",
    "splash",
    "discovery_splash",
    "features",
    "emojis",
    "stickers",
)
_LONGEST_TIMEOUT = timedelta(days=28)


class GuildRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state

    def routes(self) -> list[Route]:
        guild = "/guilds/{guild_id}"
        member = f"{guild}/members/{{user_id}}"
        return [
            Route("GET", guild, self.get),
            Route("PATCH", guild, self.edit),
            Route("GET", f"{guild}/preview", self.preview),
            Route("GET", f"{guild}/emojis", self.nothing),
            Route("GET", f"{guild}/stickers", self.nothing),
            Route("GET", f"{guild}/roles", self.roles),
            Route("POST", f"{guild}/roles", self.create_role),
            Route("GET", f"{guild}/roles/{{role_id}}", self.role),
            Route("PATCH", f"{guild}/roles/{{role_id}}", self.edit_role),
            Route("DELETE", f"{guild}/roles/{{role_id}}", self.delete_role),
            Route("GET", f"{guild}/members", self.members),
            Route("GET", f"{guild}/members/search", self.search),
            Route("PATCH", f"{guild}/members/@me", self.edit_self),
            Route("GET", member, self.member),
            Route("PATCH", member, self.edit_member),
            Route("PUT", f"{member}/roles/{{role_id}}", self.add_role),
            Route("DELETE", f"{member}/roles/{{role_id}}", self.remove_role),
        ]

    def get(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        payload = self._services.payloads.guild(guild)
        return payload | self._counts(guild.id) if call.flag("with_counts") else payload

    def preview(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        payload = self._services.payloads.guild(guild)
        return {key: payload[key] for key in _PREVIEWED} | self._counts(guild.id)

    def _counts(self, guild_id: int) -> Json:
        count = len(self._state.guild_members(guild_id))
        return {"approximate_member_count": count, "approximate_presence_count": count}

    def edit(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        self._state.require_in_guild(call.user.id, guild.id, Permissions.MANAGE_GUILD)
        form = Form()
        name = form.text(call.form, "name", 2, 100)
        locale = form.word(call.form, "preferred_locale", LOCALES)
        form.raise_if_wrong()
        changed = replace(guild, name=name or guild.name, preferred_locale=locale or guild.preferred_locale)
        self._state.guilds[guild.id] = changed
        payload = self._services.payloads.guild(changed)
        self._services.publish(Event("GUILD_UPDATE", payload, guild.id, intents=Intents.GUILDS))
        return payload

    def nothing(self, call: Call) -> Reply:
        self._state.guild_of_member(call.id("guild_id"), call.user.id)
        return []

    # Roles

    def roles(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        return [role_payload(role) for role in self._state.guild_roles(guild.id)]

    def role(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        return role_payload(self._state.role(guild.id, call.id("role_id")))

    def create_role(self, call: Call) -> Reply:
        guild_id = self._with_roles(call)
        position = len(self._state.guild_roles(guild_id))
        everyone = self._state.role(guild_id, guild_id)
        role = Role(self._state.clock.next(), guild_id, "new role", everyone.permissions, position)
        return self._put_role("GUILD_ROLE_CREATE", self._changed(role, call.form))

    def edit_role(self, call: Call) -> Reply:
        guild_id = self._with_roles(call)
        role = self._state.role(guild_id, call.id("role_id"))
        return self._put_role("GUILD_ROLE_UPDATE", self._changed(role, call.form))

    def delete_role(self, call: Call) -> Reply:
        guild_id = self._with_roles(call)
        role = self._state.role(guild_id, call.id("role_id"))
        if role.id == guild_id or role.bot_id is not None:
            raise DiscordError(400, 50028, "Invalid role")
        for member in self._state.guild_members(guild_id):
            if role.id in member.role_ids:
                self._put_member(replace(member, role_ids=tuple(i for i in member.role_ids if i != role.id)))
        del self._state.roles[role.id]
        data: Json = {"guild_id": str(guild_id), "role_id": str(role.id)}
        self._services.publish(Event("GUILD_ROLE_DELETE", data, guild_id, intents=Intents.GUILDS))
        return None

    def _with_roles(self, call: Call) -> int:
        guild_id = call.id("guild_id")
        self._state.require_in_guild(call.user.id, guild_id, Permissions.MANAGE_ROLES)
        return guild_id

    def _changed(self, role: Role, given: Json) -> Role:
        form = Form()
        name = form.text(given, "name", 1, 100)
        color = form.integer(given, "color", 0, 0xFFFFFF)
        form.raise_if_wrong()
        permissions = given.get("permissions")
        return replace(
            role,
            name=name or role.name,
            color=role.color if color is None else color,
            permissions=role.permissions if permissions is None else Permissions(parse(permissions, "permissions")),
            mentionable=bool(given.get("mentionable", role.mentionable)),
            hoist=bool(given.get("hoist", role.hoist)),
        )

    def _put_role(self, name: str, role: Role) -> Json:
        self._state.roles[role.id] = role
        payload = role_payload(role)
        data: Json = {"guild_id": str(role.guild_id), "role": payload}
        self._services.publish(Event(name, data, role.guild_id, intents=Intents.GUILDS))
        return payload

    # Members

    def members(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        if call.user.bot and not self._services.options.guild_members:
            raise DiscordError(403, 50001, "Missing Access")
        after = parse(call.query.get("after", "0"), "after")
        found = sorted(self._state.guild_members(guild.id), key=lambda m: m.user_id)
        later = [m for m in found if m.user_id > after]
        return [self._services.payloads.member(m) for m in later[: call.number("limit", 1, 1, 1000)]]

    def search(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        query = call.query.get("query", "").lower()
        found: list[Member] = []
        for member in self._state.guild_members(guild.id):
            user = self._state.user(member.user_id)
            names = (user.username, user.global_name or "", member.nick or "")
            if any(name.lower().startswith(query) for name in names):
                found.append(member)
        return [self._services.payloads.member(m) for m in found[: call.number("limit", 1, 1, 1000)]]

    def member(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        user_id = call.user.id if call.path["user_id"] == "@me" else call.id("user_id")
        return self._services.payloads.member(self._state.member(guild.id, user_id))

    def edit_self(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        self._state.require_in_guild(call.user.id, guild.id, Permissions.CHANGE_NICKNAME)
        return self._set_nick(self._state.member(guild.id, call.user.id), call.form)

    def edit_member(self, call: Call) -> Reply:
        guild_id = call.id("guild_id")
        needed = Permissions.MANAGE_ROLES if "roles" in call.form else Permissions.NONE
        if "nick" in call.form:
            needed |= Permissions.MANAGE_NICKNAMES
        if "communication_disabled_until" in call.form:
            needed |= Permissions.MODERATE_MEMBERS
        self._state.require_in_guild(call.user.id, guild_id, needed)
        member = self._state.member(guild_id, call.id("user_id"))
        if "roles" in call.form:
            form = Form()
            ids = tuple(parse(value, "roles") for value in form.values(call.form, "roles"))
            form.raise_if_wrong()
            for role_id in ids:
                self._state.role(guild_id, role_id)
            member = replace(member, role_ids=ids)
        if "communication_disabled_until" in call.form:
            member = replace(member, timed_out_until=self._read_timeout(member, call.form))
        return self._set_nick(member, call.form)

    def _read_timeout(self, member: Member, given: Json) -> datetime | None:
        if self._state.guild_permissions(member.user_id, member.guild_id) & Permissions.ADMINISTRATOR:
            raise missing_permissions()
        form = Form()
        key = "communication_disabled_until"
        text = form.text(given, key, 0, 64)
        until: datetime | None = None
        if text:
            try:
                until = datetime.fromisoformat(text)
            except ValueError:
                form.wrong((key,), "DATE_TIME_TYPE_PARSE", f"Could not parse {text}.")
        if until is not None:
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            if until > datetime.now(UTC) + _LONGEST_TIMEOUT:
                form.wrong((key,), "COMMUNICATION_DISABLED_TOO_FAR", "A timeout lasts at most 28 days.")
        form.raise_if_wrong()
        return until

    def _set_nick(self, member: Member, given: Json) -> Json:
        form = Form()
        nick = form.text(given, "nick", 0, 32)
        form.raise_if_wrong()
        return self._put_member(replace(member, nick=nick or None) if "nick" in given else member)

    def add_role(self, call: Call) -> Reply:
        guild_id = self._with_roles(call)
        role = self._state.role(guild_id, call.id("role_id"))
        member = self._state.member(guild_id, call.id("user_id"))
        self._put_member(replace(member, role_ids=tuple(dict.fromkeys((*member.role_ids, role.id)))))
        return None

    def remove_role(self, call: Call) -> Reply:
        guild_id = self._with_roles(call)
        member = self._state.member(guild_id, call.id("user_id"))
        if call.id("role_id") not in member.role_ids:
            raise unknown("Role")
        self._put_member(replace(member, role_ids=tuple(i for i in member.role_ids if i != call.id("role_id"))))
        return None

    def _put_member(self, member: Member) -> Json:
        self._state.members[member.guild_id, member.user_id] = member
        payload = self._services.payloads.member(member)
        data = payload | {"guild_id": str(member.guild_id)}
        # A bot is always told of changes to its own member.
        own = self._state.user(member.user_id).bot
        intents = Intents.NONE if own else Intents.GUILD_MEMBERS
        self._services.publish(Event("GUILD_MEMBER_UPDATE", data, member.guild_id, intents=intents))
        return payload
