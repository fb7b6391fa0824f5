"""/voice, and the choice of a voice by name."""

from __future__ import annotations

import hikari
import lightbulb

from audio import Speaker
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.presenting.chosen_voices import ChosenVoices
from bot.presenting.command_reply import locale_of, respond
from bot.presenting.languages import translate
from bot.presenting.safe_autocomplete import safe
from bot.presenting.voice_choice import voice_choices
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

MINE_CHOSEN = _("From now on {voice} speaks to you, whenever the text is in its language.")
MINE_LEFT = _("I choose the voice that speaks to you by the language of the text.")
SERVERS_CHOSEN = _("From now on {voice} speaks on this server, to everyone who has not chosen a voice of their own.")
SERVERS_LEFT = _("I choose the voice that speaks on this server by the language of the text.")


class NoServerError(StarlingError):
    """Raised when a server's voice is set where there is no server."""

    sentence = _("A server's voice can only be chosen on that server.")


class NotManagerError(StarlingError):
    """Raised when someone sets a server's voice who does not manage the server."""

    sentence = _("Only those who may manage this server can choose its voice.")


@safe
async def complete_voice(context: lightbulb.AutocompleteContext[str], speaker: Speaker) -> None:
    typed, locale = str(context.focused.value or ""), str(context.interaction.locale)
    await context.respond(voice_choices(await speaker.voices(), typed, locale))


@loader.command
class ChooseVoice(
    lightbulb.SlashCommand,
    name=_("voice"),
    description=_("Choose the voice that speaks to you"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    voice = lightbulb.string(
        _("voice"),
        _("Whose voice; when left empty, the language of the text decides"),
        localize=True,
        default=None,
        autocomplete=complete_voice,
    )
    whose = lightbulb.string(
        _("listener"),
        _("Who hears it"),
        localize=True,
        default="user",
        choices=[
            lightbulb.Choice(_("Me"), "user", localize=True),
            lightbulb.Choice(_("This server"), "guild", localize=True),
        ],
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, voices: ChosenVoices) -> None:
        # The list of voices may have to be asked of a network first.
        await context.defer(ephemeral=True)
        if self.whose == "user":
            await voices.choose("user", context.user.id, self.voice)
            said = MINE_CHOSEN if self.voice else MINE_LEFT
        else:
            await voices.choose("guild", _managed_guild(context), self.voice)
            said = SERVERS_CHOSEN if self.voice else SERVERS_LEFT
        await respond(context, translate(said, locale_of(context), voice=self.voice or ""), ephemeral=True)


def _managed_guild(context: lightbulb.Context) -> hikari.Snowflake:
    if context.guild_id is None or context.member is None:
        raise NoServerError
    permissions = context.member.permissions
    if not permissions & (hikari.Permissions.MANAGE_GUILD | hikari.Permissions.ADMINISTRATOR):
        raise NotManagerError
    return context.guild_id
