"""/test: how good a model is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import hikari
import lightbulb

from bot.conversation.chat import ChatModel
from bot.conversation.models import ChatModels
from bot.datasets.text import dataset_label
from bot.datasets.training_data import TrainingDatasets
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.i18n.translation import translate
from bot.instructions.service import Instructions
from bot.preferences.preferences import Preferences
from bot.storage.file_names import shown
from bot.training.completion import complete_any_model, complete_dataset
from bot.training.evaluating.cases import MAX_BYTES, NothingHeldOutError, TestCase, from_examples, read_cases
from bot.training.evaluating.general import general_questions
from bot.training.evaluating.results import AskedFrom, ModelTestStore
from bot.training.evaluating.running import EvaluationRun
from bot.training.evaluating.scoring import Scorer
from bot.training.evaluating.text import report
from bot.training.rights import require_trainer
from bot.ui.command_reply import locale_of, post_card
from bot.ui.downloading import download
from bot.ui.progress_bar import ProgressBar
from bot.usage.budgets import Budgets
from bot.usage.meter import BudgetMeter
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.testing.card import build_card, heading_of
from extensions.testing.under_way import TestsUnderWay, cancel_row

loader = lightbulb.Loader()

TESTING = _("Testing {models}, prompts: {count} …")
OF_GENERAL = _("Asked: general questions ({count}).")
OF_DATASET = _("Asked: what {name} holds out ({count}).")
OF_FILE = _("Asked: what is in {name} ({count}).")
OF_DATA = _("Asked: what you gave me ({count}).")
EDIT_EVERY_S = 1.0
"""Discord's limit on edits is about five in five seconds."""
MAX_DATA = 6000
"""Discord's limit on a text option."""


class OneSourceError(StarlingError):
    """Raised when a test is given prompts in more than one way."""

    sentence = _("Give me one of data, dataset and file, or none of them for general questions.")


@loader.command
class Test(
    lightbulb.SlashCommand,
    name=_("test"),
    description=_("Test how well a model answers, or two side by side"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    data = lightbulb.string(
        _("data"), _("JSON: a list of prompts, or of objects with prompt and expected, or name, text and label"),
        localize=True, default=None, max_length=MAX_DATA,
    )  # fmt: skip
    dataset = lightbulb.string(
        _("dataset"), _("A dataset; the questions are those that training holds out of it"), localize=True,
        default=None,
        autocomplete=complete_dataset,
    )  # fmt: skip
    file = lightbulb.attachment(_("file"), _("The same as a file: JSON, JSONL or CSV"), localize=True, default=None)
    model = lightbulb.string(
        _("model"), _("Which model; left empty, the one that answers here"), localize=True, default=None,
        max_length=200, autocomplete=complete_any_model,
    )  # fmt: skip
    against = lightbulb.string(
        _("against"), _("A second model, which is asked the same"), localize=True, default=None, max_length=200,
        autocomplete=complete_any_model,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        models: ChatModels,
        datasets: TrainingDatasets,
        instructions: Instructions,
        budgets: Budgets,
        scorer: Scorer,
        under_way: TestsUnderWay,
        preferences: Preferences,
        tests: ModelTestStore,
    ) -> None:
        guild, locale = await require_trainer(context.interaction, preferences), locale_of(context)
        await context.defer(ephemeral=True)
        began_at = datetime.now(UTC)
        cases, source, taken_from = await self._cases(guild, datasets)
        chosen = await self._models(guild, models)
        meter = BudgetMeter(budgets, context.user.id, guild)
        await meter.require()
        instruction = (await instructions.of(guild, context.channel_id)).text
        with under_way.running(guild, context.user.id) as (id_, stop):
            names = " · ".join(shown(model.model) for model in chosen)
            heading = translate(TESTING, locale, models=names, count=len(cases))
            progress = ProgressBar(context.interaction, heading, every_s=EDIT_EVERY_S, row=cancel_row(id_, locale))
            progress.begin()
            run = EvaluationRun(cases, chosen, instruction, scorer, meter, stop=stop, on_progress=progress.tell)
            try:
                evaluation = await run.result()
            except BaseException:
                await progress.end()
                raise
            await progress.stop()
        # Stored before it is shown: it has cost minutes and tokens, and Discord may no longer accept the response.
        written = report(evaluation, source, locale)
        asked = replace(taken_from, began_at=began_at)
        summary = heading_of(evaluation, source, locale)
        await tests.keep(guild, context.user.id, asked, summary=summary, report=written)
        await post_card(context, build_card(evaluation, source, locale), ephemeral=True)

    async def _cases(
        self, guild: int, datasets: TrainingDatasets
    ) -> tuple[tuple[TestCase, ...], LazyMessage, AskedFrom]:
        """The cases, the sentence that says where they come from, and the datasets that they come from."""
        if sum(given is not None for given in (self.data, self.dataset, self.file)) > 1:
            raise OneSourceError
        if self.data is not None:
            cases = read_cases(self.data)
            return cases, lazy(OF_DATA, count=len(cases)), AskedFrom()
        if self.file is not None:
            cases = read_cases(await download(self.file, MAX_BYTES))
            return cases, lazy(OF_FILE, name=shown(self.file.filename), count=len(cases)), AskedFrom()
        if self.dataset is not None:
            held_out = await datasets.held_out(guild, self.dataset)
            cases, name = from_examples(held_out.examples), dataset_label(held_out.dataset)
            if not cases:
                raise NothingHeldOutError(name)
            told = lazy(OF_DATASET, name=name, count=len(cases))
            return cases, told, AskedFrom(held_out.datasets, held_out.keys)
        cases = general_questions()
        return cases, lazy(OF_GENERAL, count=len(cases)), AskedFrom()

    async def _models(self, guild: int, models: ChatModels) -> list[ChatModel]:
        if self.against is not None:
            return list(await models.two(guild, self.model, self.against))
        return [await models.of(guild) if self.model is None else await models.in_guild(guild, self.model)]
