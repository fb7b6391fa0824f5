"""/help: what a person can do here, by purpose, with commands to click on; or one command in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import alluka
import hikari
import lightbulb
import yuyo
from cachetools import TTLCache

from bot.corrections.rights import correction_actor
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.training.rights import require_trainer
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import Interaction, NotPermittedError, lacking
from bot.ui.screen import Screen
from bot.ui.splitting import split
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader, screen = lightbulb.Loader(), Screen()

PAGE_ID = "help"
REQUIRED = _("needed")
IN_MENU = _("In the menu of a message, under Apps: {names}")
ONE_IN_FULL = _("-# /help with the name of a command explains it in full.")
MAX_CHOICES = 25

_NESTED = (hikari.OptionType.SUB_COMMAND, hikari.OptionType.SUB_COMMAND_GROUP)
_KNOWN_S = 300.0
"""How long the list of commands is cached; it changes only when the bot starts."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """Something that people come for, and the English names of the commands for it, in the order in which they are
    shown."""

    label: str
    heading: str
    commands: tuple[str, ...]


TALK = "talk"
PURPOSES: Mapping[str, Purpose] = {
    TALK: Purpose(
        _("Talk"),
        _(
            "Mention me, reply to me, or send me a direct message. I answer a voice note that is a reply to me "
            "or a direct message, and any other by Answer this in its menu. "
            "For several notes, reply to the first and mention me: I hear them as one conversation."
        ),
        (
            "hi", "ask", "transcribe", "summary", "say", "voice", "join", "leave", "help", "about", "Answer this",
            "Ask about this", "Read aloud", "Transcribe", "Translate",
        ),
    ),
    "teach": Purpose(
        _("Teach"),
        _(
            "Is an answer wrong? Press ✏️ or 👎 below it and say what is right: I will know it from the next "
            "answer on."
        ),
        ("teach", "correct", "corrections", "memory", "feedback", "leaderboard", "Correct this reply",
         "Correct transcript"),
    ),
    "train": Purpose(
        _("Train"),
        _("What was taught and uploaded can become a model of this server's own."),
        ("dataset", "select_dataset", "archive", "train", "jobs", "test", "tests", "compare", "model"),
    ),
    "settings": Purpose(
        _("Settings"),
        _("How I behave on this server."),
        ("settings", "instruction", "hearing"),
    ),
    "data": Purpose(
        _("Your data"),
        _("What is stored about you, and your files."),
        ("privacy", "usage", "files", "getfile"),
    ),
}  # fmt: skip

TRAINERS_ONLY = frozenset({"train", "jobs", "test"})
"""What Discord shows to managers and, once the server allows it in Discord, to the role that it has named."""
APPROVERS_ONLY = frozenset({"corrections wanted", "corrections approve", "corrections reject"})
MANAGERS_ONLY = frozenset(
    {"corrections roles", "model set", "model promote", "model rollback"}
    | {f"instruction {name}" for name in ("set", "file", "pick", "reset", "restore", "delete")}
)
"""What Discord offers to everyone, because it does not know the roles that a server has named, or because other
commands of the same group are for everyone."""


class NoSuchCommandError(StarlingError):
    """Raised when someone asks for help with a command that does not exist, or that they may not use here."""

    sentence = _("There is no command {command} here that you can use. /help lists what there is.")

    def __init__(self, command: str) -> None:
        super().__init__(command=command)


@screen.service
class CommandList:
    """Knows which commands someone may use where they ask."""

    def __init__(self, rest: hikari.api.RESTClient, preferences: Preferences) -> None:
        self._rest = rest
        self._preferences = preferences
        self._known: TTLCache[int, Sequence[hikari.PartialCommand]] = TTLCache(1, _KNOWN_S)

    async def of(self, interaction: Interaction) -> list[hikari.PartialCommand]:
        """The commands that the person may use where they ask, sorted by name."""
        found = self._known.get(0)
        if found is None:
            found = self._known[0] = await self._rest.fetch_application_commands(interaction.application_id)
        member = interaction.member
        granted = member.permissions if member is not None else hikari.Permissions.all_permissions()
        place = interaction.context or hikari.ApplicationContextType.GUILD
        hidden = await self.hidden(interaction)
        return sorted(
            (
                command
                for command in found
                if granted & hikari.Permissions.ADMINISTRATOR
                or command.name in TRAINERS_ONLY
                or not command.default_member_permissions & ~granted
                if not command.context_types or place in command.context_types
                if command.name not in hidden
            ),
            key=lambda command: command.name,
        )

    async def hidden(self, interaction: Interaction) -> frozenset[str]:
        """The commands and subcommand paths that Discord offers to the person although they may not use them."""
        if interaction.guild_id is None or interaction.member is None:
            return TRAINERS_ONLY | APPROVERS_ONLY | MANAGERS_ONLY
        hidden = frozenset[str]()
        if lacking(interaction, hikari.Permissions.MANAGE_GUILD):
            hidden |= MANAGERS_ONLY
        if not (await correction_actor(interaction, self._preferences)).approves:
            hidden |= APPROVERS_ONLY
        trains = False
        with suppress(NotPermittedError):
            trains = bool(await require_trainer(interaction, self._preferences))
        return hidden if trains else hidden | TRAINERS_ONLY


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
async def complete_command(context: lightbulb.AutocompleteContext[str], known: CommandList) -> None:
    typed, locale = str(context.focused.value or "").lower().removeprefix("/"), str(context.interaction.locale)
    names = [(_name(command, locale), command.name) for command in _slash(await known.of(context.interaction))]
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
    async def invoke(self, context: lightbulb.Context, known: CommandList) -> None:
        # The list of commands may have to be fetched from Discord first.
        await context.defer(ephemeral=True)
        locale, commands = locale_of(context), await known.of(context.interaction)
        if self.command is not None:
            await respond(context, split(_one(_slash(commands), self.command, locale))[0], ephemeral=True)
            return
        hidden = await known.hidden(context.interaction)
        await respond(context, components=[_page(TALK, commands, hidden, locale)], ephemeral=True)


@screen.button(PAGE_ID, state="|".join(PURPOSES))
async def turn_page(context: yuyo.components.Context, known: alluka.Injected[CommandList]) -> None:
    """Show the commands for the purpose that the button names."""
    interaction = context.interaction
    commands, hidden = await known.of(interaction), await known.hidden(interaction)
    card = _page(context.id_metadata, commands, hidden, str(interaction.locale))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card)


def _page(
    key: str, commands: Sequence[hikari.PartialCommand], hidden: frozenset[str], locale: str
) -> hikari.impl.ContainerComponentBuilder:
    """The commands for one purpose, and buttons to all purposes that have any."""
    there = _by_purpose(commands)
    key = key if there.get(key) else TALK
    lines = [
        f"{path} — {about}"
        for command in there[key]
        if isinstance(command, hikari.SlashCommand)
        for path, about in _paths(command, hidden, locale)
    ]
    if menu := [_name(command, locale) for command in there[key] if command.type is hikari.CommandType.MESSAGE]:
        lines += ["", translate(IN_MENU, locale, names=", ".join(f"**{name}**" for name in menu))]
    purpose = PURPOSES[key]
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
    card.add_text_display(f"### {translate(purpose.label, locale)}\n{translate(purpose.heading, locale)}")
    card.add_text_display("\n".join([*lines, translate(ONE_IN_FULL, locale)]))
    row = hikari.impl.MessageActionRowBuilder()
    for name, other in PURPOSES.items():
        if there[name]:
            row.add_interactive_button(
                hikari.ButtonStyle.PRIMARY if name == key else hikari.ButtonStyle.SECONDARY,
                f"{PAGE_ID}:{name}",
                label=translate(other.label, locale),
                is_disabled=name == key,
            )
    card.add_component(row)
    return card


def _by_purpose(commands: Sequence[hikari.PartialCommand]) -> dict[str, list[hikari.PartialCommand]]:
    """The commands for each purpose; commands without a purpose are added to the end of ``TALK``."""
    left = {command.name: command for command in commands}
    there = {name: [left.pop(one) for one in purpose.commands if one in left] for name, purpose in PURPOSES.items()}
    there[TALK] += left.values()
    return there


def _paths(command: hikari.SlashCommand, hidden: frozenset[str], locale: str) -> Iterator[tuple[str, str]]:
    """The command, or each of its subcommands that is not ``hidden``, as a mention to click on, and its description.

    Discord resolves a subcommand by the English path in its mention, and shows that path; if the reader's Discord has
    another name for it, that follows the mention.
    """
    nested = [option for option in command.options or () if option.type in _NESTED]
    if not nested:
        yield f"</{_name(command, locale)}:{command.id}>", _about(command, locale)
        return
    for option in nested:
        path, own = f"{command.name} {option.name}", f"{_name(command, locale)} {_name(option, locale)}"
        if path not in hidden:
            mention = f"</{path}:{command.id}>"
            yield mention if own == path else f"{mention} (**/{own}**)", _about(option, locale)


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
