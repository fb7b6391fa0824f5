"""Telling people what is stored about them, and deleting it after they have confirmed it."""

from __future__ import annotations

import alluka
import hikari
import structlog
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.privacy.data_holder import DataKind, StoredDataSummary
from bot.privacy.personal_data import PersonalData
from bot.training.remaining import what_remains
from bot.training.withdrawn import WithdrawnExamples
from bot.ui.confirmation import confirmation_row, confirmed
from bot.ui.screen import SNOWFLAKE, Screen

screen = Screen()

log = structlog.get_logger()

FORGET_ID = "privacy-forget"

STORED = _(
    "This is what I have stored about you: questions with their answers: {exchanges}; corrections: {corrections}; what "
    "you taught me in direct messages: {memories}; examples in datasets: {examples}; votes on answers: {votes}; what "
    "you said with /feedback: {feedback}; tests of models that you made: {tests}; files that you uploaded: {files}; "
    "and, as numbers, what you used each day."
)
AGREED = _(
    "You have agreed that the corrections that you write are kept, used to answer, and learned from, and that models "
    "may learn from your questions in /compare and /ask which of two answers is better."
)
NOT_AGREED = _("You have not agreed that I keep corrections of yours, so I keep none.")
NEVER = _("Nothing else that you write or say trains a model. Recordings are never stored.")
NAMED = _("/leaderboard names you; /privacy credit changes that.")
WAYS = _("/privacy export gives you all of it as a file, /privacy forget deletes it.")
QUESTION = _(
    "Forget everything that I have stored about you, on every server? Your corrections and examples go "
    "too, and your agreement ends. This cannot be undone."
)
FORGET = _("Forget it all")
FORGOTTEN = _("Everything that I had stored about you is forgotten. Examples removed from datasets: {count}.")


def describe_summary(summary: StoredDataSummary, locale: str, *, credited: bool) -> str:
    """What is stored, in a few sentences. ``credited``: whether the person wants to be named."""
    counts = {kind.value: summary[kind] for kind in DataKind}
    lines = [translate(STORED, locale, **counts)]
    lines.append(translate(AGREED if summary[DataKind.AGREEMENTS] else NOT_AGREED, locale))
    lines.append(translate(NEVER, locale))
    if credited:
        lines.append(translate(NAMED, locale))
    return "\n".join([*lines, translate(WAYS, locale)])


def ask_before_forgetting(user: int, locale: str) -> tuple[str, hikari.api.MessageActionRowBuilder]:
    """The question, and the buttons to answer it."""
    return translate(QUESTION, locale), confirmation_row(FORGET_ID, user, locale, label=FORGET)


@screen.button(FORGET_ID, state=SNOWFLAKE)
async def forget(
    context: yuyo.components.Context,
    data: alluka.Injected[PersonalData],
    withdrawn: alluka.Injected[WithdrawnExamples],
) -> None:
    """Delete everything that is stored about the person.

    Raises:
        NotPermittedError: another person was asked.
    """
    confirmed(context)
    interaction = context.interaction
    locale = str(interaction.locale)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
    forgotten = await data.forget_user(interaction.user.id)
    lines = [translate(FORGOTTEN, locale, count=forgotten.examples)]
    models = await withdrawn.models_of(forgotten.learned)
    lines += what_remains(forgotten, models, locale)
    if models:
        log.warning(
            "examples were withdrawn that models have learned from: train them anew",
            models=[f"{model.guild_id}/{model.name}" for model in models],
        )
    await interaction.edit_initial_response("\n".join(lines), components=[])
