"""What the custom ids on the settings cards consist of: which card, a colon, and which of its parts was used."""

from __future__ import annotations

from enum import StrEnum

SETTINGS_ID, ACCESS_ID, TRANSLATIONS_ID = "set", "access", "translations"


class SettingsPart(StrEnum):
    """The part that was used on the card with the settings of a server."""

    SPEAK = "speak"
    LENGTH = "length"
    CHANNELS = "channels"
    STYLE = "style"
    LANGUAGES = "languages"
    DAYS = "days"
    REVIEW = "review"
    CORRECT = "correct"
    APPROVE = "approve"
    TRAIN = "train"
    LIMITS = "limits"
    BACK = "back"
    """The button that leads back from a card that was opened from this one."""


class AccessPart(StrEnum):
    """The part that was used on the card that sets who may use Starling."""

    SHOW = "show"
    """The button on another card that opens this one."""
    ROLE = "role"
    """The menu of roles whose limits are to be set."""
    ONLY_CHANNELS = "only-channels"
    NOT_CHANNELS = "not-channels"
    ONLY_ROLES = "only-roles"
    NOT_ROLES = "not-roles"
    NOT_PEOPLE = "not-people"


class TranslationsPart(StrEnum):
    """The part that was used on the card of translations; in place of it, there may be the id of a channel whose
    languages were chosen."""

    SHOW = "show"
    """The button on another card that opens this one."""
    PICK = "pick"
    """The menu of channels."""
