"""The buttons 👍, 👎 and ✏️ below answers: 👎 opens a form that asks what is wrong or what should have been said, and ✏️
the form for a correction."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.conversation.exchanges import ExchangeStore
from bot.corrections.feedback import FeedbackStore
from bot.corrections.limits import MAX_CHARS
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.training.preference_pairs import PreferencePairs
from bot.ui.answer_buttons import BAD_ID, CORRECT_ID, GOOD_ID
from bot.ui.modal_router import text_row, texts_in
from bot.ui.private_reply import answer_privately
from bot.ui.screen import SNOWFLAKE, Screen
from extensions.corrections import form as correction_form
from extensions.corrections.consent import Unwritten, ask_for_consent, open_form
from extensions.corrections.form import CorrectionForms, NotAnAnswerError
from extensions.corrections.keeping import Keeping

screen = Screen()

FORM_ID, LEARN_ID = "bad", "vote-learn"
THANKS = _("Thank you, noted. Press it once more to take it back.")
PREFERRED = _(
    "Thank you, noted. You prefer this to another answer to the same question: if you agree, it can be learned from."
)
LEARN = _("Let it be learned from")
TAKEN_BACK = _("Your vote is taken back.")
TITLE = _("What is wrong with it?")
SHOULD_HAVE_BEEN = _("What should I have answered?")
ONLY_IF_YOU_LIKE = _("Only if you like: with it, I can know better next time")
REASON = _("Or just say what is wrong")
EXAMPLE = _("The date is last year's")
THANKS_FOR_REASON = _("Thank you. Those who look after me here will read it.")
MAX_REASON_CHARS = 500


@screen.button(GOOD_ID)
async def like(
    context: yuyo.components.Context,
    feedback: alluka.Injected[FeedbackStore],
    forms: alluka.Injected[CorrectionForms],
    exchanges: alluka.Injected[ExchangeStore],
    pairs: alluka.Injected[PreferencePairs],
) -> None:
    """Count a 👍, or take it back. If the votes prefer the answer to another one to the same /ask, the person who asked
    is asked whether that may be learned from."""
    if not await _vote(context, feedback, forms, good=True):
        await _tell(context, TAKEN_BACK)
        return
    interaction = context.interaction
    locale, asked = str(interaction.locale), await exchanges.by_reply(await forms.first_of(interaction.message))
    row: list[hikari.api.MessageActionRowBuilder] = []
    theirs = asked if asked is not None and asked.user_id == interaction.user.id else None
    if theirs is not None and await pairs.is_preferred(theirs) and not await forms.is_agreed(interaction):
        row = [hikari.impl.MessageActionRowBuilder()]
        row[0].add_interactive_button(hikari.ButtonStyle.PRIMARY, LEARN_ID, label=translate(LEARN, locale))
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE, translate(PREFERRED if row else THANKS, locale), components=row,
        flags=hikari.MessageFlag.EPHEMERAL,
    )  # fmt: skip


@screen.button(LEARN_ID, state="")
async def let_learn(context: yuyo.components.Context) -> None:
    """Ask for consent that the vote is learned from."""
    await ask_for_consent(context.interaction, Unwritten.VOTE)


@screen.button(BAD_ID)
async def dislike(
    context: yuyo.components.Context,
    feedback: alluka.Injected[FeedbackStore],
    forms: alluka.Injected[CorrectionForms],
) -> None:
    """Count a 👎, which needs no words, and ask what is wrong and, if the person may correct the bot, what it should
    have answered; or take the vote back."""
    if await _vote(context, feedback, forms, good=False) is None:
        await _tell(context, TAKEN_BACK)
        return
    interaction = context.interaction
    locale = str(interaction.locale)
    rows = [
        text_row(
            "reason", translate(REASON, locale), placeholder=translate(EXAMPLE, locale), max_chars=MAX_REASON_CHARS,
            required=False,
        )
    ]  # fmt: skip
    if await forms.may_correct(interaction):
        about = translate(ONLY_IF_YOU_LIKE, locale)
        label = translate(SHOULD_HAVE_BEEN, locale)
        rows.insert(0, text_row("answer", label, placeholder=about, max_chars=MAX_CHARS, required=False))
    await interaction.create_modal_response(
        translate(TITLE, locale), f"{FORM_ID}:{await forms.first_of(interaction.message)}", components=rows
    )


@screen.form(FORM_ID, state=SNOWFLAKE)
async def take(
    context: yuyo.modals.Context,
    feedback: alluka.Injected[FeedbackStore],
    forms: alluka.Injected[CorrectionForms],
    keeping: alluka.Injected[Keeping],
) -> None:
    """Store the reason that was written, and take the answer that should have been given as a correction, once the
    person has agreed to that.

    Raises:
        NotAnAnswerError: the question that it answers is no longer known.
    """
    interaction, texts = context.interaction, texts_in(context.interaction)
    locale = str(interaction.locale)
    if reason := texts.get("reason", ""):
        await feedback.explain(interaction.guild_id, int(context.id_metadata), interaction.user.id, reason)
    answer = texts.get("answer", "")
    if not answer:
        await answer_privately(interaction, translate(THANKS_FOR_REASON, locale))
        return
    if interaction.message is None:
        raise NotAnAnswerError
    written = correction_form.new(await forms.answer_of(interaction, interaction.message))
    if await forms.is_agreed(interaction):
        await keeping.keep(interaction, written, answer)
    else:
        await ask_for_consent(interaction, written, answer)


@screen.button(CORRECT_ID)
async def correct(context: yuyo.components.Context, forms: alluka.Injected[CorrectionForms]) -> None:
    """Open the form in which the answer is corrected.

    Raises:
        StarlingError: see ``CorrectionForms.answer_of`` and ``CorrectionForms.form``.
    """
    interaction = context.interaction
    await open_form(interaction, correction_form.new(await forms.answer_of(interaction, interaction.message)), forms)


async def _vote(
    context: yuyo.components.Context, feedback: FeedbackStore, forms: CorrectionForms, *, good: bool
) -> bool | None:
    interaction = context.interaction
    return await feedback.vote(
        message_id=await forms.first_of(interaction.message),
        channel_id=interaction.channel_id,
        guild_id=interaction.guild_id,
        user_id=interaction.user.id,
        good=good,
    )


async def _tell(context: yuyo.components.Context, sentence: str) -> None:
    await answer_privately(context.interaction, translate(sentence, str(context.interaction.locale)))
