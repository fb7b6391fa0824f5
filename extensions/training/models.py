"""/model: which chat model answers on a server."""

from __future__ import annotations

import hikari
import lightbulb

from bot.conversation.chat import ChatModel
from bot.conversation.models import TYPING_TIMEOUT_S, ChatModels
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.settings import Settings
from bot.training.model_store import ModelStore
from bot.training.promoting import ModelState, Promoting
from bot.training.rights import require_trainer
from bot.training.withdrawn import WithdrawnExamples
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import require
from bot.ui.splitting import MESSAGE_LIMIT
from bot.usage.budgets import Budgets
from bot.usage.text import cost_text, number_text
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.training.again import add_again
from extensions.training.cards import add_notice
from extensions.training.noticed import beginning_of_noticed
from extensions.training.promotion import promoted

loader = lightbulb.Loader()

ANSWERS_HERE = _("{model} answers here.")
NOW_ANSWERS = _("From now on {model} answers on this server.")
MODELS = _("Models that can answer (✅ answers here):")
MODELS_IN_FILE = _("Models that can answer are in the file. Here it is {model}.")
MAX_CHOICES = 25
TRAINED = _("Trained on this server:")
STATES: dict[ModelState, str] = {
    ModelState.ACTIVE: _("answers here"),
    ModelState.CANDIDATE: _("candidate"),
    ModelState.RETIRED: _("answered here before"),
}
WITHDRAWN = _(
    "This model has seen examples that have since been taken back: {count}. /model show lets you train it again."
)
TAKES_IN = _("takes in {tokens} tokens")
COSTS = _("a million tokens cost {prompt} in and {reply} out")
ALL_OF_IT = _("Everything known about {model}:")
SEEN = _(
    "⚠️ This model has seen examples that have since been taken back: {count}. Their texts are gone from "
    "here, but not what it has learned. A model trained again will not see them."
)


@safe
async def complete_model(context: lightbulb.AutocompleteContext[str], models: ChatModels) -> None:
    typed = str(context.focused.value or "").lower()
    names = await models.names(within_s=TYPING_TIMEOUT_S)
    fitting = [name for name in names if typed in name.lower() and len(name) <= 100]
    await context.respond(sorted(fitting, key=lambda name: not name.lower().startswith(typed))[:MAX_CHOICES])


@safe
async def complete_trained(
    context: lightbulb.AutocompleteContext[str], promoting: Promoting, preferences: Preferences
) -> None:
    guild = await require_trainer(context.interaction, preferences)
    typed, locale = str(context.focused.value or "").lower(), locale_of(context.interaction)
    offered = [
        (f"{model.name} · {translate(STATES[state], locale)}", model.name)
        for model, state in await promoting.models(guild)
    ]
    await context.respond([choice for choice in offered if typed in choice[0].lower()][:MAX_CHOICES])


