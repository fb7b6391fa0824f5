"""Missing permissions are named in the language of the person who lacks them."""

from __future__ import annotations

import hikari

from bot.i18n.translation import translate_error
from bot.ui.permissions import ASKED, ASKER, NotPermittedError

MANAGING = hikari.Permissions.MANAGE_GUILD | hikari.Permissions.MANAGE_CHANNELS


def test_every_permission_that_is_lacking_is_named() -> None:
    error = NotPermittedError(MANAGING)
    assert "the permission Manage Channels, Manage Server" in str(error)
    assert "право «Управлять каналами, Управлять сервером»" in translate_error(error, "ru")


def test_a_channel_or_a_role_that_would_do_is_named_as_well() -> None:
    assert "Manage Server or the role <@&7>" in str(NotPermittedError(hikari.Permissions.MANAGE_GUILD, role_id=7))
    there = NotPermittedError(hikari.Permissions.MANAGE_CHANNELS, channel_id=8)
    assert "право «Управлять каналами» в <#8>" in translate_error(there, "ru")


def test_whoever_may_do_it_instead_is_named() -> None:
    asker = NotPermittedError(hikari.Permissions.MANAGE_MESSAGES, allowed=ASKER)
    assert str(asker) == "Only the one who asked, or those who have the permission Manage Messages, can do that."
    assert str(NotPermittedError(allowed=ASKED)) == "Only the one who was asked can do that."
    assert translate_error(NotPermittedError(allowed=ASKED), "ru") == "Это может сделать только тот, кого спросили."
