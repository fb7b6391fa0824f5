"""What the custom ids of the cards of settings say: which card, a colon, and which of its parts was used."""

from __future__ import annotations

from enum import StrEnum

SETTINGS_ID, ACCESS_ID, TRANSLATIONS_ID = "set", "access", "translations"


class SettingsPart(StrEnum):
    """What was used on the card of what a server can set."""

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
    """From a card that was opened from this one."""


class AccessPart(StrEnum):
    """What was used on the card of who may use Starling."""

    SHOW = "show"
    """A button of another card."""
    ROLE = "role"
    """The menu of roles whose limits are to be set."""
    ONLY_CHANNELS = "only-channels"
    NOT_CHANNELS = "not-channels"
    ONLY_ROLES = "only-roles"
    NOT_ROLES = "not-roles"
    NOT_PEOPLE = "not-people"


class TranslationsPart(StrEnum):
    """What was used on the card of translations; or else the id of a channel, of which languages were chosen."""

    SHOW = "show"
    """A button of another card."""
    PICK = "pick"
    """The menu of channels."""
