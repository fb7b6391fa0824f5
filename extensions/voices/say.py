"""/say and the message command Read aloud."""

from __future__ import annotations

import contextlib

import hikari
import lightbulb

from audio import NothingToSayError, Prosody, SpeechSynthesizer
from audio.synthesis.prosody import FASTEST, HIGHEST, LOWEST, SLOWEST
from bot.conversation.exchanges import ExchangeStore
from bot.errors import translatable as _
from bot.i18n.translation import language_of
from bot.preferences.voices import ChosenVoices
from bot.ui import voice_message
from bot.ui.command_reply import locale_of, respond
from bot.usage.budgets import Budgets
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.voices.commands import complete_voice

loader = lightbulb.Loader()


async def say(
    context: lightbulb.Context,
    synthesizer: SpeechSynthesizer,
    voices: ChosenVoices,
    budgets: Budgets,
    text: str,
    *,
    voice: str | None = None,
    prosody: Prosody | None = None,
) -> None:
    """Answer with ``text`` spoken: as a voice message, or as a file if voice messages are not allowed.

    ``voice``: None for the one that the user or the guild has chosen.
    """
    native = hikari.Permissions.SEND_VOICE_MESSAGES & (context.interaction.app_permissions or hikari.Permissions.NONE)
    if native or context.guild_id is None:
        await voice_message.defer(context.interaction)
        context.initial_response_sent.set()
    else:
        await context.defer()
    try:
        if voice is None:
            chosen, hint = await voices.of(context.user.id, context.guild_id), language_of(locale_of(context))
        else:
            chosen, hint = voice, None  # ambiguous text is then taken to be in the voice's language
        source = context.guild_id or context.user.id
        speech = await synthesizer.speak(text, hint=hint, voice=chosen, prosody=prosody, source=source)
    except Exception:
        # A deferred voice message cannot hold text: it is deleted, and the error is told in a message of its own.
        with contextlib.suppress(hikari.HTTPError):
            await context.interaction.delete_initial_response()
        raise
    budgets.count_speech(context.user.id, context.guild_id, speech.engine, text)
    if native or context.guild_id is None:
        await voice_message.keep_promise(context.interaction, speech)
    else:
        await respond(context, attachment=voice_message.file_of(speech))


def with_names(message: hikari.Message) -> str:
    """The text of ``message``, with mentions of users replaced by their names."""
    text = message.content or ""
    for id_, user in (message.user_mentions or {}).items():
        name = user.global_name or user.username
        text = text.replace(f"<@{id_}>", name).replace(f"<@!{id_}>", name)
    return text


@loader.command
class Say(
    lightbulb.SlashCommand,
    name=_("say"),
    description=_("Turn text into a voice message"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    text = lightbulb.string(_("text"), _("What to say"), localize=True, max_length=4000)
    voice = lightbulb.string(
        _("voice"),
        _("Which voice; type a language or a name"),
        localize=True,
        default=None,
        autocomplete=complete_voice,
    )
    speed = lightbulb.number(
        _("speed"),
        _("How fast: 0.5 is half as fast, 2 twice as fast"),
        localize=True,
        default=None,
        min_value=SLOWEST,
        max_value=FASTEST,
    )
    pitch = lightbulb.number(
        _("pitch"),
        _("How high: semitones above the voice's own pitch, -6 to 6"),
        localize=True,
        default=None,
        min_value=LOWEST,
        max_value=HIGHEST,
    )

    @lightbulb.invoke
    async def invoke(
        self, context: lightbulb.Context, synthesizer: SpeechSynthesizer, voices: ChosenVoices, budgets: Budgets
    ) -> None:
        prosody = synthesizer.prosody.altered(self.speed, self.pitch)
        await say(context, synthesizer, voices, budgets, self.text, voice=self.voice, prosody=prosody)


@loader.command
class ReadAloud(
    lightbulb.MessageCommand,
    name=_("Read aloud"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        synthesizer: SpeechSynthesizer,
        voices: ChosenVoices,
        exchanges: ExchangeStore,
        budgets: Budgets,
    ) -> None:
        # For an answer by the bot, its stored text: without the question quoted above it, and complete if it has
        # several parts.
        answered = await exchanges.by_reply(self.target.id)
        text = answered.reply if answered else with_names(self.target)
        if not text:
            raise NothingToSayError
        await say(context, synthesizer, voices, budgets, text)
