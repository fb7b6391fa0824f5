"""/feedback: what people think of the bot."""

from __future__ import annotations

import lightbulb

from bot.corrections.feedback import MAX_CHARS, FeedbackStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.command_reply import locale_of, respond
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

THANKS = _("Thank you! Those who look after me here will read it.")


@loader.command
class Feedback(
    lightbulb.SlashCommand,
    name=_("feedback"),
    description=_("Tell the people who look after me what you think"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    text = lightbulb.string(
        _("text"), _("What is good, what is bad, what is missing"), localize=True, min_length=1,
        max_length=MAX_CHARS,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, feedback: FeedbackStore) -> None:
        await feedback.add(context.guild_id, context.user.id, self.text)
        await respond(context, translate(THANKS, locale_of(context)), ephemeral=True)