group = lightbulb.Group(
    _("model"),
    _("Which chat model answers"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
)


@group.register
class ShowModel(lightbulb.SlashCommand, name=_("show"), description=_("Say which model answers here"), localize=True):
    model = lightbulb.string(
        _("model"), _("A model that was trained here, to see everything known about it"), localize=True, default=None,
        max_length=100, autocomplete=complete_trained,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        models: ChatModels,
        promoting: Promoting,
        preferences: Preferences,
        trained: ModelStore,
        withdrawn: WithdrawnExamples,
    ) -> None:
        if self.model is not None:
            guild, locale = await require_trainer(context.interaction, preferences), locale_of(context)
            model = await trained.get(guild, self.model)
            file = hikari.Bytes((await promoting.card(model)).encode(), f"{model.name}.json", "application/json")
            lines, seen = [translate(ALL_OF_IT, locale, model=f"`{model.name}`")], await withdrawn.seen_by(model)
            if seen:
                lines.insert(0, translate(SEEN, locale, count=seen))
            row = add_notice(hikari.impl.MessageActionRowBuilder(), model, locale)
            if seen:
                add_again(row, model, locale)
            if model.noticed is not None:
                lines += beginning_of_noticed(model, model.noticed, locale)
            text = "\n".join(lines)[:MESSAGE_LIMIT]
            await respond(context, text, attachment=file, components=[row], ephemeral=True)
            return
        here = await _name_of(context.guild_id, models, promoting)
        await respond(context, translate(ANSWERS_HERE, locale_of(context), model=f"`{here}`"), ephemeral=True)


@group.register
class SetModel(
    lightbulb.SlashCommand, name=_("set"), description=_("Choose the model that answers on this server"), localize=True
):
    model = lightbulb.string(
        _("model"), _("One of those at the endpoint; left empty, the host's choice"), localize=True, default=None,
        max_length=200, autocomplete=complete_model,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, models: ChatModels, promoting: Promoting) -> None:
        guild = require(context)
        await context.defer(ephemeral=True)
        await models.choose(guild, self.model)
        # Otherwise, a trained model would go on answering instead of the chosen one.
        await promoting.put_aside(guild, context.user.id)
        model = (await models.of(guild)).model
        await respond(context, translate(NOW_ANSWERS, locale_of(context), model=f"`{model}`"), ephemeral=True)


@group.register
class ListModels(
    lightbulb.SlashCommand, name=_("list"), description=_("List the models that can answer"), localize=True
):  # fmt: skip
    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        models: ChatModels,
        promoting: Promoting,
        withdrawn: WithdrawnExamples,
        settings: Settings,
    ) -> None:
        await context.defer(ephemeral=True)
        locale, names = locale_of(context), await models.names()
        here = await _name_of(context.guild_id, models, promoting)
        listed = [f"`{name}` · {_parameters(await models.named(name), settings, locale)}" for name in names]
        lines = [f"- ✅ {one}" if name == here else f"- {one}" for name, one in zip(names, listed, strict=True)]
        trained = [] if context.guild_id is None else await promoting.models(context.guild_id)
        if trained:
            lines.append(translate(TRAINED, locale))
        for model, state in trained:
            name = f"✅ `{model.name}`" if state is ModelState.ACTIVE else f"`{model.name}`"
            lines.append(f"- {name} · {translate(STATES[state], locale)}")
            if seen := await withdrawn.seen_by(model):
                lines.append(f"  ⚠️ {translate(WITHDRAWN, locale, count=seen)}")
        text = "\n".join([translate(MODELS, locale), *lines])
        if len(text) <= MESSAGE_LIMIT:
            await respond(context, text, ephemeral=True)
            return
        file = hikari.Bytes("\n".join(listed).replace("`", "").encode(), "models.txt", "text/plain; charset=utf-8")
        text = translate(MODELS_IN_FILE, locale, model=f"`{here}`")
        await respond(context, text, attachment=file, ephemeral=True)


def _parameters(model: ChatModel, settings: Settings, locale: str) -> str:
    """How many tokens ``model`` takes in, and what it costs if that is known."""
    parts = [translate(TAKES_IN, locale, tokens=number_text(model.context_tokens, locale))]
    if (price := settings.prices.get(model.model)) is not None:
        prompt, reply = (cost_text(one, settings.chat_currency, locale) for one in price)
        parts.append(translate(COSTS, locale, prompt=prompt, reply=reply))
    return " · ".join(parts)


@group.register
class Promote(
    lightbulb.SlashCommand,
    name=_("promote"),
    description=_("Let a trained model answer, if it is better"),
    localize=True,
):
    model = lightbulb.string(
        _("model"), _("A model that was trained here"), localize=True, max_length=100, autocomplete=complete_trained
    )

    @lightbulb.invoke
    async def invoke(
        self, context: lightbulb.Context, promoting: Promoting, preferences: Preferences, budgets: Budgets
    ) -> None:
        guild = await require_trainer(context.interaction, preferences)
        await context.defer()
        await respond(context, await promoted(context.interaction, guild, self.model, promoting, budgets))


@group.register
class RollBack(
    lightbulb.SlashCommand,
    name=_("rollback"),
    description=_("Go back to the model that answered before"),
    localize=True,
):
    @lightbulb.invoke
    async def invoke(
        self, context: lightbulb.Context, promoting: Promoting, preferences: Preferences, models: ChatModels
    ) -> None:
        guild = await require_trainer(context.interaction, preferences)
        await promoting.roll_back(guild, context.user.id)
        model = await _name_of(guild, models, promoting)
        await respond(context, translate(NOW_ANSWERS, locale_of(context), model=f"`{model}`"))


loader.command(group)


async def _name_of(guild: hikari.Snowflake | None, models: ChatModels, promoting: Promoting) -> str:
    """The name by which people here know the model that answers."""
    trained = [] if guild is None else await promoting.models(guild)
    active = next((model.name for model, state in trained if state is ModelState.ACTIVE), None)
    return active or (await models.of(guild)).model
