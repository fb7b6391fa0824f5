"""What people did not like, shown to people who can correct it, and what they can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import alluka
import hikari
import yuyo

from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.corrections.feedback import DislikedAnswer, FeedbackKind, FeedbackStore
from bot.corrections.rights import require_approver
from bot.corrections.service import Corrections
from bot.corrections.vocabulary import unknown_words, with_words
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.choices import MAX_VOCABULARY_CHARS
from bot.preferences.preferences import Preferences
from bot.ui.pages import Page, turn_to
from bot.ui.permissions import guild_of
from bot.ui.screen import SNOWFLAKE, Screen
from bot.ui.splitting import MESSAGE_LIMIT
from extensions.corrections import form as correction_form
from extensions.corrections.consent import open_form
from extensions.corrections.form import CorrectionForms, NotAnAnswerError
from extensions.corrections.text import first_words

screen = Screen()

CORRECT_ID, DISMISS_ID, TAKE_ID = "wanted-correct", "wanted-dismiss", "wanted-take"
HEADING = _("**Answers that people did not like:**")
NOTHING = _("No disliked answer is waiting to be corrected, and nobody has used /feedback.")
ANSWER = _("👎 {bad} · 👍 {good} · [{words}]({link})")
UNKNOWN = _("an answer that I no longer know")
FEEDBACK = _("**What people say about me:**")
WORDS = _("**Words I did not know**, from corrected transcripts:")
CORRECT, DISMISS, TAKE = _("Correct one"), _("Dismiss one"), _("Learn words")
_MAX_SHOWN, _MAX_WORD_CHARS, _MAX_TEXT_CHARS = 10, 60, 200


@screen.service
class Wishes:
    """Builds the page of what people want to be better."""

    def __init__(
        self, feedback: FeedbackStore, exchanges: ExchangeStore, corrections: Corrections, preferences: Preferences
    ) -> None:
        self._feedback = feedback
        self._exchanges = exchanges
        self._corrections = corrections
        self._preferences = preferences

    async def page(self, guild: int, locale: str) -> Page:
        """The answers that were disliked most and are not corrected, the latest feedback, and words to learn, with
        menus to correct or dismiss answers and to learn words."""
        lines: list[str] = []
        disliked = await self._disliked(guild)
        if disliked:
            lines.append(translate(HEADING, locale))
        for one, known in disliked:
            link = f"https://discord.com/channels/{guild}/{one.channel_id}/{one.message_id}"
            words = translate(UNKNOWN, locale) if known is None else _plain(first_words(known.reply), _MAX_WORD_CHARS)
            lines.append(translate(ANSWER, locale, bad=one.bad, good=one.good, words=words, link=link))
            lines += [f"> {_plain(reason, _MAX_TEXT_CHARS)}" for reason in one.reasons]
        if said := await self._feedback.entries(guild, FeedbackKind.FEEDBACK, _MAX_SHOWN):
            lines.append(translate(FEEDBACK, locale))
        lines += [f"- {_plain(one.text, _MAX_TEXT_CHARS)} — <@{one.user_id}>, {_when(one.given_at)}" for one in said]
        if new := await self._new_words(guild):
            lines += [translate(WORDS, locale), f"- {', '.join(new)}"]
        kept: list[str] = []
        for line in lines or [translate(NOTHING, locale)]:
            if len("\n".join([*kept, line])) > MESSAGE_LIMIT:
                break
            kept.append(line)
        return Page("\n".join(kept), _menus(disliked, new, locale))

    async def _disliked(self, guild: int) -> list[tuple[DislikedAnswer, Exchange | None]]:
        found = await self._feedback.disliked(guild, 4 * _MAX_SHOWN)
        corrected = await self._corrections.corrected_among(guild, [one.message_id for one in found])
        left = [one for one in found if one.message_id not in corrected][:_MAX_SHOWN]
        return [(one, await self._exchanges.by_reply(one.message_id)) for one in left]

    async def _new_words(self, guild: int) -> list[str]:
        said = [one.text for one in await self._feedback.entries(guild, FeedbackKind.WORDS, _MAX_SHOWN)]
        return unknown_words((await self._preferences.guild(guild)).vocabulary, said)


def _menus(
    disliked: Sequence[tuple[DislikedAnswer, Exchange | None]], words: Sequence[str], locale: str
) -> list[hikari.api.MessageActionRowBuilder]:
    rows: list[hikari.api.MessageActionRowBuilder] = []
    correctable = [(one, first_words(known.reply)) for one, known in disliked if known is not None]
    all_of_them = [
        (one, translate(UNKNOWN, locale) if known is None else first_words(known.reply)) for one, known in disliked
    ]
    for custom_id, label, offered in ((CORRECT_ID, CORRECT, correctable), (DISMISS_ID, DISMISS, all_of_them)):
        if offered:
            row = hikari.impl.MessageActionRowBuilder()
            menu = row.add_text_menu(custom_id, placeholder=translate(label, locale))
            for one, text in offered:
                menu.add_option(text[:100] or "…", f"{one.channel_id}:{one.message_id}")
            rows.append(row)
    if words:
        row = hikari.impl.MessageActionRowBuilder()
        menu = row.add_text_menu(
            TAKE_ID, placeholder=translate(TAKE, locale), min_values=1, max_values=min(len(words), 25)
        )
        for word in words[:25]:
            menu.add_option(word[:100], word[:100])
        rows.append(row)
    return rows


@screen.button(CORRECT_ID, values=f"{SNOWFLAKE}:{SNOWFLAKE}")
async def correct(
    context: yuyo.components.Context,
    exchanges: alluka.Injected[ExchangeStore],
    forms: alluka.Injected[CorrectionForms],
) -> None:
    """Open the form for the chosen answer.

    Raises:
        NotAnAnswerError: it is no longer known.
    """
    _channel, _colon, message = context.interaction.values[0].partition(":")
    if (exchange := await exchanges.by_reply(int(message))) is None:
        raise NotAnAnswerError
    await open_form(context.interaction, correction_form.new(exchange), forms)


@screen.button(DISMISS_ID, values=f"{SNOWFLAKE}:{SNOWFLAKE}")
async def dismiss(
    context: yuyo.components.Context,
    feedback: alluka.Injected[FeedbackStore],
    preferences: alluka.Injected[Preferences],
    wishes: alluka.Injected[Wishes],
) -> None:
    """Delete the votes on the chosen answer, with their reasons.

    Raises:
        NotPermittedError: the person may not approve.
    """
    interaction = context.interaction
    await require_approver(interaction, preferences)
    guild = guild_of(interaction)
    _channel, _colon, message = interaction.values[0].partition(":")
    await feedback.dismiss(guild, int(message))
    await turn_to(context, await wishes.page(guild, str(interaction.locale)))


@screen.button(TAKE_ID)
async def take(
    context: yuyo.components.Context,
    preferences: alluka.Injected[Preferences],
    wishes: alluka.Injected[Wishes],
) -> None:
    """Add the chosen words to the server's vocabulary for recordings.

    Raises:
        NotPermittedError: the person may not approve.
    """
    interaction = context.interaction
    await require_approver(interaction, preferences)
    guild, words = guild_of(interaction), [str(value) for value in interaction.values]
    await preferences.change_guild(
        guild,
        lambda chosen: replace(chosen, vocabulary=with_words(chosen.vocabulary, words, MAX_VOCABULARY_CHARS)[0]),
    )
    await turn_to(context, await wishes.page(guild, str(interaction.locale)))


def _plain(text: str, max_chars: int) -> str:
    """``text`` as one line, without characters that would end a link."""
    flat = " ".join(text.split()).translate(str.maketrans("[]`", "()'"))
    return flat if len(flat) <= max_chars else f"{flat[: max_chars - 1]}…"


def _when(moment: datetime) -> str:
    return f"<t:{int(moment.timestamp())}:R>"
