"""/corrections: what people say the bot should have answered, and what became of it."""

from __future__ import annotations

from dataclasses import replace

import lightbulb

from bot.corrections.correction import Correction, CorrectionState, NoSuchCorrectionError
from bot.corrections.rights import correction_actor, require_approver
from bot.corrections.service import CorrectionActor, Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.choices import MAX_VOTES, GuildPreferences
from bot.preferences.choices import TeachingRoles as ChosenRoles
from bot.preferences.preferences import Preferences
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.permissions import guild_of, require
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.corrections import deletion as correction_deletion
from extensions.corrections import form as correction_form
from extensions.corrections.card import card_for
from extensions.corrections.consent import open_form
from extensions.corrections.form import CorrectionForms
from extensions.corrections.list import page_of_corrections
from extensions.corrections.reviews import Reviews
from extensions.corrections.text import correction_choices
from extensions.corrections.wanted import Wishes

loader = lightbulb.Loader()

CORRECTING = _("Who may correct me: {who}.")
APPROVING = _("Who may approve: {who}.")
VOTES = _("Approvals that a correction needs: {votes}.")
EVERYONE = _("everyone")
MANAGERS = _("those who may manage the server")
MANAGERS_AND = _("those who may manage the server, and {role}")

NUMBER = _("number")
WHICH = _("Its number; or type a part of it")


@safe
async def complete_correction(
    context: lightbulb.AutocompleteContext[str], corrections: Corrections, preferences: Preferences
) -> None:
    interaction = context.interaction
    person = await correction_actor(interaction, preferences)
    typed = str(context.focused.value or "")
    found = await corrections.search(guild_of(interaction), typed, MAX_CHOICES, person)
    await context.respond(correction_choices(found))


corrections_group = lightbulb.Group(
    _("corrections"),
    _("Corrections of what I said: your own, or, if you may approve them, all"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
)


@corrections_group.register
class ListCorrections(
    lightbulb.SlashCommand, name=_("list"), description=_("The corrections, the newest first"), localize=True
):
    state = lightbulb.string(
        _("state"),
        _("Only those that are waiting, approved, rejected or replaced"),
        localize=True,
        default=None,
        choices=[
            lightbulb.Choice(_("waiting"), "pending", localize=True),
            lightbulb.Choice(_("approved"), "approved", localize=True),
            lightbulb.Choice(_("rejected"), "rejected", localize=True),
            lightbulb.Choice(_("replaced"), "retired", localize=True),
        ],
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, corrections: Corrections, preferences: Preferences) -> None:
        state = next((each for each in CorrectionState if each == self.state), None)
        page = await page_of_corrections(context.interaction, corrections, preferences, 1, state)
        await respond(context, page.text, components=page.buttons, ephemeral=True)


@corrections_group.register
class ListWanted(
    lightbulb.SlashCommand, name=_("wanted"), description=_("Disliked answers, and feedback"), localize=True
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, wishes: Wishes, preferences: Preferences) -> None:
        await require_approver(context.interaction, preferences)
        page = await wishes.page(guild_of(context.interaction), locale_of(context))
        await respond(context, page.text, components=page.buttons, ephemeral=True)


@corrections_group.register
class ShowCorrection(
    lightbulb.SlashCommand, name=_("show"), description=_("A correction, and what became of it"), localize=True
):
    number = lightbulb.string(NUMBER, WHICH, localize=True, autocomplete=complete_correction)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, corrections: Corrections, preferences: Preferences) -> None:
        person = await correction_actor(context.interaction, preferences)
        correction = await _chosen(context, corrections, person, self.number)
        await _show(context, correction, corrections, person)


@corrections_group.register
class Approve(
    lightbulb.SlashCommand,
    name=_("approve"),
    description=_("Approve a correction, so that I learn from it"),
    localize=True,
):
    number = lightbulb.string(NUMBER, WHICH, localize=True, autocomplete=complete_correction)

    @lightbulb.invoke
    async def invoke(
        self, context: lightbulb.Context, corrections: Corrections, preferences: Preferences, reviews: Reviews
    ) -> None:
        person = await require_approver(context.interaction, preferences)
        correction = await _chosen(context, corrections, person, self.number)
        approval = await corrections.approve(correction.guild_id, correction.id, person, correction.revision)
        await _show(context, approval.correction, corrections, person)
        await reviews.decided(approval.correction, context.interaction)


