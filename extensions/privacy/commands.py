"""/privacy: showing, exporting and deleting what is stored about a person, and whether /leaderboard names them."""

from __future__ import annotations

from dataclasses import replace

import hikari
import lightbulb

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.privacy.personal_data import PersonalData
from bot.ui.command_reply import locale_of, respond
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.privacy.card import ask_before_forgetting, describe_summary

loader = lightbulb.Loader()

EXPORTED = _("This is everything that I have stored about you. Files in our direct messages are listed by /files list.")
NAMED = _("From now on /leaderboard names you.")
NOT_NAMED = _("/leaderboard does not name you.")

privacy = lightbulb.Group(
    _("privacy"),
    _("What I have stored about you"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
)


@privacy.register
class ShowStoredData(
    lightbulb.SlashCommand, name=_("show"), description=_("Show what is stored about you"), localize=True
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, data: PersonalData, preferences: Preferences) -> None:
        summary, chosen = await data.summary(context.user.id), await preferences.user(context.user.id)
        text = describe_summary(summary, locale_of(context), credited=chosen.credited)
        await respond(context, text, ephemeral=True)


@privacy.register
class Export(lightbulb.SlashCommand, name=_("export"), description=_("Get all of it as a file"), localize=True):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, data: PersonalData) -> None:
        await context.defer(ephemeral=True)
        file = hikari.Bytes(await data.export(context.user.id), "starling-and-you.json", "application/json")
        await respond(context, translate(EXPORTED, locale_of(context)), attachment=file, ephemeral=True)


@privacy.register
class Forget(
    lightbulb.SlashCommand,
    name=_("forget"),
    description=_("Delete everything that I have stored about you"),
    localize=True,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context) -> None:
        text, row = ask_before_forgetting(context.user.id, locale_of(context))
        await respond(context, text, components=[row], ephemeral=True)


@privacy.register
class Credit(
    lightbulb.SlashCommand, name=_("credit"), description=_("Whether /leaderboard names you"), localize=True
):  # fmt: skip
    named = lightbulb.boolean(_("named"), _("Whether to name you"), localize=True)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, preferences: Preferences) -> None:
        await preferences.change_user(context.user.id, lambda chosen: replace(chosen, credited=self.named))
        await respond(context, translate(NAMED if self.named else NOT_NAMED, locale_of(context)), ephemeral=True)


loader.command(privacy)
