"""Autocomplete for the names of models and datasets."""

from __future__ import annotations

import lightbulb

from bot.conversation.models import TYPING_TIMEOUT_S, ChatModels
from bot.datasets.store import DatasetStore
from bot.datasets.text import dataset_choices
from bot.preferences.preferences import Preferences
from bot.training.promoting import Promoting
from bot.training.rights import require_trainer
from bot.ui.autocomplete import safe
from bot.ui.language_choice import MAX_CHOICES


@safe
async def complete_any_model(
    context: lightbulb.AutocompleteContext[str], models: ChatModels, promoting: Promoting
) -> None:
    guild, typed = context.interaction.guild_id, str(context.focused.value or "").lower()
    trained = [] if guild is None else [model.name for model, _state in await promoting.models(guild)]
    known = [*trained, *await models.names(within_s=TYPING_TIMEOUT_S)]
    names = [name for name in known if typed in name.lower() and len(name) <= 100]
    await context.respond(names[:MAX_CHOICES])


@safe
async def complete_dataset(
    context: lightbulb.AutocompleteContext[str], store: DatasetStore, preferences: Preferences
) -> None:
    guild = await require_trainer(context.interaction, preferences)
    typed, locale = str(context.focused.value or ""), str(context.interaction.locale)
    await context.respond(dataset_choices(await store.all(guild), typed, locale))
