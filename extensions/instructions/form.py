"""The form in which an instruction is written."""

from __future__ import annotations

from enum import StrEnum

import alluka
import lightbulb
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.instructions.limits import MAX_CHARS
from bot.instructions.service import Instructions
from bot.ui.command_reply import locale_of
from bot.ui.modal_router import text_row, texts_in
from bot.ui.permissions import require
from bot.ui.private_reply import answer_privately
from bot.ui.screen import Screen

screen = Screen()

FORM_ID = "instruction"

TITLE = _("Instruction: {name}")
LABEL = _("How I should answer")
EXAMPLE = _("You are Starling, the librarian of this server. Answer briefly and kindly.")
HERE_HOLDS = _("From now on the instruction {name} applies in this channel.")
EVERYWHERE_HOLDS = _("From now on the instruction {name} applies on this server.")


class InstructionPlace(StrEnum):
    """Where an instruction applies once it is written."""

    CHANNEL = "channel"
    GUILD = "guild"
    KEPT = "kept"
    """Where it applied before, which includes this channel."""


async def open_form(context: lightbulb.Context, name: str, text: str, place: InstructionPlace) -> None:
    """Open the form in which the caller writes the instruction ``name``, with ``text`` filled in."""
    locale = locale_of(context)
    row = text_row(
        "text", translate(LABEL, locale), value=text, placeholder=translate(EXAMPLE, locale), max_chars=MAX_CHARS
    )
    title = translate(TITLE, locale, name=name)[:45]
    await context.respond_with_modal(title, f"{FORM_ID}:{place}:{name}", components=[row])


@screen.form(FORM_ID, state=f"({'|'.join(InstructionPlace)}):.+")
async def take(context: yuyo.modals.Context, instructions: alluka.Injected[Instructions]) -> None:
    """Store what was written, and let it apply.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
        StarlingError: see ``Instructions.write``.
    """
    interaction = context.interaction
    guild = require(interaction)
    place, _colon, name = context.id_metadata.partition(":")
    await instructions.write(guild, name, texts_in(interaction)["text"], interaction.user.id)
    if place != InstructionPlace.KEPT:
        await instructions.pick(
            guild, name, channel_id=interaction.channel_id if place == InstructionPlace.CHANNEL else None
        )
    sentence = EVERYWHERE_HOLDS if place == InstructionPlace.GUILD else HERE_HOLDS
    await answer_privately(interaction, translate(sentence, str(interaction.locale), name=f"**{name}**"))
