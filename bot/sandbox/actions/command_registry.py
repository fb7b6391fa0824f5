"""The application's commands, global and of single guilds."""

from __future__ import annotations

from collections import Counter

from bot.sandbox.model.entities import Channel, User
from bot.sandbox.model.enums import CommandType
from bot.sandbox.model.errors import DiscordError, unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.permissions import ALL, Permissions
from bot.sandbox.model.state import SandboxState
from bot.sandbox.validation.command_form import read_command, shown_command
from bot.sandbox.validation.forms import Form

_MAX_OF_TYPE = {CommandType.CHAT_INPUT: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}
_MAX_CREATES = 200
_GUILD_INSTALL, _USER_INSTALL = 0, 1
IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL = 0, 1, 2

Scope = int | None
"""A guild's id; None stands for the global commands."""


class CommandRegistry:
    """Keeps commands under their ids; (type, name) is unique within a scope."""

    def __init__(self, state: SandboxState, application_id: int, *, user_install: bool) -> None:
        self._state = state
        self._application_id = application_id
        self._installs = [_GUILD_INSTALL, _USER_INSTALL] if user_install else [_GUILD_INSTALL]
        self._commands: dict[Scope, dict[int, Json]] = {}
        self._creates: Counter[Scope] = Counter()

    def all(self, scope: Scope) -> list[Json]:
        return [shown_command(command) for command in self._commands.get(scope, {}).values()]

    def get(self, scope: Scope, command_id: int) -> Json:
        """Raises:
        DiscordError: 404 10063.
        """
        command = self._commands.get(scope, {}).get(command_id)
        if command is None:
            raise unknown("application command")
        return shown_command(command)

    def replace_all(self, scope: Scope, given: object) -> list[Json]:
        """Make these the only commands of the scope. Those that keep type and name keep their id.

        Raises:
            DiscordError: 400 50035, 400 30032 for too many, 400 30034 for too many new ones in a day.
        """
        form = Form()
        if not isinstance(given, list) or not all(isinstance(command, dict) for command in given):
            form.wrong((), "LIST_TYPE_CONVERT", "Only a list of dictionaries may be used here")
            form.raise_if_wrong()
            return []
        read = [read_command(form, command, self._installs, (i,)) for i, command in enumerate(given)]
        names = Counter((command["type"], command["name"]) for command in read)
        for i, command in enumerate(read):
            if names[command["type"], command["name"]] > 1:
                message = "Application command names must be unique"
                form.wrong((i,), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        form.raise_if_wrong()
        self._require_room(read)
        old = {(c["type"], c["name"]): c for c in self._commands.get(scope, {}).values()}
        made = [self._stamp(scope, command, old.get((command["type"], command["name"]))) for command in read]
        self._commands[scope] = {int(command["id"]): command for command in made}
        return self.all(scope)

    def upsert(self, scope: Scope, given: Json) -> tuple[Json, bool]:
        """Create a command, or overwrite the one of the same type and name. Also returns whether it is new.

        Raises:
            DiscordError: as ``replace_all``.
        """
        read = self._read(given)
        known = self._commands.setdefault(scope, {})
        old = next((c for c in known.values() if (c["type"], c["name"]) == (read["type"], read["name"])), None)
        if old is None:
            self._require_room([*known.values(), read])
        command = self._stamp(scope, read, old)
        known[int(command["id"])] = command
        return shown_command(command), old is None

    def edit(self, scope: Scope, command_id: int, given: Json) -> Json:
        """Change the given fields of a command.

        Raises:
            DiscordError: 404 10063, 400 50035.
        """
        old = self._commands.get(scope, {}).get(command_id)
        if old is None:
            raise unknown("application command")
        read = self._read(old | given | {"type": old["type"]})
        command = self._stamp(scope, read, old)
        self._commands[scope][command_id] = command
        return shown_command(command)

    def delete(self, scope: Scope, command_id: int) -> None:
        """Raises:
        DiscordError: 404 10063.
        """
        if self._commands.get(scope, {}).pop(command_id, None) is None:
            raise unknown("application command")

    def usable(self, user: User, channel: Channel) -> list[Json]:
        """The commands that ``user`` is offered in ``channel``, in full."""
        granted = self._state.permissions(user.id, channel)
        found = [c for commands in self._commands_in(channel) for c in commands.values()]
        return [c for c in found if self._may_use(granted, channel, c)]

    def find_usable(self, user: User, channel: Channel, command_id: int) -> Json:
        """The command, if ``user`` may use it in ``channel``.

        Raises:
            DiscordError: 404 10063.
        """
        command = next((c[command_id] for c in self._commands_in(channel) if command_id in c), None)
        if command is None or not self._may_use(self._state.permissions(user.id, channel), channel, command):
            raise unknown("application command")
        return command

    def _commands_in(self, channel: Channel) -> list[dict[int, Json]]:
        """The global commands, and those of the guild of ``channel``."""
        scopes: list[Scope] = [None] if channel.guild_id is None else [None, channel.guild_id]
        return [self._commands.get(scope, {}) for scope in scopes]

    def _may_use(self, granted: Permissions, channel: Channel, command: Json) -> bool:
        """Whether someone with the permissions ``granted`` in ``channel`` may use ``command`` there."""
        installs = command["integration_types"]
        installed_here = _GUILD_INSTALL in installs and self.installed_in(channel)
        by_user = _USER_INSTALL in self._installs and _USER_INSTALL in installs
        if not installed_here and not by_user:
            return False
        contexts = command["contexts"]
        if contexts is not None and self.context(channel) not in contexts:
            return False
        if channel.guild_id is None:
            return True
        if not granted & Permissions.USE_APPLICATION_COMMANDS:
            return False
        needed = command["default_member_permissions"]
        if needed is None or granted == ALL:
            return True
        # "0" is for administrators only.
        return int(needed) != 0 and granted & int(needed) == int(needed)

    def installed_in(self, channel: Channel) -> bool:
        """Whether the application itself is in ``channel``, not only installed on the account of its user."""
        if channel.guild_id is None:
            return self._application_id in channel.recipient_ids
        return (channel.guild_id, self._application_id) in self._state.members

    def context(self, channel: Channel) -> int:
        """Where an interaction takes place: 0 guild, 1 direct message with the bot, 2 another private channel."""
        if channel.guild_id is not None:
            return IN_GUILD
        return IN_BOT_DM if self._application_id in channel.recipient_ids else IN_PRIVATE_CHANNEL

    def _read(self, given: Json) -> Json:
        form = Form()
        read = read_command(form, given, self._installs)
        form.raise_if_wrong()
        return read

    def _require_room(self, commands: list[Json]) -> None:
        for kind, number in Counter(command["type"] for command in commands).items():
            if number > _MAX_OF_TYPE[CommandType(kind)]:
                message = f"Maximum number of application commands reached ({_MAX_OF_TYPE[CommandType(kind)]})."
                raise DiscordError(400, 30032, message)

    def _stamp(self, scope: Scope, read: Json, old: Json | None) -> Json:
        """``read`` with an id and a version, which changes when the command does."""
        if old is not None:
            unchanged = all(old.get(key) == value for key, value in read.items())
            version = old["version"] if unchanged else str(self._state.clock.next())
            return read | {k: old[k] for k in ("id", "application_id", "guild_id") if k in old} | {"version": version}
        self._creates[scope] += 1
        if self._creates[scope] > _MAX_CREATES:
            raise DiscordError(400, 30034, "Max number of daily application command creates has been reached (200)")
        number = str(self._state.clock.next())
        stamped = read | {"id": number, "application_id": str(self._application_id), "version": number}
        return stamped | {"guild_id": str(scope)} if scope is not None else stamped
