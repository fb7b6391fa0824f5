"""/hi"""

from __future__ import annotations

import hikari
import lightbulb

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.command_reply import locale_of, respond
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

HI = _("Hi, {name}!")
IN_DIRECT_MESSAGES = _(
    "🎙️ Send me a voice note: I write down what was said, and answer in text and aloud.\n"
    "💬 Or just write. Pictures and text files may come along."
)
ON_SERVERS = _(
    "🎙️ Mention me with a voice note: I write down what was said, and answer in text and aloud.\n"
    "💬 Mention me with a question, or reply to one of my answers: we go on from there."
)
TAKING_PART = _("👂 In this channel I answer everything, without being mentioned.")
ELSEWHERE = _(
    "💬 I am not on this server, but /ask works everywhere for you.\n"
    "🎙️ In the menu of any message, under Apps, I transcribe a recording, read aloud, or answer a question about it."
)
MORE = _(
    "🔊 /transcribe turns a recording into text or subtitles, /say turns text into a voice message. /help has it all."
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
    async def invoke(self, context: lightbulb.Context, preferences: Preferences) -> None:
        locale = locale_of(context)
        name = (context.member or context.user).display_name
        interaction = context.interaction
        if hikari.ApplicationIntegrationType.GUILD_INSTALL in interaction.authorizing_integration_owners:
            lines = [IN_DIRECT_MESSAGES if interaction.guild_id is None else ON_SERVERS]
        else:
            lines = [ELSEWHERE]
        if int(context.channel_id) in (await preferences.guild(interaction.guild_id)).joined_channels:
            lines.append(TAKING_PART)
        lines = [translate(HI, locale, name=name), *(translate(line, locale) for line in [*lines, MORE])]
        await respond(context, "\n".join(lines))
