"""/hearing: the languages and the vocabulary of a server's recordings."""

from __future__ import annotations

from dataclasses import replace

import hikari
import lightbulb

from bot.answering.called_by_name import NAME
from bot.errors import translatable as _
from bot.i18n.translation import language_name, translate
from bot.preferences.choices import MAX_NAMES, MAX_VOCABULARY_CHARS, GuildPreferences
from bot.preferences.preferences import Preferences
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import language_choices, language_code
from bot.ui.permissions import require
from extensions import GUILD_CONTEXTS, GUILD_TYPES

loader = lightbulb.Loader()

MAX_LANGUAGES = 10

ANY_LANGUAGE = _("I listen for every language.")
THESE_LANGUAGES = _("I listen for: {languages}.")
NO_VOCABULARY = _("I know no names or jargon of this server.")
THESE_NAMES = _("In channels whose notes are written down, I answer those that begin with: {names}.")
THIS_VOCABULARY = _("Names and jargon that I expect: {vocabulary}")


@safe
async def complete_languages(context: lightbulb.AutocompleteContext[str]) -> None:
    """Offer whole lists: what was typed up to the last comma, and each language that matches the rest."""
    typed, locale = str(context.focused.value or ""), str(context.interaction.locale)
    before, comma, last = typed.rpartition(",")
    offered = language_choices(last.strip(), locale)
    lists = [f"{before}{comma} {name}".strip() for name, _code in offered]
    await context.respond([one for one in lists if len(one) <= 100])


def _describe(choices: GuildPreferences, locale: str) -> str:
    names = ", ".join(language_name(code, locale) for code in choices.languages)
    lines = [
        translate(THESE_LANGUAGES, locale, languages=names) if names else translate(ANY_LANGUAGE, locale),
        translate(THIS_VOCABULARY, locale, vocabulary=choices.vocabulary)
        if choices.vocabulary
        else translate(NO_VOCABULARY, locale),
    ]
    if choices.names:
        lines.append(translate(THESE_NAMES, locale, names=", ".join([NAME, *choices.names])))
    return "\n".join(lines)


@loader.command
class ConfigureRecognition(
    lightbulb.SlashCommand,
    name=_("hearing"),
    description=_("What to expect in this server's recordings: languages, names, jargon"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    languages = lightbulb.string(
        _("languages"),
        _("Languages spoken here, separated by commas; - for any"),
        localize=True,
        default=None,
        autocomplete=complete_languages,
    )
    vocabulary = lightbulb.string(
        _("vocabulary"),
        _("Names and jargon that are said here, as in a sentence; - for none"),
        localize=True,
        default=None,
        max_length=MAX_VOCABULARY_CHARS,
    )
    names = lightbulb.string(
        _("names"),
        _("What else I am called here, separated by commas; - for nothing else"),
        localize=True,
        default=None,
        max_length=120,
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, preferences: Preferences) -> None:
        guild, locale = require(context), locale_of(context)
        codes: tuple[str, ...] | None = None
        if self.languages is not None:
            given = [part.strip() for part in self.languages.split(",")]
            wanted = [part for part in given if part not in ("", "-")][:MAX_LANGUAGES]
            codes = tuple(dict.fromkeys(language_code(name, locale) for name in wanted))
        vocabulary = None if self.vocabulary is None else " ".join(self.vocabulary.split()).removeprefix("-").strip()

        names = (
            None if self.names is None else tuple(filter(None, (part.strip(" -") for part in self.names.split(","))))
        )

        def changed(before: GuildPreferences) -> GuildPreferences:
            return replace(
                before,
                languages=before.languages if codes is None else codes,
                vocabulary=before.vocabulary if vocabulary is None else vocabulary,
                names=before.names if names is None else names[:MAX_NAMES],
            )

        choices = await preferences.change_guild(guild, changed)
        await respond(context, _describe(choices, locale), ephemeral=True)
