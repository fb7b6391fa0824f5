"""/hi"""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.expected_notes import ExpectedNotes
from bot.corrections.rights import correction_actor
from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.settings import Settings
from bot.ui.channel_permissions import LACKS_INTENT
from bot.ui.command_reply import locale_of, respond
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

HI = _("Hi, {name}!")
IN_DIRECT_MESSAGES = _(
    "🎙️ Send me a voice note: I write down what was said, and answer in text and aloud.\n"
    "💬 Or just write. Pictures and text files may come along."
)
NOTE_FOLLOWS = _(
    "🎙️ Send me a voice note now, or mention me up to two minutes before or after one: I write down what was said, and "
    "answer in text and aloud. A note as a reply to one of my answers will do, too."
)
NOTE_REPLIES = _(
    "🎙️ Reply to one of my answers with a voice note, or open the menu of any note, Apps, Answer this: I write down "
    "what was said, and answer in text and aloud."
)
ON_SERVERS = _("💬 Mention me with a question, or reply to one of my answers: we go on from there.")
TAKING_PART = _("👂 In this channel I answer everything, without being mentioned.")
ELSEWHERE = _(
    "💬 I am not on this server, but /ask works everywhere for you.\n"
    "🎙️ In the menu of any message, under Apps, I answer it, transcribe its recording, or read it aloud."
)
TEACH_HERE = _(
    "✏️ Is an answer wrong? Press ✏️ or 👎 below it and say what is right: I will know it from the next answer on."
)
WAITING = _("⏳ Corrections waiting for you: {count}. /corrections list opens them.")
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
    async def invoke(
        self,
        context: lightbulb.Context,
        preferences: Preferences,
        settings: Settings,
        expected: ExpectedNotes,
        corrections: Corrections,
    ) -> None:
        locale = locale_of(context)
        name = (context.member or context.user).display_name
        interaction = context.interaction
        if hikari.ApplicationIntegrationType.GUILD_INSTALL in interaction.authorizing_integration_owners:
            note = NOTE_FOLLOWS if settings.message_content_intent else NOTE_REPLIES
            lines = [IN_DIRECT_MESSAGES] if interaction.guild_id is None else [note, ON_SERVERS]
            if interaction.guild_id is not None and settings.message_content_intent:
                expected.expect(context.user.id, context.channel_id)
            lines.append(TEACH_HERE)
        else:
            lines = [ELSEWHERE]
        if context.channel_id in (await preferences.guild(interaction.guild_id)).joined_channels:
            # Without the intent, Discord does not show the bot the messages that it would answer there.
            lines.append(TAKING_PART if settings.message_content_intent else LACKS_INTENT)
        told = [translate(HI, locale, name=name), *(translate(line, locale) for line in [*lines, MORE])]
        await respond(context, "\n".join(told))
        # Only people who can act on it see this.
        if interaction.guild_id is None or not (await correction_actor(interaction, preferences)).approves:
            return
        if count := await corrections.waiting(interaction.guild_id):
            await interaction.execute(translate(WAITING, locale, count=count), flags=hikari.MessageFlag.EPHEMERAL)
