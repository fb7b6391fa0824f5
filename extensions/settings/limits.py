"""The daily limits of a server and of each of its members: how they are shown and entered."""

from __future__ import annotations

from dataclasses import asdict

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import translate
from bot.preferences.choices import DailyLimits
from bot.ui.modal_router import text_row

LIMITS_FORM_ID = "set-limits"

LIMIT_TEXTS = {
    "tokens_a_day": ngettext("server: {amount} token", "server: {amount} tokens", number="amount"),
    "audio_s_a_day": _("server: {amount} s of recordings"),
    "member_tokens_a_day": ngettext("each member: {amount} token", "each member: {amount} tokens", number="amount"),
    "member_audio_s_a_day": _("each member: {amount} s of recordings"),
}
LIMIT_LABELS = {
    "tokens_a_day": _("Tokens of the server a day"),
    "audio_s_a_day": _("Seconds of recordings of the server a day"),
    "member_tokens_a_day": _("Tokens of each member a day"),
    "member_audio_s_a_day": _("Seconds of recordings of each member a day"),
}
CHANGE_LIMITS = _("Change limits")
EMPTY_IS_NONE = _("Empty: no limit but my host's")


class NotALimitError(StarlingError):
    """Raised when a limit is not a number above 0."""

    sentence = _("{given} is not a limit: write a number above 0, or nothing.")

    def __init__(self, given: str) -> None:
        super().__init__(given=given[:40])


def limit_texts(limits: DailyLimits, locale: str) -> list[str]:
    """One text for each limit that the server has set."""
    return [translate(LIMIT_TEXTS[name], locale, amount=limit) for name, limit in asdict(limits).items() if limit]


async def open_limits_form(interaction: hikari.ComponentInteraction, limits: DailyLimits) -> None:
    """Open the form in which the person enters the limits."""
    locale, before = str(interaction.locale), asdict(limits)
    rows = [
        text_row(
            name,
            translate(label, locale),
            value=str(before[name] or ""),
            placeholder=translate(EMPTY_IS_NONE, locale),
            max_chars=12,
            long=False,
            required=False,
        )
        for name, label in LIMIT_LABELS.items()
    ]
    await interaction.create_modal_response(translate(CHANGE_LIMITS, locale), LIMITS_FORM_ID, components=rows)


def as_limits(given: dict[str, str]) -> dict[str, int]:
    """The entered limits as numbers; 0 for an empty field.

    Raises:
        NotALimitError: a limit is not a number above 0.
    """
    for text in given.values():
        if text and not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**12):
            raise NotALimitError(text)
    return {name: int(text or 0) for name, text in given.items()}
