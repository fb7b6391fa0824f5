"""What happens when somebody uses the card with the settings of a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import alluka
import hikari
import yuyo

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.choices import GuildPreferences, SpeakMode, SpokenLength, TranscriptStyle
from bot.preferences.preferences import Preferences
from bot.ui.channel_permissions import permissions_in
from bot.ui.modal_router import texts_in
from bot.ui.permissions import named, require
from bot.ui.screen import Screen
from extensions.settings.card import SettingsCard
from extensions.settings.limits import LIMIT_LABELS, LIMITS_FORM_ID, as_limits, open_limits_form
from extensions.settings.parts import SETTINGS_ID, SettingsPart

screen = Screen()


class MayNotShowThereError(StarlingError):
    """Raised when corrections are to be shown in a channel where the bot may not write."""

    sentence = _(
        "I may not write in {channel}. Give me the permissions {permissions} there first, then choose it again."
    )

    def __init__(self, channel: int, lacking: hikari.Permissions) -> None:
        super().__init__(channel=f"<#{channel}>", permissions=named(lacking))


@screen.button(SETTINGS_ID, state="|".join(SettingsPart))
async def change(
    context: yuyo.components.Context,
    card: alluka.Injected[SettingsCard],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Set what was chosen on the card, and redraw it.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
        MayNotShowThereError: the bot may not write in the channel chosen for corrections.
    """
    interaction = context.interaction
    guild, locale, part = require(interaction), str(interaction.locale), SettingsPart(context.id_metadata)
    values = [str(value) for value in interaction.values]
    if part is SettingsPart.LIMITS:
        await open_limits_form(interaction, (await preferences.guild(guild)).limits)
        return
    if part is SettingsPart.REVIEW and values:
        await _require_may_show(interaction, guild, int(values[0]))
    await preferences.change_guild(guild, lambda before: _changed(before, part, values))
    build = await card.build(guild, locale)
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=build)


async def _require_may_show(interaction: hikari.ComponentInteraction, guild: int, channel: int) -> None:
    needed = hikari.Permissions.VIEW_CHANNEL | hikari.Permissions.SEND_MESSAGES
    lacking = needed & ~await permissions_in(interaction.app.rest, guild, channel, interaction.application_id)
    if lacking:
        raise MayNotShowThereError(channel, lacking)


def _changed(before: GuildPreferences, part: SettingsPart, values: Sequence[str]) -> GuildPreferences:
    """``before``, with ``values`` chosen in the menu ``part``."""
    match part:
        case SettingsPart.SPEAK:
            return replace(before, speak=None if values[0] == "host" else SpeakMode(values[0]))
        case SettingsPart.LENGTH:
            return replace(before, spoken_length=SpokenLength(values[0]))
        case SettingsPart.STYLE:
            return replace(before, transcript_style=TranscriptStyle(values[0]))
        case SettingsPart.CHANNELS:
            channels = frozenset(int(value) for value in values)
            languages = {
                channel: codes for channel, codes in before.transcript_languages.items() if channel in channels
            }
            return replace(before, transcribed_channels=channels, transcript_languages=languages)
        case SettingsPart.DAYS:
            return replace(before, retention_days=int(values[0]) or None)
        case SettingsPart.LANGUAGES:
            return replace(before, languages=tuple(values))
        case SettingsPart.REVIEW:
            return replace(before, review_channel=_chosen_id(values))
        case SettingsPart.CORRECT:
            return replace(before, roles=replace(before.roles, correct=_chosen_id(values)))
        case SettingsPart.APPROVE:
            return replace(before, roles=replace(before.roles, approve=_chosen_id(values)))
        case SettingsPart.TRAIN:
            return replace(before, roles=replace(before.roles, train=_chosen_id(values)))
        case SettingsPart.LIMITS | SettingsPart.BACK:
            return before


def _chosen_id(values: Sequence[str]) -> int | None:
    return int(values[0]) if values else None


@screen.form(LIMITS_FORM_ID)
async def change_limits(
    context: yuyo.modals.Context, card: alluka.Injected[SettingsCard], preferences: alluka.Injected[Preferences]
) -> None:
    """Set the limits that were written in the form, and redraw the card.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
        NotALimitError: a limit is not a number above 0.
    """
    interaction = context.interaction
    guild = require(interaction)
    limits = {name: limit for name, limit in as_limits(texts_in(interaction)).items() if name in LIMIT_LABELS}
    await preferences.change_guild(guild, lambda before: replace(before, limits=replace(before.limits, **limits)))
    build = await card.build(guild, str(interaction.locale))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=build)
