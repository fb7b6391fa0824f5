"""👍 and 👎 below answers."""

from __future__ import annotations

import alluka
import yuyo

from bot.corrections.feedback import FeedbackStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.answer_buttons import BAD_ID, GOOD_ID
from bot.ui.modal_router import text_row, texts_in
from bot.ui.private_reply import answer_privately
from bot.ui.screen import Screen

screen = Screen()

REASON_FORM_ID = "bad-reason"
THANKS = _("Thank you, noted. Press it once more to take it back.")
TAKEN_BACK = _("Your vote is taken back.")
TITLE = _("What is wrong with it?")
REASON = _("If you like, tell what is wrong")
EXAMPLE = _("The date is last year's")
THANKS_FOR_REASON = _("Thank you. To say what I should have answered, choose Correct this reply in the message's menu.")
MAX_REASON_CHARACTERS = 500


@screen.button(GOOD_ID)
async def like(context: yuyo.components.Context, feedback: alluka.Injected[FeedbackStore]) -> None:
    """Count a 👍, or take it back."""
    await _tell(context, THANKS if await _vote(context, feedback, good=True) else TAKEN_BACK)


@screen.button(BAD_ID)
async def dislike(context: yuyo.components.Context, feedback: alluka.Injected[FeedbackStore]) -> None:
    """Count a 👎, which needs no reason, and ask for one; or take it back."""
    if await _vote(context, feedback, good=False) is None:
        await _tell(context, TAKEN_BACK)
        return
    interaction = context.interaction
    locale = str(interaction.locale)
    row = text_row(
        "reason", translate(REASON, locale), placeholder=translate(EXAMPLE, locale), most=MAX_REASON_CHARACTERS,
        required=False,
    )  # fmt: skip
    await interaction.create_modal_response(
        translate(TITLE, locale), f"{REASON_FORM_ID}:{interaction.message.id}", components=[row]
    )


@screen.form(REASON_FORM_ID)
async def take_reason(context: yuyo.modals.Context, feedback: alluka.Injected[FeedbackStore]) -> None:
    """Keep the reason that was written."""
    interaction = context.interaction
    if reason := texts_in(interaction).get("reason", ""):
        await feedback.explain(int(context.id_metadata), interaction.user.id, reason)
    await answer_privately(interaction, translate(THANKS_FOR_REASON, str(interaction.locale)))


async def _vote(context: yuyo.components.Context, feedback: FeedbackStore, *, good: bool) -> bool | None:
    interaction = context.interaction
    return await feedback.vote(
        message_id=interaction.message.id, channel_id=interaction.channel_id, guild_id=interaction.guild_id,
        user_id=interaction.user.id, good=good,
    )  # fmt: skip


async def _tell(context: yuyo.components.Context, sentence: str) -> None:
    await answer_privately(context.interaction, translate(sentence, str(context.interaction.locale)))