@corrections_group.register
class Reject(lightbulb.SlashCommand, name=_("reject"), description=_("Reject a correction"), localize=True):
    number = lightbulb.string(NUMBER, WHICH, localize=True, autocomplete=complete_correction)

    @lightbulb.invoke
    async def invoke(
        self, context: lightbulb.Context, corrections: Corrections, preferences: Preferences, reviews: Reviews
    ) -> None:
        person = await require_approver(context.interaction, preferences)
        correction = await _chosen(context, corrections, person, self.number)
        rejected = await corrections.reject(correction.guild_id, correction.id, person, correction.revision)
        await _show(context, rejected, corrections, person)
        await reviews.decided(rejected, context.interaction)


@corrections_group.register
class Edit(lightbulb.SlashCommand, name=_("edit"), description=_("Change the words of a correction"), localize=True):
    number = lightbulb.string(NUMBER, WHICH, localize=True, autocomplete=complete_correction)

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        corrections: Corrections,
        preferences: Preferences,
        forms: CorrectionForms,
    ) -> None:
        person = await correction_actor(context.interaction, preferences)
        correction = await _chosen(context, corrections, person, self.number)
        await open_form(context.interaction, correction_form.edit(correction.id), forms)


@corrections_group.register
class DeleteCorrection(
    lightbulb.SlashCommand, name=_("delete"), description=_("Take a correction back"), localize=True
):
    number = lightbulb.string(NUMBER, WHICH, localize=True, autocomplete=complete_correction)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, corrections: Corrections, preferences: Preferences) -> None:
        person, locale = await correction_actor(context.interaction, preferences), locale_of(context)
        correction = await _chosen(context, corrections, person, self.number)
        row = correction_deletion.buttons(correction, context.user.id, locale)
        await respond(context, correction_deletion.question(correction, locale), components=[row], ephemeral=True)


@corrections_group.register
class SetCorrectionRoles(
    lightbulb.SlashCommand,
    name=_("roles"),
    description=_("Who may correct and approve; for those who may manage the server"),
    localize=True,
):
    correct = lightbulb.role(_("correct"), _("The role that may correct me; @everyone is everyone"), localize=True,
                             default=None)  # fmt: skip
    approve = lightbulb.role(_("approve"), _("The role that may approve, besides managers"), localize=True,
                             default=None)  # fmt: skip
    votes = lightbulb.integer(
        _("votes"), _("How many have to approve a correction"), localize=True, default=None, min_value=1,
        max_value=MAX_VOTES,
    )  # fmt: skip
    reset = lightbulb.boolean(
        _("reset"), _("Everyone corrects, managers approve, one approval is enough"), localize=True, default=False
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, preferences: Preferences) -> None:
        guild, locale = require(context), locale_of(context)
        chosen = (await preferences.change_guild(guild, self._changed)).roles
        everyone = translate(EVERYONE, locale)

        def named(role: int) -> str:
            return everyone if role == guild else f"<@&{role}>"

        correcting = everyone if chosen.correct is None else named(chosen.correct)
        approving = (
            translate(MANAGERS, locale)
            if chosen.approve is None
            else translate(MANAGERS_AND, locale, role=named(chosen.approve))
        )
        lines = [
            translate(CORRECTING, locale, who=correcting),
            translate(APPROVING, locale, who=approving),
            translate(VOTES, locale, votes=chosen.votes),
        ]
        await respond(context, "\n".join(lines), ephemeral=True)

    def _changed(self, before: GuildPreferences) -> GuildPreferences:
        roles = ChosenRoles() if self.reset else before.roles
        if self.correct is not None:
            roles = replace(roles, correct=self.correct.id)
        if self.approve is not None:
            roles = replace(roles, approve=self.approve.id)
        if self.votes is not None:
            roles = replace(roles, votes=self.votes)
        return replace(before, roles=roles)


loader.command(corrections_group)


async def _chosen(
    context: lightbulb.Context, corrections: Corrections, person: CorrectionActor, given: str
) -> Correction:
    """The correction with the number ``given``, as ``12`` or ``#12``.

    Raises:
        NoSuchCorrectionError: there is none, or the person may not see it.
    """
    number = given.strip().removeprefix("#")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NoSuchCorrectionError(number[:40])
    return await corrections.get(guild_of(context.interaction), int(number), person)


async def _show(
    context: lightbulb.Context, correction: Correction, corrections: Corrections, person: CorrectionActor
) -> None:
    card = await card_for(correction, corrections, person, locale_of(context))
    await respond(context, components=[card], ephemeral=True)
