"""/dataset: what a model is trained on."""

from __future__ import annotations

import hikari
import lightbulb

from bot.corrections.service import Corrections
from bot.datasets.inspection import DatasetInspection
from bot.datasets.intake import ExampleIntake, GivenExamples
from bot.datasets.naming import MAX_NAME_CHARS
from bot.datasets.problems import UploadRefusedError
from bot.datasets.reading import MAX_BYTES
from bot.datasets.store import DatasetStore
from bot.datasets.text import (
    dataset_label,
    describe_change,
    describe_difference,
    describe_list,
    describe_refusal,
    describe_report,
    version_made,
)
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.training.preference_pairs import PreferencePairs
from bot.ui.command_reply import locale_of, respond
from bot.ui.downloading import download
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.datasets import deletion as dataset_deletion
from extensions.datasets.options import (
    DATASET,
    VERSION,
    WHICH,
    WHICH_VERSION,
    complete_dataset,
    complete_example,
    complete_folder,
)
from extensions.datasets.replies import answer, answer_at_length, begun, show

loader = lightbulb.Loader()

CREATED = _("{name} has been created and is empty. Add examples with /dataset add.")
REMOVED = _("Removed from {name}: one example.")
UNAGREED = _(
    "Left out, because those who asked have not agreed that it is learned from: {count}. They can do that below the "
    "comparison, or when they vote on the answer."
)


class FileOrFolderError(StarlingError):
    """Raised when neither a file nor a folder is given, or both."""

    sentence = _("Give me either a file or a folder.")


dataset = lightbulb.Group(
    _("dataset"),
    _("What a model is trained on: examples that people gave"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
)


@dataset.register
class Create(lightbulb.SlashCommand, name=_("create"), description=_("Make an empty dataset"), localize=True):
    dataset = lightbulb.string(DATASET, _("What it is called"), localize=True, max_length=MAX_NAME_CHARS)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: DatasetStore) -> None:
        made = await store.create(await begun(context), self.dataset, context.user.id)
        await answer(context, translate(CREATED, locale_of(context), name=shown(made.name)))


@dataset.register
class ListDatasets(lightbulb.SlashCommand, name=_("list"), description=_("The datasets of this server"), localize=True):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: DatasetStore) -> None:
        datasets = await store.all(await begun(context))
        counts = await store.counts([dataset.id for dataset in datasets])
        await answer(context, describe_list(datasets, counts, locale_of(context)))


@dataset.register
class ShowDataset(lightbulb.SlashCommand, name=_("show"), description=_("What is in a dataset"), localize=True):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)
    version = lightbulb.integer(VERSION, WHICH_VERSION, localize=True, default=None, min_value=1)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, inspection: DatasetInspection) -> None:
        contents = await inspection.contents(await begun(context), self.dataset, self.version)
        await show(context, inspection, contents)


@dataset.register
class Add(
    lightbulb.SlashCommand, name=_("add"), description=_("Add the examples of a file that you made"), localize=True
):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)
    file = lightbulb.attachment(
        _("file"), _("JSONL, JSON or CSV with prompts and answers, a zip of such files, or what /archive made"),
        localize=True, default=None,
    )  # fmt: skip
    folder = lightbulb.string(
        _("folder"), _("Instead of a file: a folder of this server's files, with such files in it"), localize=True,
        default=None, autocomplete=complete_folder, max_length=400,
    )  # fmt: skip
    positive = lightbulb.boolean(
        _("positive"), _("No for a file of bad answers, which I should not give; otherwise yes"), localize=True,
        default=True,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, intake: ExampleIntake, store: DatasetStore) -> None:
        guild, locale = await begun(context), locale_of(context)
        await store.get(guild, self.dataset)
        try:
            change = await intake.add(guild, self.dataset, await self._given(guild, intake, context.user.id))
        except UploadRefusedError as error:
            await answer_at_length(context, describe_refusal(error, locale), "problems.txt")
        else:
            await answer(context, describe_change(change, locale))

    async def _given(self, guild: int, intake: ExampleIntake, user: int) -> GivenExamples:
        """
        Raises:
            FileOrFolderError
            UploadRefusedError: something is wrong with the examples.
        """
        if self.folder is not None and self.file is None:
            return await intake.read_folder(guild, self.folder, given_by=user, positive=self.positive)
        if self.file is None or self.folder is not None:
            raise FileOrFolderError
        data = await download(self.file, MAX_BYTES)
        return await intake.read(self.file.filename, data, given_by=user, positive=self.positive)


