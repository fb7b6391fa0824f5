"""Training a model again, without the examples that were taken back since it learned from them."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.settings import Settings
from bot.training.model_store import Model, ModelStore
from bot.training.rights import require_trainer
from bot.training.specs import TrainingStarter
from bot.training.trainings import Trainings
from bot.ui.deferred_reply import defer, follow_up
from bot.ui.screen import Screen
from extensions.training.cards import describe_plan, plan_row

screen = Screen()

AGAIN_ID = "train-again"
AGAIN = _("Train it again")


def add_again(
    row: hikari.impl.MessageActionRowBuilder, model: Model, locale: str
) -> hikari.impl.MessageActionRowBuilder:
    """``row`` with the button that plans the training of a model once more."""
    return row.add_interactive_button(
        hikari.ButtonStyle.PRIMARY, f"{AGAIN_ID}:{model.name}", label=translate(AGAIN, locale)
    )


@screen.button(AGAIN_ID)
async def train_again(
    context: yuyo.components.Context,
    trainings: alluka.Injected[Trainings],
    models: alluka.Injected[ModelStore],
    preferences: alluka.Injected[Preferences],
    settings: alluka.Injected[Settings],
) -> None:
    """Show a plan of the new training, which everyone who may train can start.

    Raises:
        NotPermittedError: the person may not train.
        NoSuchTrainedModelError: the guild has no such model.
        StarlingError: as ``Trainings.plan_again``.
    """
    interaction = context.interaction
    guild, locale = await require_trainer(interaction, preferences), str(interaction.locale)
    model = await models.get(guild, context.id_metadata)
    await defer(interaction)
    starter = TrainingStarter(guild, interaction.user.id, interaction.channel_id, locale)
    training, plan = await trainings.plan_again(model, starter)
    text = describe_plan(training, plan, locale, settings.chat_currency)
    await follow_up(interaction, text, components=[plan_row(training, locale)])
