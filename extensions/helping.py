"""/help: the commands that someone may use here, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence

import hikari
import lightbulb

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.splitting import split
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

HOW_TO_TALK = _(
    "Mention me, reply to me, or write to me in a direct message. A voice note is answered as a reply to me, in a "
    "direct message, or by Answer this in its menu."
)
MENU = _("In the menu of a message, under Apps: {names}")
REQUIRED = _("needed")
MAX_CHOICES = 25

_NESTED = (hikari.OptionType.SUB_COMMAND, hikari.OptionType.SUB_COMMAND_GROUP)


class NoSuchCommandError(StarlingError):
    """Raised when someone asks for help with a command that is not there for them."""

    sentence = _("There is no command {command} here that you may use. /help lists those that there are.")

    def __init__(self, command: str) -> None:
        super().__init__(command=command)


async def _commands(context: lightbulb.Context | lightbulb.AutocompleteContext[str]) -> list[hikari.PartialCommand]:
    """The commands that the one who asks may use where they ask, by name."""
    interaction = context.interaction
    found = await context.client.rest.fetch_application_commands(interaction.application_id)
    member = interaction.member
    granted = member.permissions if member is not None else hikari.Permissions.all_permissions()
    place = (
        hikari.ApplicationContextType.GUILD
        if interaction.guild_id is not None
        else hikari.ApplicationContextType.BOT_DM
    )
    return sorted(
        (
            command
            for command in found
            if granted & hikari.Permissions.ADMINISTRATOR or not command.default_member_permissions & ~granted
            if not command.context_types or place in command.context_types
        ),
        key=lambda command: command.name,
    )


def _name(of: hikari.PartialCommand | hikari.CommandOption, locale: str) -> str:
    return str(of.name_localizations.get(hikari.Locale(locale), of.name)) if locale in _LOCALES else of.name


def _about(of: hikari.SlashCommand | hikari.CommandOption, locale: str) -> str:
    if locale not in _LOCALES:
        return of.description
    return str(of.description_localizations.get(hikari.Locale(locale), of.description))


_LOCALES = frozenset(locale.value for locale in hikari.Locale)


def _slash(commands: Sequence[hikari.PartialCommand]) -> list[hikari.SlashCommand]:
    return [command for command in commands if isinstance(command, hikari.SlashCommand)]


@safe
async def complete_command(context: lightbulb.AutocompleteContext[str]) -> None:
    typed, locale = str(context.focused.value or "").lower().removeprefix("/"), str(context.interaction.locale)
    names = [(_name(command, locale), command.name) for command in _slash(await _commands(context))]
    fitting = [(f"/{shown}", name) for shown, name in names if typed in shown.lower() or typed in name]
    await context.respond(fitting[:MAX_CHOICES])


@loader.command
class Help(
    lightbulb.SlashCommand,
    name=_("help"),
    description=_("What I can do, and how"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    command = lightbulb.string(
        _("command"), _("One command, in full"), localize=True, default=None, autocomplete=complete_command
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context) -> None:
        # The list of commands is asked of Discord first.
        await context.defer(ephemeral=True)
        locale = locale_of(context)
        known = await _commands(context)
        text = _all(known, locale) if self.command is None else _one(_slash(known), self.command, locale)
        await respond(context, split(text)[0], ephemeral=True)


def _all(known: Sequence[hikari.PartialCommand], locale: str) -> str:
    lines = [translate(HOW_TO_TALK, locale), ""]
    lines += [f"{_link(command)} — {_about(command, locale)}" for command in _slash(known)]
    menu = [_name(command, locale) for command in known if command.type is hikari.CommandType.MESSAGE]
    if menu:
        lines += ["", translate(MENU, locale, names=", ".join(menu))]
    return "\n".join(lines)


def _link(command: hikari.SlashCommand) -> str:
    """The command as one can press it; those with subcommands cannot be."""
    nested = any(option.type in _NESTED for option in command.options or ())
    return f"**/{command.name}**" if nested else f"</{command.name}:{command.id}>"


def _one(known: Sequence[hikari.SlashCommand], asked: str, locale: str) -> str:
    wanted = asked.lower().removeprefix("/").strip()
    command = next((one for one in known if wanted in (one.name.lower(), _name(one, locale).lower())), None)
    if command is None:
        raise NoSuchCommandError(f"/{wanted}"[:100])
    lines = [f"**/{_name(command, locale)}** — {_about(command, locale)}"]
    for option in command.options or ():
        if option.type in _NESTED:
            lines.append(f"</{command.name} {option.name}:{command.id}> — {_about(option, locale)}")
            inner = option.options or ()
        else:
            inner = (option,)
        for one in inner:
            needed = f" ({translate(REQUIRED, locale)})" if one.is_required else ""
            lines.append(f"- **{_name(one, locale)}**{needed}: {_about(one, locale)}")
    return "\n".join(lines)
