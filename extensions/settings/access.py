"""The card that sets who may use Starling on a server, and the daily limits by role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import alluka
import hikari
import yuyo

from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import translate
from bot.preferences.choices import MAX_CHANNELS, Access, GuildPreferences, RoleLimit
from bot.preferences.preferences import Preferences
from bot.ui.modal_router import text_row, texts_in
from bot.ui.permissions import require
from bot.ui.screen import SNOWFLAKE, Screen
from extensions.settings.card import SettingsCard
from extensions.settings.limits import EMPTY_IS_NONE, as_limits
from extensions.settings.menus import role_mention
from extensions.settings.parts import ACCESS_ID, AccessPart

screen = Screen()

FORM_ID = "access-limits"

TITLE = _("### Who may use me on this server")
MANAGERS = _("-# Whoever may manage this server always can.")
ONLY_CHANNELS = _("**Only in these channels** · {listed}")
NOT_CHANNELS = _("**Never in these channels** · {listed}")
ONLY_ROLES = _("**Only those with one of these roles** · {listed}")
NOT_ROLES = _("**Nobody with one of these roles** · {listed}")
NOT_PEOPLE = _("**None of these people** · {listed}")
ROLE_LIMITS = _(
    "**Daily limits by role** · instead of the limits for each member; with several roles, the highest "
    "applies: {listed}"
)
LIMIT_OF_ROLE = _("{role}: {limits}")
TOKEN_LIMIT = ngettext("{amount} token", "{amount} tokens", number="amount")
AUDIO_LIMIT = _("{amount} s of recordings")
ALL, NONE = _("all"), _("none")
CHOOSE = _("Choose; choosing nothing clears the list")
CHOOSE_ROLE = _("The role whose limits you want to set")
FORM_TITLE = _("Limits of a role")
TOKENS, AUDIO = _("Tokens of each of them a day"), _("Seconds of recordings of each of them a day")

_KINDS = (
    hikari.ChannelType.GUILD_TEXT,
    hikari.ChannelType.GUILD_NEWS,
    hikari.ChannelType.GUILD_VOICE,
    hikari.ChannelType.GUILD_FORUM,
    hikari.ChannelType.GUILD_PUBLIC_THREAD,
    hikari.ChannelType.GUILD_PRIVATE_THREAD,
)


@dataclass(frozen=True, slots=True)
class AccessList:
    """A list that is chosen in one of the menus."""

    field: str
    """The field of ``Access`` that holds the list."""
    line: str
    """The text above the menu."""
    empty: str
    """What it means when nothing is chosen."""
    menu: hikari.ComponentType


_LISTS: Mapping[AccessPart, AccessList] = {
    AccessPart.ONLY_CHANNELS: AccessList(
        "allowed_channels", ONLY_CHANNELS, ALL, hikari.ComponentType.CHANNEL_SELECT_MENU
    ),
    AccessPart.NOT_CHANNELS: AccessList(
        "blocked_channels", NOT_CHANNELS, NONE, hikari.ComponentType.CHANNEL_SELECT_MENU
    ),
    AccessPart.ONLY_ROLES: AccessList("allowed_roles", ONLY_ROLES, ALL, hikari.ComponentType.ROLE_SELECT_MENU),
    AccessPart.NOT_ROLES: AccessList("blocked_roles", NOT_ROLES, NONE, hikari.ComponentType.ROLE_SELECT_MENU),
    AccessPart.NOT_PEOPLE: AccessList("blocked_people", NOT_PEOPLE, NONE, hikari.ComponentType.USER_SELECT_MENU),
}


def build_access_card(guild: int, choices: GuildPreferences, locale: str) -> hikari.api.ContainerComponentBuilder:
    """The card of ``guild``."""
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
    card.add_text_display(f"{translate(TITLE, locale)}\n{translate(MANAGERS, locale)}")
    for part, each in _LISTS.items():
        ids: frozenset[int] = getattr(choices.access, each.field)
        listed = ", ".join(_mention(each.menu, guild, one) for one in sorted(ids)) or translate(each.empty, locale)
        card.add_text_display(translate(each.line, locale, listed=listed))
        card.add_action_row([_menu(part, each.menu, translate(CHOOSE, locale), MAX_CHANNELS, min_values=0)])
    listed = "; ".join(_limit_text(guild, role, limit, locale) for role, limit in choices.role_limits.items())
    card.add_text_display(translate(ROLE_LIMITS, locale, listed=listed or translate(NONE, locale)))
    roles = _menu(
        AccessPart.ROLE, hikari.ComponentType.ROLE_SELECT_MENU, translate(CHOOSE_ROLE, locale), 1, min_values=1
    )
    card.add_action_row([roles])
    return card


def _menu(
    part: AccessPart, kind: hikari.ComponentType, placeholder: str, max_values: int, *, min_values: int
) -> hikari.api.SelectMenuBuilder:
    custom_id = f"{ACCESS_ID}:{part}"
    if kind is hikari.ComponentType.CHANNEL_SELECT_MENU:
        return hikari.impl.ChannelSelectMenuBuilder(
            custom_id=custom_id,
            channel_types=_KINDS,
            placeholder=placeholder,
            min_values=min_values,
            max_values=max_values,
        )
    return hikari.impl.SelectMenuBuilder(
        type=kind, custom_id=custom_id, placeholder=placeholder, min_values=min_values, max_values=max_values
    )


def _mention(menu: hikari.ComponentType, guild: int, id_: int) -> str:
    if menu is hikari.ComponentType.CHANNEL_SELECT_MENU:
        return f"<#{id_}>"
    return f"<@{id_}>" if menu is hikari.ComponentType.USER_SELECT_MENU else role_mention(guild, id_)


def _limit_text(guild: int, role: int, limit: RoleLimit, locale: str) -> str:
    parts = ((TOKEN_LIMIT, limit.tokens_a_day), (AUDIO_LIMIT, limit.audio_s_a_day))
    limits = ", ".join(translate(text, locale, amount=amount) for text, amount in parts if amount)
    return translate(LIMIT_OF_ROLE, locale, role=role_mention(guild, role), limits=limits)


@screen.button(ACCESS_ID, state="|".join(AccessPart), values=SNOWFLAKE)
async def change(context: yuyo.components.Context, preferences: alluka.Injected[Preferences]) -> None:
    """Show the card, or apply what was chosen on it and redraw it; choosing a role opens the form with its limits.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
    """
    interaction = context.interaction
    guild, locale, part = require(interaction), str(interaction.locale), AccessPart(context.id_metadata)
    values = [int(value) for value in interaction.values]
    if part is AccessPart.ROLE:
        limit = (await preferences.guild(guild)).role_limits.get(values[0], RoleLimit())
        rows = [
            _limit_row("tokens", TOKENS, limit.tokens_a_day, locale),
            _limit_row("audio", AUDIO, limit.audio_s_a_day, locale),
        ]
        await interaction.create_modal_response(
            translate(FORM_TITLE, locale), f"{FORM_ID}:{values[0]}", components=rows
        )
        return
    if (chosen := _LISTS.get(part)) is not None:
        await preferences.change_guild(guild, lambda before: _changed(before, chosen, values))
    card = build_access_card(guild, await preferences.guild(guild), locale)
    if part is AccessPart.SHOW:
        await interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_CREATE, component=card, flags=hikari.MessageFlag.EPHEMERAL
        )
        return
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card)


def _limit_row(name: str, label: str, value: int, locale: str) -> hikari.api.ModalActionRowBuilder:
    shown, empty = str(value or ""), translate(EMPTY_IS_NONE, locale)
    return text_row(
        name, translate(label, locale), value=shown, placeholder=empty, max_chars=12, long=False, required=False
    )


def _changed(before: GuildPreferences, chosen: AccessList, values: Sequence[int]) -> GuildPreferences:
    access: Access = replace(before.access, **{chosen.field: frozenset(values)})
    return replace(before, access=access)


@screen.form(FORM_ID, state=SNOWFLAKE)
async def change_limits(
    context: yuyo.modals.Context, card: alluka.Injected[SettingsCard], preferences: alluka.Injected[Preferences]
) -> None:
    """Set the limits of a role, and redraw the card.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
        NotALimitError: a limit is not a number above 0.
    """
    interaction = context.interaction
    guild, role = require(interaction), int(context.id_metadata)
    given = as_limits(texts_in(interaction))
    limit = RoleLimit(given["tokens"], given["audio"])

    def changed(before: GuildPreferences) -> GuildPreferences:
        others = {known: one for known, one in before.role_limits.items() if known != role}
        return replace(before, role_limits=others if limit == RoleLimit() else {**others, role: limit})

    choices = await preferences.change_guild(guild, changed)
    build = build_access_card(guild, choices, str(interaction.locale))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=build)
