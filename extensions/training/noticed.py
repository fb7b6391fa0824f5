"""What people would notice of a trained model, page by page."""

from __future__ import annotations

import alluka
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.storage.file_names import shown
from bot.training.model_store import Model, ModelStore, NoticedAnswer, NoticedAnswers
from bot.training.noticing import Noticing
from bot.training.rights import require_trainer
from bot.ui.deferred_reply import defer, follow_up
from bot.ui.pages import Page, page_of, turn_to
from bot.ui.progress_bar import ProgressBar
from bot.ui.screen import NUMBER, Screen
from bot.usage.budgets import Budgets
from bot.usage.meter import BudgetMeter
from extensions.training.cards import NOTICE_ID

screen = Screen()

PAGE_ID = "model-noticed"
ASKING = _("Asking {model} and the model before it ten questions …")
HEADING = _("**What people would notice** of {model}, beside {before}")
SAME = _("both: {answer}")
BEFORE, AFTER = _("before: {answer}"), _("after: {answer}")
NO_ANSWER = _("no answer")
GONE = _("Texts that these questions come from were taken back, so the questions are gone. /model show asks anew.")
EARLIER, LATER = _("Back"), _("Next")
A_PAGE, IN_SHORT = 5, 3
_PROMPT, _ANSWER = 90, 110
"""The most characters that are shown of each; the file that /model show sends has all of them."""


def page_of_noticed(model: Model, noticed: NoticedAnswers, number: int, locale: str) -> Page:
    """Page ``number``, counted from 1, or the nearest one that exists."""
    pages = max(1, -(-len(noticed.answers) // A_PAGE))
    number = max(1, min(number, pages))
    first = (number - 1) * A_PAGE
    lines = [
        line
        for at, pair in enumerate(noticed.answers[first : first + A_PAGE], first + 1)
        for line in _lines(at, pair, locale)
    ]
    heading = translate(HEADING, locale, model=shown(model.name), before=shown(noticed.before))
    custom_id = f"{PAGE_ID}:{model.name}"
    return page_of(
        heading, lines, number=number, pages=pages, custom_id=custom_id, locale=locale, labels=(EARLIER, LATER)
    )


def beginning_of_noticed(model: Model, noticed: NoticedAnswers, locale: str) -> list[str]:
    """The first few answers, for a message that says more about the model; the button below it shows all of them."""
    lines = [translate(HEADING, locale, model=shown(model.name), before=shown(noticed.before))]
    for at, pair in enumerate(noticed.answers[:IN_SHORT], 1):
        lines += _lines(at, pair, locale)
    return lines


def _lines(at: int, pair: NoticedAnswer, locale: str) -> list[str]:
    question = f"**{at}.** {shown(' '.join(pair.prompt.split()), _PROMPT)}"
    before, after = (
        shown(" ".join(text.split()), _ANSWER) if text else translate(NO_ANSWER, locale)
        for text in (pair.before, pair.after)
    )
    if not pair.differs:
        return [question, f"> {translate(SAME, locale, answer=after)}"]
    return [question, f"> {translate(BEFORE, locale, answer=before)}", f"> {translate(AFTER, locale, answer=after)}"]


@screen.button(NOTICE_ID, state="[^:]+")
async def notice(
    context: yuyo.components.Context,
    noticing: alluka.Injected[Noticing],
    models: alluka.Injected[ModelStore],
    preferences: alluka.Injected[Preferences],
    budgets: alluka.Injected[Budgets],
) -> None:
    """Show what people would notice of the button's model; if that is not known, ask the models first.

    Raises:
        NotPermittedError: the person may not train.
        NoSuchTrainedModelError: the guild has no such model.
        StarlingError: as ``Noticing.ask``.
    """
    interaction = context.interaction
    guild, locale = await require_trainer(interaction, preferences), str(interaction.locale)
    model = await models.get(guild, context.id_metadata)
    await defer(interaction, ephemeral=True)
    found = model.noticed
    if found is None:
        progress = ProgressBar(interaction, translate(ASKING, locale, model=shown(model.name)))
        try:
            found = await noticing.ask(model, BudgetMeter(budgets, interaction.user.id, guild), progress.tell)
        finally:
            await progress.end()
    page = page_of_noticed(model, found, 1, locale)
    await follow_up(interaction, page.text, components=page.buttons, ephemeral=True)


@screen.button(PAGE_ID, state=f"[^:]+:{NUMBER}")
async def turn_page(
    context: yuyo.components.Context,
    models: alluka.Injected[ModelStore],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Show the page that the button is for.

    Raises:
        NotPermittedError: the person may not train.
        NoSuchTrainedModelError: the guild has no such model.
    """
    interaction = context.interaction
    guild, locale = await require_trainer(interaction, preferences), str(interaction.locale)
    name, _colon, number = context.id_metadata.rpartition(":")
    model = await models.get(guild, name)
    if model.noticed is None:
        await turn_to(context, Page(translate(GONE, locale)))
        return
    await turn_to(context, page_of_noticed(model, model.noticed, int(number), locale))
