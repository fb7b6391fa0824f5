"""The card with what a server can set, and what happens when someone uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Never

import alluka
import hikari
import yuyo

from bot.corrections.service import Corrections
from bot.errors import StarlingError
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
from bot.ui.channel_permissions import LACKS_INTENT, permissions_in
from bot.ui.component_router import ButtonExpiredError
from bot.ui.modal_router import text_row, texts_in
from bot.ui.permissions import named, require
from bot.ui.screen import Screen

screen = Screen()

CARD_ID, LIMITS_FORM_ID = "set", "set-limits"
ACCESS_ID, TRANSLATIONS_ID = "access:show", "translations:show"
"""Open the cards of ``extensions/settings/access.py`` and ``translations.py``."""

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
CORRECTING_ROLE = _("The role that may correct me")
APPROVING_ROLE = _("The role that may approve")
LIMITS = _("**Daily limits** · {limits}")
NO_LIMITS = _("only my host's")
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
WHO_MAY = _("Who may use me")
EMPTY_IS_NONE = _("Empty: no limit but my host's")
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
COMMON_LANGUAGES = (
    "en", "ru", "uk", "es", "pt", "fr", "de", "it", "nl", "pl", "cs", "sk", "hu", "ro", "bg", "el", "tr", "ar", "he",
    "fa", "hi", "zh", "ja", "ko",
)  # fmt: skip
"""Discord shows 25 choices."""

_KINDS = (
    hikari.ChannelType.GUILD_TEXT,
    hikari.ChannelType.GUILD_NEWS,
    hikari.ChannelType.GUILD_PUBLIC_THREAD,
    hikari.ChannelType.GUILD_PRIVATE_THREAD,
    hikari.ChannelType.GUILD_FORUM,
)


Phrase = Callable[..., str]
"""A sentence in the language of whoever looks, with what fills it."""

_REVIEW_KINDS = (hikari.ChannelType.GUILD_TEXT, hikari.ChannelType.GUILD_PRIVATE_THREAD)


class NotALimitError(StarlingError):
    """Raised when a limit is not a number above 0."""

    sentence = _("{given} is not a limit: write a number above 0, or nothing.")

    def __init__(self, given: str) -> None:
        super().__init__(given=given[:40])


class MayNotShowThereError(StarlingError):
    """Raised when corrections are to be shown in a channel where the bot may not write."""

    sentence = _(
        "I may not write in {channel}. Give me the permissions {permissions} there first, then choose it again."
    )

    def __init__(self, channel: int, lacking: hikari.Permissions) -> None:
        super().__init__(channel=f"<#{channel}>", permissions=named(lacking))


@screen.service
class SettingsCard:
    """Draws the card."""

    def __init__(self, preferences: Preferences, corrections: Corrections, settings: Settings) -> None:
        self._preferences = preferences
        self._corrections = corrections
        self._settings = settings

    async def limits(self, guild: int) -> dict[str, int]:
        """The limits that the guild has set, by the names of their fields."""
        limits: dict[str, int] = asdict((await self._preferences.guild(guild)).limits)
        return {name: limit for name, limit in limits.items() if limit}

    async def set_limits(self, guild: int, given: dict[str, str]) -> None:
        """
        Raises:
            NotALimitError: one is not a number above 0; none is set.
        """
        limits = {name: limit for name, limit in as_limits(given).items() if name in LIMIT_LABELS}
        await self._preferences.change_guild(
            guild, lambda chosen: replace(chosen, limits=replace(chosen.limits, **limits))
        )

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
        card.add_action_row([_select("languages", offered, several=10, placeholder=phrase(ANY))])
        self._add_retention(card, choices, phrase)
        await self._add_teaching(card, guild, choices, phrase)
        train = phrase(NOBODY) if choices.roles.train is None else role_mention(guild, choices.roles.train)
        card.add_text_display(phrase(TRAINING, train=train))
        card.add_action_row([_role_select("train", phrase(TRAINING_ROLE))])
        limits = await self.limits(guild)
        listed = ", ".join(phrase(LIMIT_TEXTS[name], amount=amount) for name, amount in limits.items())
        card.add_text_display(phrase(LIMITS, limits=listed or phrase(NO_LIMITS)))
        card.add_action_row(
            [
                secondary_button(custom_id, phrase(label))
                for custom_id, label in ((f"{CARD_ID}:limits", CHANGE_LIMITS), (ACCESS_ID, WHO_MAY))
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
            custom_id=f"{CARD_ID}:channels", channel_types=_KINDS, min_values=0, max_values=MAX_CHANNELS
        )
        card.add_action_row([channels])
        card.add_text_display(phrase(STYLE))
        styles = [(one, phrase(STYLE_LABELS[one]), choices.transcript_style is one) for one in TranscriptStyle]
        card.add_action_row([_select("style", styles)])
        if choices.transcribed_channels:
            listed = "; ".join(translations_of(choices, locale)) or phrase(NO_CHANNELS)
            card.add_text_display(phrase(TRANSLATED, listed=listed))
            card.add_action_row([secondary_button(TRANSLATIONS_ID, phrase(CHANGE_TRANSLATIONS))])

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
        card.add_action_row([_select("days", days)])

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
            custom_id=f"{CARD_ID}:review", channel_types=_REVIEW_KINDS, placeholder=phrase(REVIEW_CHANNEL),
            min_values=0, max_values=1,
        )  # fmt: skip
        card.add_action_row([review])
        card.add_action_row([_role_select("correct", phrase(CORRECTING_ROLE))])
        card.add_action_row([_role_select("approve", phrase(APPROVING_ROLE))])


def _add_speaking(card: hikari.api.ContainerComponentBuilder, choices: GuildPreferences, phrase: Phrase) -> None:
    card.add_text_display(phrase(SPEAKING))
    speaks = [("host", phrase(HOST), choices.speak is None)]
    speaks += [(mode, phrase(SPEAK_LABELS[mode]), choices.speak is mode) for mode in SpeakMode]
    card.add_action_row([_select("speak", speaks)])
    lengths = [(one, phrase(LENGTH_LABELS[one]), choices.spoken_length is one) for one in SpokenLength]
    card.add_action_row([_select("length", lengths)])


def translations_of(choices: GuildPreferences, locale: str) -> list[str]:
    """The channels whose notes are translated, each with its languages."""
    return [
        f"<#{channel}> → {', '.join(language_name(code, locale) for code in codes)}"
        for channel in sorted(choices.transcribed_channels)
        if (codes := choices.transcript_languages.get(channel))
    ]


def secondary_button(custom_id: str, label: str) -> hikari.impl.InteractiveButtonBuilder:
    return hikari.impl.InteractiveButtonBuilder(style=hikari.ButtonStyle.SECONDARY, custom_id=custom_id, label=label)


def offered_languages(chosen: Sequence[str], locale: str) -> list[tuple[str, str, bool]]:
    """The languages of a menu, by name, and whether they are ``chosen``."""
    known = sorted({*COMMON_LANGUAGES, *chosen[:1]}, key=lambda code: language_name(code, locale))[:25]
    return [(code, language_name(code, locale), code in chosen) for code in known]


def _select(
    what: str, options: Sequence[tuple[str, str, bool]], *, several: int = 1, placeholder: str = ""
) -> hikari.impl.TextSelectMenuBuilder[Never]:
    return select_menu(f"{CARD_ID}:{what}", options, several=several, placeholder=placeholder)


def select_menu(
    custom_id: str, options: Sequence[tuple[str, str, bool]], *, several: int = 1, placeholder: str = ""
) -> hikari.impl.TextSelectMenuBuilder[Never]:
    """A menu of values, labels, and whether they are chosen; up to ``several`` of them, or none."""
    menu: hikari.impl.TextSelectMenuBuilder[Never] = hikari.impl.TextSelectMenuBuilder(
        custom_id=custom_id,
        placeholder=placeholder or hikari.UNDEFINED,
        min_values=0 if several > 1 else 1,
        max_values=min(several, len(options)),
    )
    for value, label, chosen in options:
        menu.add_option(label[:100], value, is_default=chosen)
    return menu


def _role_select(what: str, placeholder: str) -> hikari.impl.SelectMenuBuilder:
    return hikari.impl.SelectMenuBuilder(
        type=hikari.ComponentType.ROLE_SELECT_MENU,
        custom_id=f"{CARD_ID}:{what}",
        placeholder=placeholder,
        min_values=0,
        max_values=1,
    )


def as_limits(given: dict[str, str]) -> dict[str, int]:
    """What was written, as numbers; 0 for nothing.

    Raises:
        NotALimitError: one is not a number above 0.
    """
    for text in given.values():
        if text and not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**12):
            raise NotALimitError(text)
    return {name: int(text or 0) for name, text in given.items()}


def role_mention(guild: int, role: int) -> str:
    """A role as Discord shows it."""
    # The role of everyone has the guild's id.
    return "@everyone" if role == guild else f"<@&{role}>"


@screen.button(CARD_ID, state="[a-z]+")
async def change(
    context: yuyo.components.Context,
    card: alluka.Injected[SettingsCard],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Set what was chosen on the card, and draw it anew.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
        MayNotShowThereError: of the channel for corrections.
    """
    interaction = context.interaction
    guild, locale = require(interaction), str(interaction.locale)
    values = [str(value) for value in interaction.values]
    if context.id_metadata == "limits":
        limits = await card.limits(guild)
        rows = [
            text_row(
                name,
                translate(label, locale),
                value=str(limits.get(name, "")),
                placeholder=translate(EMPTY_IS_NONE, locale),
                max_chars=12,
                long=False,
                required=False,
            )
            for name, label in LIMIT_LABELS.items()
        ]
        await interaction.create_modal_response(translate(CHANGE_LIMITS, locale), LIMITS_FORM_ID, components=rows)
        return
    if context.id_metadata == "review" and values:
        await _require_may_show(interaction, guild, int(values[0]))
    await preferences.change_guild(guild, lambda before: _changed(before, context.id_metadata, values))
    build = await card.build(guild, locale)
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=build)


