"""The button that tells which corrections an answer was given."""

from __future__ import annotations

import alluka
import yuyo

from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.answer_buttons import RECALLED_ID
from bot.ui.permissions import guild_of
from bot.ui.private_reply import answer_privately
from bot.ui.screen import Screen

screen = Screen()

HEADING = _("For this answer I remembered what people here have taught me:")
LESSON = _("**#{number}** · {prompt}\n> {answer}")
GONE = _("#{number} is not approved any more: I no longer remember it.")
_MAX_CHARACTERS = 400


@screen.button(RECALLED_ID)
async def tell(context: yuyo.components.Context, corrections: alluka.Injected[Corrections]) -> None:
    """Tell what was recalled, as it is now.

    Raises:
        OnServersOnlyError: there is no server that it could be of.
    """
    interaction = context.interaction
    guild, locale = guild_of(interaction), str(interaction.locale)
    numbers = [int(part) for part in context.id_metadata.split(",") if part.isascii() and part.isdecimal()]
    lines = [translate(HEADING, locale)]
    known = {one.number: one for one in await corrections.approved_among(guild, numbers)}
    for number in numbers:
        if (one := known.get(number)) is None:
            lines.append(translate(GONE, locale, number=number))
        else:
            facts = {"prompt": _short(one.prompt), "answer": _short(one.answer)}
            lines.append(translate(LESSON, locale, number=number, **facts))
    await answer_privately(interaction, "\n".join(lines))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _MAX_CHARACTERS else f"{flat[: _MAX_CHARACTERS - 1]}…"
