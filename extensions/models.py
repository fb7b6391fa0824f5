"""/model: which chat model answers on a server."""

from __future__ import annotations

import hikari
import lightbulb

from bot.conversation.models import ChatModels
from bot.errors import translatable as _
from bot.presenting.command_reply import locale_of, respond
from bot.presenting.languages import translate
from bot.presenting.managers import require_manager
from bot.presenting.safe_autocomplete import safe
from bot.presenting.splitting import MESSAGE_LIMIT
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

ANSWERS_HERE = _("Here {model} answers.")
NOW_ANSWERS = _("From now on {model} answers on this server.")
MODELS = _("Models that can answer, the one that does here in bold:")
MODELS_IN_FILE = _("Models that can answer are in the file. Here it is {model}.")
MOST_CHOICES = 25


@safe
async def complete_model(context: lightbulb.AutocompleteContext[str], models: ChatModels) -> None:
    typed = str(context.focused.value or "").lower()
    fitting = [name for name in await models.names() if typed in name.lower() and len(name) <= 100]
    await context.respond(sorted(fitting, key=lambda name: not name.lower().startswith(typed))[:MOST_CHOICES])


group = lightbulb.Group(
    _("model"),
    _("Which chat model answers"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
)


@group.register
class Show(
    lightbulb.SlashCommand, name=_("show"), description=_("Tell which model answers here"), localize=True
):  # fmt: skip
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, models: ChatModels) -> None:
        model = (await models.of(context.guild_id)).model
        await respond(context, translate(ANSWERS_HERE, locale_of(context), model=f"`{model}`"), ephemeral=True)


@group.register
class Set(
    lightbulb.SlashCommand, name=_("set"), description=_("Choose the model that answers on this server"), localize=True
):
    model = lightbulb.string(
        _("model"), _("One of those at the endpoint; left empty, the host's choice"), localize=True, default=None,
        max_length=200, autocomplete=complete_model,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, models: ChatModels) -> None:
        guild = require_manager(context)
        await context.defer(ephemeral=True)
        await models.choose(guild, self.model)
        model = (await models.of(guild)).model
        await respond(context, translate(NOW_ANSWERS, locale_of(context), model=f"`{model}`"), ephemeral=True)


@group.register
class List(
    lightbulb.SlashCommand, name=_("list"), description=_("List the models that can answer"), localize=True
):  # fmt: skip
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, models: ChatModels) -> None:
        await context.defer(ephemeral=True)
        locale, names = locale_of(context), await models.names()
        here = (await models.of(context.guild_id)).model
        lines = [f"- **`{name}`**" if name == here else f"- `{name}`" for name in names]
        text = "\n".join([translate(MODELS, locale), *lines])
        if len(text) <= MESSAGE_LIMIT:
            await respond(context, text, ephemeral=True)
            return
        file = hikari.Bytes("\n".join(names).encode(), "models.txt", "text/plain; charset=utf-8")
        told = translate(MODELS_IN_FILE, locale, model=f"`{here}`")
        await respond(context, told, attachment=file, ephemeral=True)


loader.command(group)