async def _require_may_show(interaction: hikari.ComponentInteraction, guild: int, channel: int) -> None:
    needed = hikari.Permissions.VIEW_CHANNEL | hikari.Permissions.SEND_MESSAGES
    lacking = needed & ~await permissions_in(interaction.app.rest, guild, channel, interaction.application_id)
    if lacking:
        raise MayNotShowThereError(channel, lacking)


def _changed(before: GuildPreferences, what: str, values: Sequence[str]) -> GuildPreferences:
    """``before``, with ``values`` chosen in the menu ``what``."""
    match what:
        case "speak":
            return replace(before, speak=None if values[0] == "host" else SpeakMode(values[0]))
        case "length":
            return replace(before, spoken_length=SpokenLength(values[0]))
        case "style":
            return replace(before, transcript_style=TranscriptStyle(values[0]))
        case "channels":
            channels = frozenset(int(value) for value in values)
            languages = {
                channel: codes for channel, codes in before.transcript_languages.items() if channel in channels
            }
            return replace(before, transcribed_channels=channels, transcript_languages=languages)
        case "days":
            return replace(before, retention_days=int(values[0]) or None)
        case "languages":
            return replace(before, languages=tuple(values))
        case "back":
            return before
        case "review":
            return replace(before, review_channel=_chosen_id(values))
        case "correct":
            return replace(before, roles=replace(before.roles, correct=_chosen_id(values)))
        case "approve":
            return replace(before, roles=replace(before.roles, approve=_chosen_id(values)))
        case "train":
            return replace(before, roles=replace(before.roles, train=_chosen_id(values)))
        case _:
            raise ButtonExpiredError


def _chosen_id(values: Sequence[str]) -> int | None:
    return int(values[0]) if values else None


@screen.form(LIMITS_FORM_ID)
async def change_limits(context: yuyo.modals.Context, card: alluka.Injected[SettingsCard]) -> None:
    """Set the limits that were written in the form, and draw the card anew.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
        NotALimitError: one is not a number above 0.
    """
    interaction = context.interaction
    guild = require(interaction)
    await card.set_limits(guild, texts_in(interaction))
    build = await card.build(guild, str(interaction.locale))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=build)
