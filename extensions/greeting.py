"""/hi"""

from __future__ import annotations

import lightbulb

from bot.errors import translatable as _
from bot.presenting.command_reply import locale_of, respond
from bot.presenting.languages import translate
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

HI = _("Hi, {name}!")
WHAT_I_DO = _(
    "🎙️ Send me a voice note, or mention me with one: I write down what was said, and answer in text and aloud.\n"
    "💬 Write to me in a direct message, mention me, or reply to one of my answers: we go on from there.\n"
    "🔊 /transcribe turns a recording into text or subtitles, /say turns text into a voice message, "
    "/voice chooses whose."
)


@loader.command
class Hi(
    lightbulb.SlashCommand,
    name=_("hi"),
    description=_("Say hello and learn what Starling can do"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context) -> None:
        locale = locale_of(context)
        name = (context.member or context.user).display_name
        await respond(context, f"{translate(HI, locale, name=name)}\n{translate(WHAT_I_DO, locale)}")
