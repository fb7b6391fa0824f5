"""Application commands: registering them, and offering them to people."""

from __future__ import annotations

from bot.sandbox.actions.command_registry import Scope
from bot.sandbox.model.entities import Channel, User
from bot.sandbox.model.errors import DiscordError, missing_access
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.rest.api import Answer, Call, Reply, Route
from bot.sandbox.services import SandboxServices

_LOCALIZATIONS = ("name_localizations", "description_localizations")


def _names(command: Json, locale: str) -> str:
    """The name of ``command``, and its name in the language of ``locale``, on two lines."""
    return f"{command['name']}\n{(command.get('name_localizations') or {}).get(locale, '')}"


class CommandRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state
        self._commands = services.commands

    def routes(self) -> list[Route]:
        found: list[Route] = []
        base = "/applications/{application_id}"
        for commands in (f"{base}/commands", f"{base}/guilds/{{guild_id}}/commands"):
            one = f"{commands}/{{command_id}}"
            found += [
                Route("GET", commands, self.registered, "bot"),
                Route("PUT", commands, self.replace_all, "bot"),
                Route("POST", commands, self.create, "bot"),
                Route("GET", one, self.get, "bot"),
                Route("PATCH", one, self.edit, "bot"),
                Route("DELETE", one, self.delete, "bot"),
            ]
        permissions = f"{base}/guilds/{{guild_id}}/commands"
        return [
            # Before {command_id}, which would match "permissions" too.
            Route("GET", f"{permissions}/permissions", self.all_permissions, "bot"),
            *found,
            Route("GET", f"{permissions}/{{command_id}}/permissions", self.permissions, "bot"),
            Route("PUT", f"{permissions}/{{command_id}}/permissions", self.set_permissions, "bot"),
            Route("GET", "/guilds/{guild_id}/application-command-index", self.index_of_guild, "person"),
            Route("GET", "/channels/{channel_id}/application-command-index", self.index_of_channel, "person"),
            Route("GET", "/users/@me/application-command-index", self.index_of_person, "person"),
        ]

    def registered(self, call: Call) -> Reply:
        found = self._commands.all(self._scope(call))
        if call.flag("with_localizations"):
            return found
        return [{k: v for k, v in command.items() if k not in _LOCALIZATIONS} for command in found]

    def replace_all(self, call: Call) -> Reply:
        return self._commands.replace_all(self._scope(call), call.body)

    def create(self, call: Call) -> Reply:
        command, new = self._commands.upsert(self._scope(call), call.form)
        return Answer(201 if new else 200, command)

    def get(self, call: Call) -> Reply:
        return self._commands.get(self._scope(call), call.id("command_id"))

    def edit(self, call: Call) -> Reply:
        return self._commands.edit(self._scope(call), call.id("command_id"), call.form)

    def delete(self, call: Call) -> Reply:
        self._commands.delete(self._scope(call), call.id("command_id"))
        return None

    def all_permissions(self, call: Call) -> Reply:
        self._scope(call)
        return []

    def permissions(self, call: Call) -> Reply:
        self._scope(call)
        # None are ever set; Discord answers with this error then, too.
        raise DiscordError(404, 10066, "Unknown application command permissions")

    def set_permissions(self, call: Call) -> Reply:
        self._scope(call)
        # These belong to a guild's administrators; a bot's token is not enough.
        raise DiscordError(403, 20001, "Bots cannot use this endpoint")

    def _scope(self, call: Call) -> Scope:
        if call.id("application_id") != call.user.id:
            raise missing_access()
        if "guild_id" not in call.path:
            return None
        guild_id = call.id("guild_id")
        if (guild_id, call.user.id) not in self._state.members:
            raise missing_access()
        return guild_id

    def index_of_guild(self, call: Call) -> Reply:
        """The commands that may be used somewhere in the guild, or in one channel with ``?channel_id=``."""
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        if "channel_id" in call.query:
            channel = self._state.channel(parse(call.query["channel_id"], "channel_id"))
            self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
            return self._index(call.user, [channel])
        channels = [c for c in self._state.guild_channels(guild.id) if self._state.may_see(call.user.id, c)]
        return self._index(call.user, channels)

    def index_of_channel(self, call: Call) -> Reply:
        """The commands that may be used in the channel; with ``?query=`` only those that have it in their name."""
        channel = self._state.channel(call.id("channel_id"))
        self._state.require(call.user.id, channel, Permissions.VIEW_CHANNEL)
        return self._index(call.user, [channel], call.query.get("query", ""))

    def index_of_person(self, call: Call) -> Reply:
        return self._index(call.user, self._state.direct_channels_of(call.user.id))

    def _index(self, user: User, channels: list[Channel], query: str = "") -> Json:
        usable = (command for channel in channels for command in self._commands.usable(user, channel))
        found = {command["id"]: command for command in usable if query in _names(command, user.locale)}
        application = self._services.accounts.application()
        commands = [self._localized(command, user.locale) for command in found.values()]
        return {
            "applications": [{key: application[key] for key in ("id", "name", "icon", "description", "bot")}],
            "application_commands": commands,
            "version": str(max((int(c["version"]) for c in commands), default=0)),
        }

    def _localized(self, command: Json, locale: str) -> Json:
        """The command with ``name_localized`` and ``description_localized`` in the person's language."""
        shown = dict(command)
        for key in ("name", "description"):
            translations = command.get(f"{key}_localizations") or {}
            shown[f"{key}_localized"] = translations.get(locale) or command[key]
        for key in ("options", "choices"):
            if command.get(key):
                shown[key] = [self._localized({"description": ""} | inner, locale) for inner in command[key]]
        return shown
