"""/say and the message command Read aloud."""

from __future__ import annotations

import contextlib

import hikari
import lightbulb

from audio import NothingToSayError, Speaker, Speech, detect_language
from bot.errors import translatable as _
from bot.presenting import voice_message
from bot.presenting.command_reply import locale_of, respond
from bot.presenting.languages import language_of
from bot.presenting.safe_autocomplete import safe
from bot.presenting.voice_choice import voice_choices
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()


@safe
async def complete_voice(context: lightbulb.AutocompleteContext[str], speaker: Speaker) -> None:
    typed, locale = str(context.focused.value or ""), str(context.interaction.locale)
    await context.respond(voice_choices(await speaker.voices(), typed, locale))


async def say(context: lightbulb.Context, speaker: Speaker, text: str, voice: str | None) -> None:
    """Answer with ``text`` spoken: as a voice message, or as a file where voice messages are not allowed."""
    native = hikari.Permissions.SEND_VOICE_MESSAGES & (context.interaction.app_permissions or hikari.Permissions.NONE)
    if native or context.guild_id is None:
        await voice_message.defer(context.interaction)
        context.initial_response_sent.set()
    else:
        await context.defer()
    speech = await _spoken(context, speaker, text, voice)
    if native or context.guild_id is None:
        await voice_message.keep_promise(context.interaction, speech)
    else:
        await respond(context, attachment=voice_message.file_of(speech))


async def _spoken(context: lightbulb.Context, speaker: Speaker, text: str, voice: str | None) -> Speech:
    try:
        return await speaker.speak(
            text, language=detect_language(text, hint=language_of(locale_of(context))), voice=voice
        )
    except Exception:
        # A promised voice message can hold no text: it goes away, and the error is told in a message of its own.
        with contextlib.suppress(hikari.HTTPError):
            await context.interaction.delete_initial_response()
        raise


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
        _("Whose voice; type a language or a name"),
        localize=True,
        default=None,
        autocomplete=complete_voice,
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, speaker: Speaker) -> None:
        await say(context, speaker, self.text, self.voice)


@loader.command
class ReadAloud(
    lightbulb.MessageCommand,
    name=_("Read aloud"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, speaker: Speaker) -> None:
        if not self.target.content:
            raise NothingToSayError
        await say(context, speaker, self.target.content, None)
