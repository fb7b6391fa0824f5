"""How dataset commands answer: ephemerally, and with a file if the answer is long."""

from __future__ import annotations

import hikari
import lightbulb

from bot.datasets.inspection import DatasetContents, DatasetInspection
from bot.datasets.text import describe_contents
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import require
from bot.ui.splitting import MESSAGE_LIMIT

IN_THE_FILE = _("There is more than fits here, so the rest is in the file.")


async def begun(context: lightbulb.Context) -> hikari.Snowflake:
    """Require that the person may manage the guild, defer an ephemeral answer, and return the guild."""
    guild = require(context.interaction)
    await context.defer(ephemeral=True)
    return guild


async def answer(context: lightbulb.Context, text: str) -> None:
    await respond(context, text, ephemeral=True)


async def answer_at_length(context: lightbulb.Context, text: str, file_name: str) -> None:
    """Answer with ``text`` or, if it is longer than a message, with its beginning and all of it as a file."""
    if len(text) <= MESSAGE_LIMIT:
        await answer(context, text)
        return
    hint = translate(IN_THE_FILE, locale_of(context))
    beginning = text[: MESSAGE_LIMIT - len(hint) - 1].rpartition("\n")[0]
    file = hikari.Bytes(text.encode(), file_name, "text/plain; charset=utf-8")
    await respond(context, f"{beginning}\n{hint}", attachment=file, ephemeral=True)


async def show(
    context: lightbulb.Context, datasets: DatasetInspection, contents: DatasetContents, heading: str = ""
) -> None:
    """Answer with what is in ``contents``, in words and as a picture."""
    locale = locale_of(context)
    text = f"{heading}\n{describe_contents(contents, locale)}".strip()
    if not contents.examples:
        await answer(context, text)
        return
    png = await datasets.picture(contents, lambda sentence: translate(sentence, locale))
    await respond(context, text, attachment=hikari.Bytes(png, "dataset.png", "image/png"), ephemeral=True)
