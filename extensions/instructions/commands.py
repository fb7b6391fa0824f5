"""/instruction: how the bot should answer, on a server or in one of its channels."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import hikari
import lightbulb
from babel.dates import format_timedelta

from bot.errors import translatable as _
from bot.i18n.translation import catalogue_language, translate
from bot.instructions.limits import MAX_NAME_CHARS
from bot.instructions.service import (
    DEFAULT_NAME,
    EffectiveInstruction,
    Instructions,
    InstructionScope,
    NoSuchInstructionError,
)
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.permissions import require
from bot.ui.text_files import read_text_file
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.instructions.form import EVERYWHERE_HOLDS, HERE_HOLDS, InstructionPlace, open_form

loader = lightbulb.Loader()

CHOSEN_HERE = _("The instruction {name} applies in this channel:")
CHOSEN_FOR_SERVER = _("The instruction {name} applies on this server:")
HOSTS = _("My built-in instruction applies here:")
NAMED = _("The instruction {name}:")
RESET_HERE = _("This channel has no instruction of its own any more.")
RESET_EVERYWHERE = _("My built-in instruction applies on this server again. The ones that were written here are kept.")
RESTORED = _("{name} is back to its earlier text.")
DELETED = _("The instruction {name} is deleted.")
MAX_SHOWN = 1900
"""The most characters of heading and text that are shown in one message."""


def _given(name: str | None) -> str:
    """``name`` without the characters of markdown and mentions; the default name if nothing is left."""
    return re.sub(r"[`*_~|<>@\n\r]", "", name or "").strip()[:MAX_NAME_CHARS] or DEFAULT_NAME


def _place(held: EffectiveInstruction, name: str, *, here: bool) -> InstructionPlace:
    """Where the instruction ``name`` applies once it is written; editing one that applies only in this channel does not
    spread it."""
    if here:
        return InstructionPlace.CHANNEL
    is_held_here = held.scope is InstructionScope.CHANNEL and held.name == name
    return InstructionPlace.KEPT if is_held_here else InstructionPlace.GUILD


@safe
async def complete_name(context: lightbulb.AutocompleteContext[str], instructions: Instructions) -> None:
    guild, typed = context.interaction.guild_id, str(context.focused.value or "").casefold()
    names = [] if guild is None else await instructions.names(guild)
    await context.respond([name for name in names if typed in name.casefold()][:MAX_CHOICES])


@safe
async def complete_version(context: lightbulb.AutocompleteContext[str], instructions: Instructions) -> None:
    # Earlier texts, which were replaced, are not for everyone to see.
    guild, typed = require(context.interaction), str(context.focused.value or "").casefold()
    offered: list[tuple[str, str]] = []
    language = catalogue_language(locale_of(context.interaction))
    for one in await instructions.earlier(guild):
        ago = format_timedelta(one.written_at - datetime.now(UTC), add_direction=True, locale=language)
        label = f"{one.name} · {ago} · {' '.join(one.text.split())}"
        if typed in label.casefold():
            offered.append((label if len(label) <= 100 else f"{label[:99]}…", str(one.id)))
        if len(offered) == MAX_CHOICES:
            break
    await context.respond(offered)


group = lightbulb.Group(
    _("instruction"),
    _("How I should answer, on this server or in this channel"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
)

_NAME = _("Which instruction; if left empty, the one that applies")
_HERE = _("Only in this channel")


@group.register
class ShowInstruction(
    lightbulb.SlashCommand, name=_("show"), description=_("Show the instruction that applies here"), localize=True
):
    name_ = lightbulb.string(_("name"), _NAME, localize=True, default=None, autocomplete=complete_name, max_length=100)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, instructions: Instructions) -> None:
        locale, guild = locale_of(context), context.guild_id
        if self.name_ is not None and guild is not None:
            one = await instructions.get(guild, self.name_)
            await _show(context, translate(NAMED, locale, name=f"**{one.name}**"), one.text)
            return
        held = await instructions.of(guild, context.channel_id)
        sentence = {
            InstructionScope.CHANNEL: CHOSEN_HERE,
            InstructionScope.GUILD: CHOSEN_FOR_SERVER,
            InstructionScope.HOST: HOSTS,
        }[held.scope]
        await _show(context, translate(sentence, locale, **_named(held)), held.text)


@group.register
class SetInstruction(
    lightbulb.SlashCommand, name=_("set"), description=_("Write the instruction in a form"), localize=True
):  # fmt: skip
    name_ = lightbulb.string(_("name"), _NAME, localize=True, default=None, autocomplete=complete_name, max_length=100)
    here = lightbulb.boolean(_("here"), _HERE, localize=True, default=False)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, instructions: Instructions) -> None:
        guild = require(context)
        held = await instructions.of(guild, context.channel_id)
        name = _given(self.name_ or held.name)
        text = await instructions.to_edit(guild, name, held)
        await open_form(context, name, text, _place(held, name, here=self.here))


@group.register
class File(
    lightbulb.SlashCommand, name=_("file"), description=_("Take the instruction from a text file"), localize=True
):
    file = lightbulb.attachment(_("file"), _("Text of at most 4,000 characters"), localize=True)
    name_ = lightbulb.string(_("name"), _NAME, localize=True, default=None, autocomplete=complete_name, max_length=100)
    here = lightbulb.boolean(_("here"), _HERE, localize=True, default=False)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, instructions: Instructions) -> None:
        guild = require(context)
        await context.defer(ephemeral=True)
        text = await read_text_file(self.file)
        held = await instructions.of(guild, context.channel_id)
        name = _given(self.name_ or held.name)
        place = _place(held, name, here=self.here)
        await instructions.write(guild, name, text, context.user.id)
        if place is not InstructionPlace.KEPT:
            await instructions.pick(guild, name, channel_id=context.channel_id if self.here else None)
        await _tell_held(context, name, here=place is not InstructionPlace.GUILD)


@group.register
class Pick(
    lightbulb.SlashCommand, name=_("pick"), description=_("Use one of this server's instructions"), localize=True
):
    name_ = lightbulb.string(
        _("name"), _("One that was written before"), localize=True, autocomplete=complete_name, max_length=100
    )
    here = lightbulb.boolean(_("here"), _HERE, localize=True, default=False)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, instructions: Instructions) -> None:
        guild = require(context)
        await instructions.pick(guild, self.name_, channel_id=context.channel_id if self.here else None)
        await _tell_held(context, self.name_, here=self.here)


@group.register
class Reset(
    lightbulb.SlashCommand, name=_("reset"), description=_("Go back to my built-in instruction"), localize=True
):
    here = lightbulb.boolean(_("here"), _HERE, localize=True, default=False)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, instructions: Instructions) -> None:
        guild = require(context)
        await instructions.pick(guild, None, channel_id=context.channel_id if self.here else None)
        await respond(
            context, translate(RESET_HERE if self.here else RESET_EVERYWHERE, locale_of(context)), ephemeral=True
        )


@group.register
class Restore(
    lightbulb.SlashCommand, name=_("restore"), description=_("Go back to an earlier version"), localize=True
):  # fmt: skip
    version = lightbulb.string(
        _("version"), _("Which one; type part of it"), localize=True, autocomplete=complete_version, max_length=100
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, instructions: Instructions) -> None:
        guild = require(context)
        if not (self.version.isascii() and self.version.isdecimal() and len(self.version) < 16):
            raise NoSuchInstructionError(self.version)
        restored = await instructions.restore(guild, int(self.version), context.user.id)
        await respond(context, translate(RESTORED, locale_of(context), name=f"**{restored.name}**"), ephemeral=True)


@group.register
class DeleteInstruction(
    lightbulb.SlashCommand, name=_("delete"), description=_("Delete one of this server's instructions"), localize=True
):
    name_ = lightbulb.string(
        _("name"), _("One that was written before"), localize=True, autocomplete=complete_name, max_length=100
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, instructions: Instructions) -> None:
        guild = require(context)
        await instructions.delete(guild, self.name_)
        await respond(context, translate(DELETED, locale_of(context), name=f"**{self.name_}**"), ephemeral=True)


loader.command(group)


def _named(held: EffectiveInstruction) -> dict[str, str]:
    return {} if held.name is None else {"name": f"**{held.name}**"}


async def _tell_held(context: lightbulb.Context, name: str, *, here: bool) -> None:
    sentence = HERE_HOLDS if here else EVERYWHERE_HOLDS
    await respond(context, translate(sentence, locale_of(context), name=f"**{name}**"), ephemeral=True)


async def _show(context: lightbulb.Context, heading: str, text: str) -> None:
    """Show all of ``text``: quoted, or as a file if it is long."""
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    if len(heading) + len(quoted) < MAX_SHOWN:
        await respond(context, f"{heading}\n{quoted}", ephemeral=True)
        return
    file = hikari.Bytes(text.encode(), "instruction.md", "text/markdown; charset=utf-8")
    await respond(context, heading, attachment=file, ephemeral=True)
