"""The card with what a server can set, and what happens when someone uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Never, cast

import alluka
import hikari
import yuyo

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import language_name, translate
from bot.preferences.guild import MAX_CHANNELS, STYLES, ChosenByGuilds, TranscriptStyle
from bot.preferences.joined_channels import SPEAK_MODES, Speak
from bot.preferences.recognition import ChosenHearing
from bot.preferences.roles import ChosenRules
from bot.preferences.store import SettingsStore
from bot.settings import Settings
from bot.ui.channel_permissions import LACKS_INTENT
from bot.ui.modal_router import text_row, texts_in
from bot.ui.permissions import require_manager
from bot.ui.screen import Screen
from bot.usage.budgets import GUILD_SETTINGS

screen = Screen()

CARD_ID, LIMITS_FORM_ID = "set", "set-limits"

TITLE = _("### How I behave on this server")
SPEAKING = _("**Speaking** · when answers are spoken, where a channel has not been given its own way by /join")
TRANSCRIBED = _("**Transcripts** · channels in which every voice note is written down, without an answer: {channels}")
NO_CHANNELS = _("none")
STYLE = _("**How transcripts look**")
LANGUAGES = _("**Languages** · those that are spoken in recordings here; the vocabulary is set by /hearing")
RETENTION = _("**Memory** · after how long questions and answers are forgotten")
TEACHING = _("**Teaching** · who may correct me: {correct}; who may approve that, besides managers: {approve}")
EVERYBODY, NOBODY = _("everyone"), _("nobody")
TRAINING = _("**Training** · who may train and test models, besides managers: {train}")
TRAINING_ROLE = _("The role that may train")
CORRECTING_ROLE = _("The role that may correct me")
APPROVING_ROLE = _("The role that may approve")
LIMITS = _("**Limits a day** · {limits}")
NO_LIMITS = _("none but those of my host")
LIMIT_TEXTS = {
    "tokens_a_day": _("server: {amount} tokens"),
    "audio_s_a_day": _("server: {amount} s of recordings"),
    "member_tokens_a_day": _("each member: {amount} tokens"),
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
HOST = _("As my host has set it")
SPEAK_LABELS = {"never": _("never"), "voice": _("to voice notes"), "always": _("always")}
STYLE_LABELS: dict[TranscriptStyle, str] = {
    "quote": _("quoted"),
    "plain": _("as text, with language and length"),
    "times": _("with the time of each sentence"),
}
DAYS = _("after {days} days")
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


class NotALimitError(StarlingError):
    """Raised when a limit is not a number above 0."""

    sentence = _("{given} is not a limit: write a number above 0, or nothing.")

    def __init__(self, given: str) -> None:
        super().__init__(given=given[:40])


@screen.service
class SettingsCard:
    """Draws the card."""

    def __init__(
        self,
        chosen: ChosenByGuilds,
        hearing: ChosenHearing,
        rules: ChosenRules,
        store: SettingsStore,
        settings: Settings,
    ) -> None:
        self._chosen = chosen
        self._hearing = hearing
        self._rules = rules
        self._store = store
        self._settings = settings

    async def limits(self, guild: int) -> dict[str, int]:
        """The limits that the guild has set, by the names of ``GUILD_SETTINGS``."""
        found = {name: await self._store.get("guild", int(guild), name) for name in GUILD_SETTINGS.values()}
        return {name: round(value) for name, value in found.items() if isinstance(value, int | float) and value > 0}

    async def set_limits(self, guild: int, given: dict[str, str]) -> None:
        """
        Raises:
            NotALimitError: one is not a number above 0; none is set.
        """
        for text in given.values():
            if text and not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**12):
                raise NotALimitError(text)
        for name, text in given.items():
            if text:
                await self._store.set("guild", int(guild), name, int(text))
            else:
                await self._store.reset("guild", int(guild), name)

    async def drawn(self, guild: int, locale: str) -> hikari.api.ContainerComponentBuilder:
        """The card of ``guild``."""
        choices = await self._chosen.of(guild)
        languages = (await self._hearing.of(guild)).languages
        limits = await self.limits(guild)

        def said(sentence: str, **facts: object) -> str:
            return translate(sentence, locale, **facts)

        card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
        card.add_text_display(said(TITLE))
        card.add_text_display(said(SPEAKING))
        speaks = [("host", said(HOST), choices.speak is None)]
        speaks += [(mode, said(SPEAK_LABELS[mode]), choices.speak == mode) for mode in SPEAK_MODES]
        card.add_action_row([_select("speak", speaks)])
        written = ", ".join(f"<#{channel}>" for channel in sorted(choices.transcribed))
        card.add_text_display(said(TRANSCRIBED, channels=written or said(NO_CHANNELS)))
        if choices.transcribed and not self._settings.message_content_intent:
            card.add_text_display(said(LACKS_INTENT))
        channels = hikari.impl.ChannelSelectMenuBuilder(
            custom_id=f"{CARD_ID}:channels", channel_types=_KINDS, min_values=0, max_values=MAX_CHANNELS
        )
        card.add_action_row([channels])
        card.add_text_display(said(STYLE))
        card.add_action_row(
            [_select("style", [(style, said(STYLE_LABELS[style]), choices.style == style) for style in STYLES])]
        )
        card.add_text_display(said(LANGUAGES))
        known = sorted({*COMMON_LANGUAGES, *languages[:1]}, key=lambda code: language_name(code, locale))[:25]
        offered = [(code, language_name(code, locale), code in languages) for code in known]
        card.add_action_row([_select("languages", offered, several=10, placeholder=said(ANY))])
        card.add_text_display(said(RETENTION))
        days = [("0", said(HOST), choices.retention_days is None)]
        days += [
            (str(count), said(DAYS, days=count), choices.retention_days == count)
            for count in DAY_CHOICES
            if count < self._settings.retention_days or count == choices.retention_days
        ]
        card.add_action_row([_select("days", days)])
        rules = await self._rules.of(guild)
        correct = said(EVERYBODY) if rules.correct is None else _role(guild, rules.correct)
        approve = said(NOBODY) if rules.approve is None else _role(guild, rules.approve)
        card.add_text_display(said(TEACHING, correct=correct, approve=approve))
        card.add_action_row([_role_select("correct", said(CORRECTING_ROLE))])
        card.add_action_row([_role_select("approve", said(APPROVING_ROLE))])
        train = said(NOBODY) if rules.train is None else _role(guild, rules.train)
        card.add_text_display(said(TRAINING, train=train))
        card.add_action_row([_role_select("train", said(TRAINING_ROLE))])
        told = ", ".join(said(LIMIT_TEXTS[name], amount=amount) for name, amount in limits.items())
        card.add_text_display(said(LIMITS, limits=told or said(NO_LIMITS)))
        button = hikari.impl.InteractiveButtonBuilder(
            style=hikari.ButtonStyle.SECONDARY, custom_id=f"{CARD_ID}:limits", label=said(CHANGE_LIMITS)
        )
        card.add_action_row([button])
        return card


def _select(
    what: str, options: Sequence[tuple[str, str, bool]], *, several: int = 1, placeholder: str = ""
) -> hikari.impl.TextSelectMenuBuilder[Never]:
    """A menu of values, labels, and whether they are chosen; up to ``several`` of them, or none."""
    menu: hikari.impl.TextSelectMenuBuilder[Never] = hikari.impl.TextSelectMenuBuilder(
        custom_id=f"{CARD_ID}:{what}",
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


def _role(guild: int, role: int) -> str:
    # The role of everyone has the guild's id.
    return "@everyone" if role == guild else f"<@&{role}>"


@screen.button(CARD_ID)
async def change(
    context: yuyo.components.Context,
    card: alluka.Injected[SettingsCard],
    chosen: alluka.Injected[ChosenByGuilds],
    hearing: alluka.Injected[ChosenHearing],
    rules: alluka.Injected[ChosenRules],
) -> None:
    """Set what was chosen on the card, and draw it anew.

    Raises:
        ManagersOnlyError: the person may not manage the server, or not any more.
    """
    interaction = context.interaction
    guild, locale = require_manager(interaction), str(interaction.locale)
    values = [str(value) for value in interaction.values]
    match context.id_metadata:
        case "speak":
            await chosen.choose(guild, speak=cast("Speak", values[0]))
        case "style":
            await chosen.choose(guild, style=cast("TranscriptStyle", values[0]))
        case "channels":
            await chosen.choose(guild, transcribed=frozenset(int(value) for value in values))
        case "days":
            await chosen.choose(guild, retention_days=int(values[0]))
        case "languages":
            await hearing.choose(guild, languages=tuple(values))
        case "correct":
            role = int(values[0]) if values else None
            await rules.choose(guild, replace(await rules.of(guild), correct=role))
        case "approve":
            role = int(values[0]) if values else None
            await rules.choose(guild, replace(await rules.of(guild), approve=role))
        case "train":
            role = int(values[0]) if values else None
            await rules.choose(guild, replace(await rules.of(guild), train=role))
        case "limits":
            limits = await card.limits(guild)
            rows = [
                text_row(
                    name,
                    translate(LIMIT_LABELS[name], locale),
                    value=str(limits.get(name, "")),
                    placeholder=translate(EMPTY_IS_NONE, locale),
                    most=12,
                    long=False,
                    required=False,
                )
                for name in GUILD_SETTINGS.values()
            ]
            await interaction.create_modal_response(translate(CHANGE_LIMITS, locale), LIMITS_FORM_ID, components=rows)
            return
    drawn = await card.drawn(guild, locale)
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=drawn)


@screen.form(LIMITS_FORM_ID)
async def change_limits(context: yuyo.modals.Context, card: alluka.Injected[SettingsCard]) -> None:
    """Set the limits that were written in the form, and draw the card anew.

    Raises:
        ManagersOnlyError: the person may not manage the server, or not any more.
        NotALimitError: one is not a number above 0.
    """
    interaction = context.interaction
    guild = require_manager(interaction)
    await card.set_limits(guild, texts_in(interaction))
    drawn = await card.drawn(guild, str(interaction.locale))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=drawn)
