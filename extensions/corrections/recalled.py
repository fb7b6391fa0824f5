"""The button that shows what was recalled for an answer, from what people have taught."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.corrections.feedback import FeedbackStore
from bot.corrections.memories import MemoryStore
from bot.corrections.rights import require_corrector
from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.answer_buttons import RECALLED_ID
from bot.ui.permissions import guild_of, server_or_direct
from bot.ui.private_reply import answer_privately
from bot.ui.screen import NUMBER, SNOWFLAKE, Screen
from bot.ui.splitting import MESSAGE_LIMIT
from extensions.corrections import form as correction_form
from extensions.corrections.consent import open_form
from extensions.corrections.form import CorrectionForms, NotAnAnswerError

screen = Screen()

HEADING = _("For this answer I remembered what people here have taught me:")
OWN_HEADING = _("For this answer I remembered what you have taught me:")
LESSON = _("**#{number}** · {prompt}\n> {answer}")
GONE = _("#{number} is no longer approved: I do not go by it any more.")
CORRECT_HERE_ID, MISFIT_ID = "recalled-correct", "recalled-misfit"
MISFIT = _("#{number} does not fit")
NOTED = _(
    "Noted: I will not recall #{number} for this question again. Press Regenerate below the answer for one without it."
)
CORRECT = _("Correct the answer")
_MAX_CHARS = 400


@screen.button(RECALLED_ID, state=f"{NUMBER}(,{NUMBER})*")
async def tell(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    memories: alluka.Injected[MemoryStore],
    forms: alluka.Injected[CorrectionForms],
) -> None:
    """Show what was recalled, with its current text, and buttons to say that it does not fit and to correct the answer.

    Raises:
        OnServersOnlyError: this is neither a server nor a direct message with the bot.
    """
    interaction = context.interaction
    guild, locale = server_or_direct(interaction), str(interaction.locale)
    numbers = [int(part) for part in context.id_metadata.split(",") if part.isascii() and part.isdecimal()]
    if guild is None:
        known = {one.number: (one.prompt, one.answer) for one in await memories.all(interaction.user.id)}
    else:
        known = {one.number: (one.prompt, one.answer) for one in await corrections.approved_among(guild, numbers)}
    lines = [translate(OWN_HEADING if guild is None else HEADING, locale)]
    for number in numbers:
        if (texts := known.get(number)) is None:
            lines.append(translate(GONE, locale, number=number))
        else:
            prompt, answer = map(_short, texts)
            lines.append(translate(LESSON, locale, number=number, prompt=prompt, answer=answer))
    rows = []
    if await forms.may_correct(interaction):
        row = hikari.impl.MessageActionRowBuilder()
        answered = await forms.first_of(interaction.message)
        for number in numbers if guild is not None else ():
            label = translate(MISFIT, locale, number=number)
            row.add_interactive_button(
                hikari.ButtonStyle.SECONDARY, f"{MISFIT_ID}:{answered}:{number}", label=label, emoji="🚫"
            )
        row.add_interactive_button(
            hikari.ButtonStyle.SECONDARY, f"{CORRECT_HERE_ID}:{answered}", label=translate(CORRECT, locale), emoji="✏️"
        )
        rows.append(row)
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE, "\n".join(lines)[:MESSAGE_LIMIT], components=rows,
        flags=hikari.MessageFlag.EPHEMERAL, user_mentions=False, role_mentions=False, mentions_everyone=False,
    )  # fmt: skip


@screen.button(CORRECT_HERE_ID, state=SNOWFLAKE)
async def correct(context: yuyo.components.Context, forms: alluka.Injected[CorrectionForms]) -> None:
    """Open the form in which the answer is corrected.

    Raises:
        NotAnAnswerError: the answer is no longer known.
        StarlingError: see ``CorrectionForms.form``.
    """
    exchange = await forms.answer_with(int(context.id_metadata))
    if exchange is None:
        raise NotAnAnswerError
    await open_form(context.interaction, correction_form.new(exchange), forms)


@screen.button(MISFIT_ID, state=f"{SNOWFLAKE}:{NUMBER}")
async def say_misfit(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    feedback: alluka.Injected[FeedbackStore],
    forms: alluka.Injected[CorrectionForms],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Record that a recalled correction does not fit the question.

    Raises:
        NotPermittedError: the person may not correct here.
        NotAnAnswerError: the answer is no longer known.
        TooMuchFeedbackError
    """
    interaction = context.interaction
    guild, locale = guild_of(interaction), str(interaction.locale)
    await require_corrector(interaction, preferences)
    answered, _colon, number = context.id_metadata.partition(":")
    exchange = await forms.answer_with(int(answered))
    if exchange is None or exchange.guild_id != guild:
        raise NotAnAnswerError
    for correction in await corrections.approved_among(guild, [int(number)]):
        await feedback.say_misfit(guild, interaction.user.id, exchange.prompt, correction.id)
    await answer_privately(interaction, translate(NOTED, locale, number=number))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _MAX_CHARS else f"{flat[: _MAX_CHARS - 1]}…"
