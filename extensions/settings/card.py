"""The card with the settings of a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Never

import hikari

from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import language_name, translate
from bot.preferences.choices import (
    MAX_CHANNELS,
    GuildPreferences,
    SpeakMode,
    SpokenLength,
    TranscriptStyle,
)
from bot.preferences.preferences import Preferences
from bot.settings import Settings
from bot.ui.channel_permissions import LACKS_INTENT
from bot.ui.screen import Screen
from extensions.settings.limits import CHANGE_LIMITS, limit_texts
from extensions.settings.menus import offered_languages, role_mention, role_menu, secondary_button, select_menu
from extensions.settings.parts import (
    ACCESS_ID,
    SETTINGS_ID,
    TRANSLATIONS_ID,
    AccessPart,
    SettingsPart,
    TranslationsPart,
)

screen = Screen()


TITLE = _("### How I behave on this server")
SPEAKING = _("**Speaking** · when answers are spoken, unless /join has set something else for a channel")
TRANSCRIBED = _(
    "**Transcripts** · channels in which every voice note is written down, and answered if it begins with my name: "
    "{channels}"
)
NO_CHANNELS = _("none")
STYLE = _("**How transcripts look**")
TRANSLATED = _("**Translations** · below the words of notes in another language: {listed}")
CHANGE_TRANSLATIONS = _("Change translations")
LANGUAGES = _("**Languages** · those spoken in recordings here; /hearing sets the vocabulary")
RETENTION = _("**Memory** · when questions and answers are forgotten")
TEACHING = _(
    "**Teaching** · who may correct me: {correct}; who may approve corrections, besides managers: "
    "{approve}; where corrections are posted for review: {channel}"
)
WAITING = _("⏳ Corrections waiting for a decision: {count}. /corrections list opens them.")
REVIEW_CHANNEL = _("The channel for corrections")
EVERYBODY, NOBODY = _("everyone"), _("nobody")
TRAINING = _("**Training** · who may train and test models, besides managers: {train}")
TRAINING_ROLE = _("The role that may train")
ALLOW_THERE = _(
    "-# Discord hides the commands for that from this role (/train, /test, /jobs list) until you allow them: "
    "Server Settings, Integrations."
)
CORRECTING_ROLE = _("The role that may correct me")
APPROVING_ROLE = _("The role that may approve")
LIMITS = _("**Daily limits** · {limits}")
NO_LIMITS = _("only my host's")
WHO_MAY = _("Who may use me")
HOST = _("My host's default")
SPEAK_LABELS = {SpeakMode.NEVER: _("never"), SpeakMode.VOICE: _("to voice notes"), SpeakMode.ALWAYS: _("always")}
LENGTH_LABELS = {
    SpokenLength.WHOLE: _("long answers are spoken in full"),
    SpokenLength.SHORT: _("only the beginning of long answers is spoken"),
    SpokenLength.OFF: _("long answers are not spoken"),
}
STYLE_LABELS = {
    TranscriptStyle.QUOTE: _("quoted"),
    TranscriptStyle.PLAIN: _("as text, with language and length"),
    TranscriptStyle.TIMES: _("with the time of each sentence"),
}
DAYS = ngettext("after {days} day", "after {days} days", number="days")
ANY = _("any")
DAY_CHOICES = (1, 7, 14, 30, 90, 180, 365)

_KINDS = (
    hikari.ChannelType.GUILD_TEXT,
    hikari.ChannelType.GUILD_NEWS,
    hikari.ChannelType.GUILD_PUBLIC_THREAD,
    hikari.ChannelType.GUILD_PRIVATE_THREAD,
    hikari.ChannelType.GUILD_FORUM,
)


Phrase = Callable[..., str]
"""Translates a sentence, filled with parameters, for the person who sees the card."""

_REVIEW_KINDS = (hikari.ChannelType.GUILD_TEXT, hikari.ChannelType.GUILD_PRIVATE_THREAD)


@screen.service
class SettingsCard:
    """Builds the card."""

    def __init__(self, preferences: Preferences, corrections: Corrections, settings: Settings) -> None:
        self._preferences = preferences
        self._corrections = corrections
        self._settings = settings

    async def build(self, guild: int, locale: str) -> hikari.api.ContainerComponentBuilder:
        """The card of ``guild``."""
        choices = await self._preferences.guild(guild)

        def phrase(sentence: str, **params: object) -> str:
            return translate(sentence, locale, **params)

        card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
        card.add_text_display(phrase(TITLE))
        _add_speaking(card, choices, phrase)
        self._add_transcripts(card, choices, locale, phrase)
        offered = offered_languages(choices.languages, locale)
        card.add_text_display(phrase(LANGUAGES))
        card.add_action_row([_select(SettingsPart.LANGUAGES, offered, several=10, placeholder=phrase(ANY))])
        self._add_retention(card, choices, phrase)
        await self._add_teaching(card, guild, choices, phrase)
        train = phrase(NOBODY) if choices.roles.train is None else role_mention(guild, choices.roles.train)
        training = [phrase(TRAINING, train=train)]
        if choices.roles.train is not None:
            training.append(phrase(ALLOW_THERE))
        card.add_text_display("\n".join(training))
        card.add_action_row([role_menu(f"{SETTINGS_ID}:{SettingsPart.TRAIN}", phrase(TRAINING_ROLE))])
        listed = ", ".join(limit_texts(choices.limits, locale))
        card.add_text_display(phrase(LIMITS, limits=listed or phrase(NO_LIMITS)))
        card.add_action_row(
            [
                secondary_button(custom_id, phrase(label))
                for custom_id, label in (
                    (f"{SETTINGS_ID}:{SettingsPart.LIMITS}", CHANGE_LIMITS),
                    (f"{ACCESS_ID}:{AccessPart.SHOW}", WHO_MAY),
                )
            ]
        )
        return card

    def _add_transcripts(
        self, card: hikari.api.ContainerComponentBuilder, choices: GuildPreferences, locale: str, phrase: Phrase
    ) -> None:
        written = ", ".join(f"<#{channel}>" for channel in sorted(choices.transcribed_channels))
        card.add_text_display(phrase(TRANSCRIBED, channels=written or phrase(NO_CHANNELS)))
        if choices.transcribed_channels and not self._settings.message_content_intent:
            card.add_text_display(phrase(LACKS_INTENT))
        channels = hikari.impl.ChannelSelectMenuBuilder(
            custom_id=f"{SETTINGS_ID}:{SettingsPart.CHANNELS}",
            channel_types=_KINDS,
            min_values=0,
            max_values=MAX_CHANNELS,
        )
        card.add_action_row([channels])
        card.add_text_display(phrase(STYLE))
        styles = [(one, phrase(STYLE_LABELS[one]), choices.transcript_style is one) for one in TranscriptStyle]
        card.add_action_row([_select(SettingsPart.STYLE, styles)])
        if choices.transcribed_channels:
            listed = "; ".join(translations_of(choices, locale)) or phrase(NO_CHANNELS)
            card.add_text_display(phrase(TRANSLATED, listed=listed))
            card.add_action_row(
                [secondary_button(f"{TRANSLATIONS_ID}:{TranslationsPart.SHOW}", phrase(CHANGE_TRANSLATIONS))]
            )

    def _add_retention(
        self, card: hikari.api.ContainerComponentBuilder, choices: GuildPreferences, phrase: Phrase
    ) -> None:
        card.add_text_display(phrase(RETENTION))
        days = [("0", phrase(HOST), choices.retention_days is None)]
        days += [
            (str(count), phrase(DAYS, days=count), choices.retention_days == count)
            for count in DAY_CHOICES
            if count < self._settings.retention_days or count == choices.retention_days
        ]
        card.add_action_row([_select(SettingsPart.DAYS, days)])

    async def _add_teaching(
        self, card: hikari.api.ContainerComponentBuilder, guild: int, choices: GuildPreferences, phrase: Phrase
    ) -> None:
        roles = choices.roles
        correct = phrase(EVERYBODY) if roles.correct is None else role_mention(guild, roles.correct)
        approve = phrase(NOBODY) if roles.approve is None else role_mention(guild, roles.approve)
        shown_in = phrase(NO_CHANNELS) if choices.review_channel is None else f"<#{choices.review_channel}>"
        card.add_text_display(phrase(TEACHING, correct=correct, approve=approve, channel=shown_in))
        if waiting := await self._corrections.waiting(guild):
            card.add_text_display(phrase(WAITING, count=waiting))
        review = hikari.impl.ChannelSelectMenuBuilder(
            custom_id=f"{SETTINGS_ID}:{SettingsPart.REVIEW}",
            channel_types=_REVIEW_KINDS,
            placeholder=phrase(REVIEW_CHANNEL),
            min_values=0,
            max_values=1,
        )
        card.add_action_row([review])
        card.add_action_row([role_menu(f"{SETTINGS_ID}:{SettingsPart.CORRECT}", phrase(CORRECTING_ROLE))])
        card.add_action_row([role_menu(f"{SETTINGS_ID}:{SettingsPart.APPROVE}", phrase(APPROVING_ROLE))])


def _add_speaking(card: hikari.api.ContainerComponentBuilder, choices: GuildPreferences, phrase: Phrase) -> None:
    card.add_text_display(phrase(SPEAKING))
    speaks = [("host", phrase(HOST), choices.speak is None)]
    speaks += [(mode, phrase(SPEAK_LABELS[mode]), choices.speak is mode) for mode in SpeakMode]
    card.add_action_row([_select(SettingsPart.SPEAK, speaks)])
    lengths = [(one, phrase(LENGTH_LABELS[one]), choices.spoken_length is one) for one in SpokenLength]
    card.add_action_row([_select(SettingsPart.LENGTH, lengths)])


def translations_of(choices: GuildPreferences, locale: str) -> list[str]:
    """The channels whose notes are translated, each with its languages."""
    return [
        f"<#{channel}> → {', '.join(language_name(code, locale) for code in codes)}"
        for channel in sorted(choices.transcribed_channels)
        if (codes := choices.transcript_languages.get(channel))
    ]


def _select(
    part: SettingsPart, options: Sequence[tuple[str, str, bool]], *, several: int = 1, placeholder: str = ""
) -> hikari.impl.TextSelectMenuBuilder[Never]:
    return select_menu(f"{SETTINGS_ID}:{part}", options, several=several, placeholder=placeholder)
