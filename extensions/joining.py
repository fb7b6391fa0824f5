"""/join and /leave: answering in a channel without being mentioned."""

from __future__ import annotations

from dataclasses import replace

import hikari
import lightbulb
import structlog

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.choices import GuildPreferences, SpeakMode
from bot.preferences.preferences import Preferences
from bot.settings import Settings
from bot.ui.channel_permissions import LACKS_INTENT, permissions_in
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import named, require
from extensions import GUILD_CONTEXTS, GUILD_TYPES

log = structlog.get_logger()
loader = lightbulb.Loader()

JOINED = _("Joined {channel}. I answer every message there now. {speaking}")
JOINED_UNSEEING = _("Joined {channel}, but I cannot read along there yet. {speaking}")
ALREADY = _("I am already in {channel}. {speaking}")
LEFT = _("Left {channel}. Mention me there when you need me.")
NOT_IN = _("I am not in {channel}.")
SPEAKING = {
    SpeakMode.NEVER: _("I answer in text only."),
    SpeakMode.VOICE: _("Voice notes are answered aloud."),
    SpeakMode.ALWAYS: _("Every answer is spoken as well."),
}
LACKS_PERMISSIONS = _("⚠️ There I lack: {permissions}. Ask a moderator to give me that.")

_KINDS = [
    hikari.ChannelType.GUILD_TEXT,
    hikari.ChannelType.GUILD_NEWS,
    hikari.ChannelType.GUILD_PUBLIC_THREAD,
    hikari.ChannelType.GUILD_PRIVATE_THREAD,
    hikari.ChannelType.GUILD_NEWS_THREAD,
]
_THREADS = {
    hikari.ChannelType.GUILD_PUBLIC_THREAD,
    hikari.ChannelType.GUILD_PRIVATE_THREAD,
    hikari.ChannelType.GUILD_NEWS_THREAD,
}


def _managed(context: lightbulb.Context, chosen: hikari.PartialChannel | None) -> hikari.PartialChannel:
    """The chosen channel, or else the current one.

    Raises:
        NotPermittedError: the member may not manage it.
    """
    channel = chosen or context.interaction.channel
    require(context, hikari.Permissions.MANAGE_CHANNELS, channel=channel)
    return channel


async def _lacking(context: lightbulb.Context, channel: hikari.PartialChannel, speak: SpeakMode) -> hikari.Permissions:
    """The permissions that Starling needs in ``channel`` but does not have."""
    write = (
        hikari.Permissions.SEND_MESSAGES_IN_THREADS if channel.type in _THREADS else hikari.Permissions.SEND_MESSAGES
    )
    needed = hikari.Permissions.VIEW_CHANNEL | hikari.Permissions.READ_MESSAGE_HISTORY | write
    if speak is not SpeakMode.NEVER:
        needed |= hikari.Permissions.ATTACH_FILES | hikari.Permissions.SEND_VOICE_MESSAGES
    assert context.guild_id is not None
    me = context.interaction.application_id
    return needed & ~await permissions_in(context.client.rest, context.guild_id, channel.id, me)


@loader.command
class Join(
    lightbulb.SlashCommand,
    name=_("join"),
    description=_("Let Starling join a channel, where it answers every message"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_CHANNELS,
):
    channel = lightbulb.channel(
        _("channel"), _("Which channel or thread; this one when left empty"), localize=True, default=None,
        channel_types=_KINDS,
    )  # fmt: skip
    speak = lightbulb.string(
        _("speak"),
        _("When answers are spoken there"),
        localize=True,
        default="",
        choices=[
            lightbulb.Choice(_("never"), "never", localize=True),
            lightbulb.Choice(_("to voice notes"), "voice", localize=True),
            lightbulb.Choice(_("always"), "always", localize=True),
        ],
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, preferences: Preferences, settings: Settings) -> None:
        channel = _managed(context, self.channel)
        await context.defer()
        assert context.guild_id is not None, "the command is for guilds only"
        locale, id_ = locale_of(context), channel.id
        before = (await preferences.guild(context.guild_id)).joined_channels.get(id_)
        speak = SpeakMode(self.speak or before or settings.speak)

        def joined(chosen: GuildPreferences) -> GuildPreferences:
            return replace(chosen, joined_channels={**chosen.joined_channels, id_: speak})

        await preferences.change_guild(context.guild_id, joined)
        log.info("joined a channel", channel=channel.id, speak=speak, before=before)
        joined_now = JOINED if settings.message_content_intent else JOINED_UNSEEING
        sentence = ALREADY if before is not None else joined_now
        lines = [translate(sentence, locale, channel=f"<#{channel.id}>", speaking=translate(SPEAKING[speak], locale))]
        if lacking := await _lacking(context, channel, speak):
            lines.append(translate(LACKS_PERMISSIONS, locale, permissions=named(lacking)))
        if not settings.message_content_intent:
            lines.append(translate(LACKS_INTENT, locale))
        await respond(context, "\n".join(lines))


@loader.command
class Leave(
    lightbulb.SlashCommand,
    name=_("leave"),
    description=_("Make Starling leave a channel"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_CHANNELS,
):
    channel = lightbulb.channel(
        _("channel"), _("Which channel or thread; this one when left empty"), localize=True, default=None,
        channel_types=_KINDS,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, preferences: Preferences) -> None:
        channel = _managed(context, self.channel)
        assert context.guild_id is not None, "the command is for guilds only"
        id_ = channel.id
        sentence = LEFT if id_ in (await preferences.guild(context.guild_id)).joined_channels else NOT_IN

        def left(chosen: GuildPreferences) -> GuildPreferences:
            others = {other: speak for other, speak in chosen.joined_channels.items() if other != id_}
            return replace(chosen, joined_channels=others)

        await preferences.change_guild(context.guild_id, left)
        await respond(context, translate(sentence, locale_of(context), channel=f"<#{channel.id}>"))
