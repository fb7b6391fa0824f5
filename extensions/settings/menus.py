"""The building blocks of the settings cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

import hikari

from bot.i18n.translation import language_name

COMMON_LANGUAGES = (
    "en", "ru", "uk", "es", "pt", "fr", "de", "it", "nl", "pl", "cs", "sk", "hu", "ro", "bg", "el", "tr", "ar", "he",
    "fa", "hi", "zh", "ja", "ko",
)  # fmt: skip
"""Discord shows at most 25 choices."""


def secondary_button(custom_id: str, label: str) -> hikari.impl.InteractiveButtonBuilder:
    return hikari.impl.InteractiveButtonBuilder(style=hikari.ButtonStyle.SECONDARY, custom_id=custom_id, label=label)


def offered_languages(chosen: Sequence[str], locale: str) -> list[tuple[str, str, bool]]:
    """The languages of a menu as (code, name, whether it is ``chosen``), sorted by name."""
    known = sorted({*COMMON_LANGUAGES, *chosen[:1]}, key=lambda code: language_name(code, locale))[:25]
    return [(code, language_name(code, locale), code in chosen) for code in known]


def select_menu(
    custom_id: str, options: Sequence[tuple[str, str, bool]], *, several: int = 1, placeholder: str = ""
) -> hikari.impl.TextSelectMenuBuilder[Never]:
    """A menu of ``options``, which are (value, label, whether it is chosen). With ``several`` above 1, up to that many
    can be chosen, or none."""
    menu: hikari.impl.TextSelectMenuBuilder[Never] = hikari.impl.TextSelectMenuBuilder(
        custom_id=custom_id,
        placeholder=placeholder or hikari.UNDEFINED,
        min_values=0 if several > 1 else 1,
        max_values=min(several, len(options)),
    )
    for value, label, chosen in options:
        menu.add_option(label[:100], value, is_default=chosen)
    return menu


def role_menu(custom_id: str, placeholder: str) -> hikari.impl.SelectMenuBuilder:
    """A menu in which one role is chosen, or none."""
    return hikari.impl.SelectMenuBuilder(
        type=hikari.ComponentType.ROLE_SELECT_MENU,
        custom_id=custom_id,
        placeholder=placeholder,
        min_values=0,
        max_values=1,
    )


def role_mention(guild: int, role: int) -> str:
    """A role as Discord shows it."""
    # The @everyone role has the guild's id.
    return "@everyone" if role == guild else f"<@&{role}>"