@dataset.register
class AddCorrections(
    lightbulb.SlashCommand, name=_("add_corrections"), description=_("Add all corrections that are approved"),
    localize=True,
):  # fmt: skip
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, corrections: Corrections) -> None:
        change = await corrections.add_to_dataset(await begun(context), self.dataset, context.user.id)
        await answer(context, describe_change(change, locale_of(context)))


@dataset.register
class AddComparisons(
    lightbulb.SlashCommand, name=_("add_comparisons"),
    description=_("Add pairs of answers of which people preferred one, in /compare and /ask"), localize=True,
):  # fmt: skip
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, pairs: PreferencePairs) -> None:
        added = await pairs.add_to_dataset(await begun(context), self.dataset, context.user.id)
        lines = [describe_change(added.change, locale_of(context))]
        if added.unagreed:
            lines.append(translate(UNAGREED, locale_of(context), count=added.unagreed))
        await answer(context, "\n".join(lines))


@dataset.register
class Remove(lightbulb.SlashCommand, name=_("remove"), description=_("Take one example out"), localize=True):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)
    example = lightbulb.string(
        _("example"), _("Type a part of its prompt or answer"), localize=True, autocomplete=complete_example
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: DatasetStore) -> None:
        guild, locale = await begun(context), locale_of(context)
        change = await store.remove(guild, self.dataset, self.example, context.user.id)
        lines = [translate(REMOVED, locale, name=dataset_label(change.dataset)), *version_made(change, locale)]
        await answer(context, "\n".join(lines))


@dataset.register
class Lint(
    lightbulb.SlashCommand, name=_("lint"), description=_("Look for contradictions, secrets and the like"),
    localize=True,
):  # fmt: skip
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, inspection: DatasetInspection) -> None:
        looked_over, report = await inspection.lint(await begun(context), self.dataset)
        await answer_at_length(context, describe_report(looked_over, report, locale_of(context)), "findings.txt")


@dataset.register
class Diff(
    lightbulb.SlashCommand, name=_("diff"), description=_("What has changed from one version to another"),
    localize=True,
):  # fmt: skip
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)
    older = lightbulb.integer(
        _("older"), _("The number of a version; the one before the newer when left empty"), localize=True,
        default=None, min_value=1,
    )  # fmt: skip
    newer = lightbulb.integer(
        _("newer"), _("The number of a version; the newest when left empty"), localize=True, default=None, min_value=1
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, inspection: DatasetInspection) -> None:
        difference = await inspection.difference(await begun(context), self.dataset, self.older, self.newer)
        await answer(context, describe_difference(difference, locale_of(context)))


@dataset.register
class DeleteDataset(
    lightbulb.SlashCommand, name=_("delete"), description=_("Delete a dataset, or one version of it"), localize=True
):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)
    version = lightbulb.integer(
        VERSION, _("Its number; all versions when left empty"), localize=True, default=None, min_value=1
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: DatasetStore) -> None:
        guild, locale = await begun(context), locale_of(context)
        versions = await store.versions(guild, self.dataset)
        chosen = None if self.version is None else await store.get(guild, self.dataset, self.version)
        row = dataset_deletion.buttons(versions, chosen, context.user.id, locale)
        question = dataset_deletion.question(versions, chosen, locale)
        await respond(context, question, components=[row], ephemeral=True)


loader.command(dataset)
