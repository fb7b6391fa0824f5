"""/voice, and the choice of a voice by name."""

from __future__ import annotations

import lightbulb

from audio import SpeechSynthesizer, UnknownVoiceError
from bot.errors import translatable as _
from bot.i18n.translation import catalogues, language_of, translate
from bot.preferences.store import Scope
from bot.preferences.voices import ChosenVoices
from bot.ui import voice_message
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import require
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.voices.choice import voice_choices

loader = lightbulb.Loader()

MINE_CHOSEN = _("From now on {voice} speaks to you, whenever the text is in its language.")
MINE_LEFT = _("I choose the voice that speaks to you by the language of the text.")
SERVERS_CHOSEN = _("From now on {voice} speaks on this server, to everyone who has not chosen a voice of their own.")
SERVERS_LEFT = _("I choose the voice that speaks on this server by the language of the text.")
SAMPLE = _("Hello! This is how I sound. Shall I read your answers to you?")


@safe
async def complete_voice(context: lightbulb.AutocompleteContext[str], synthesizer: SpeechSynthesizer) -> None:
    typed, locale = str(context.focused.value or ""), str(context.interaction.locale)
    await context.respond(voice_choices(await synthesizer.voices(), typed, locale))


voice = lightbulb.Group(
    _("voice"),
    _("Choose the voice that speaks to you"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
)

_LISTENERS = [
    lightbulb.Choice(_("Me"), Scope.USER.value, localize=True),
    lightbulb.Choice(_("This server"), Scope.GUILD.value, localize=True),
]


@voice.register
class SetVoice(
    lightbulb.SlashCommand, name=_("set"), description=_("Choose the voice that speaks to you"), localize=True
):
    voice = lightbulb.string(
        _("voice"), _("Which voice; type a language or a name"), localize=True, autocomplete=complete_voice
    )
    whose = lightbulb.string(
        _("listener"), _("Who hears it"), localize=True, default=Scope.USER.value, choices=_LISTENERS
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, voices: ChosenVoices) -> None:
        await _choose(context, voices, Scope(self.whose), self.voice)


@voice.register
class ResetVoice(
    lightbulb.SlashCommand, name=_("reset"), description=_("Leave the choice of the voice to me"), localize=True
):
    whose = lightbulb.string(
        _("listener"), _("Who hears it"), localize=True, default=Scope.USER.value, choices=_LISTENERS
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, voices: ChosenVoices) -> None:
        await _choose(context, voices, Scope(self.whose), None)


@voice.register
class PreviewVoice(
    lightbulb.SlashCommand, name=_("preview"), description=_("Hear how a voice sounds"), localize=True
):  # fmt: skip
    voice = lightbulb.string(
        _("voice"), _("Which voice; type a language or a name"), localize=True, autocomplete=complete_voice
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, synthesizer: SpeechSynthesizer) -> None:
        await context.defer(ephemeral=True)
        known = next((one for one in await synthesizer.voices() if one.name == self.voice), None)
        if known is None:
            raise UnknownVoiceError(self.voice)
        language = language_of(known.language)
        # A voice whose language has no translation of the sample reads it in English, with its accent.
        text = translate(SAMPLE, language if language in catalogues() else "en-US")
        source = context.guild_id or context.user.id
        speech = await synthesizer.speak(text, hint=None, voice=known.name, source=source)
        await respond(context, f"🔊 {known.name}", attachment=voice_message.file_of(speech), ephemeral=True)


loader.command(voice)


async def _choose(context: lightbulb.Context, voices: ChosenVoices, whose: Scope, chosen: str | None) -> None:
    """
    Raises:
        OnServersOnlyError: the server's voice is to be chosen, but not on a server.
        NotPermittedError: the person may not manage the server.
        UnknownVoiceError: there is no such voice.
    """
    guild = None if whose is Scope.USER else require(context)
    # The list of voices may have to be fetched over the network first.
    await context.defer(ephemeral=True)
    if guild is None:
        await voices.choose_for_user(context.user.id, chosen)
    else:
        await voices.choose_for_guild(guild, chosen)
    templates, left = (MINE_CHOSEN, MINE_LEFT) if guild is None else (SERVERS_CHOSEN, SERVERS_LEFT)
    said = templates if chosen else left
    await respond(context, translate(said, locale_of(context), voice=chosen or ""), ephemeral=True)
