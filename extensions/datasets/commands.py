"""/dataset, /select_dataset and /archive: what a model is trained on."""

from __future__ import annotations

import contextlib

import hikari
import lightbulb

from bot.corrections.service import Corrections
from bot.datasets.dataset import DatasetExistsError, DatasetLabel
from bot.datasets.naming import MAX_NAME_CHARS
from bot.datasets.problems import UploadRefusedError
from bot.datasets.reading import MAX_BYTES
from bot.datasets.store import DatasetStore
from bot.datasets.text import (
    dataset_choices,
    dataset_label,
    describe_change,
    describe_contents,
    describe_difference,
    describe_list,
    describe_refusal,
    describe_report,
    example_choices,
    folder_choices,
    version_made,
)
from bot.datasets.training_data import DatasetContents, Datasets, GivenExamples
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.storage.files import FileStore
from bot.training.preference_pairs import PreferencePairs
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.downloading import download
from bot.ui.file_text import size_text
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.permissions import require
from bot.ui.splitting import MESSAGE_LIMIT
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.datasets import deletion as dataset_deletion

loader = lightbulb.Loader()

CREATED = _("{name} has been created and is empty. Add examples with /dataset add.")
REMOVED = _("Removed from {name}: one example.")
POSITIVE_SELECTED = _("Training now learns to speak like {name}.")
NEGATIVE_SELECTED = _("Training now learns not to speak like {name}.")
REPLACED = _("{name} was selected before; it is archived as {path}, for /getfile.")
ARCHIVED = _("{name} is archived as {path} ({size}). /getfile sends it to you; /dataset add restores it.")
UNAGREED = _(
    "Left out, because those who asked have not agreed that it is learned from: {count}. They can do that below the "
    "comparison, or when they vote on the answer."
)
FOLDER_ARCHIVED = _("The folder {folder} is archived as {path} ({size}). /getfile sends it to you.")
IN_THE_FILE = _("There is more than fits here, so the rest is in the file.")


DATASET = _("dataset")
WHICH = _("Type a part of its name")
VERSION = _("version")
WHICH_VERSION = _("Its number; the newest when left empty")


@safe
async def complete_dataset(context: lightbulb.AutocompleteContext[str], store: DatasetStore) -> None:
    datasets = await store.all(require(context.interaction))
    typed, locale = str(context.focused.value or ""), str(context.interaction.locale)
    await context.respond(dataset_choices(datasets, typed, locale))


class FileOrFolderError(StarlingError):
    """Raised when examples are to come from nowhere, or from two places."""

    sentence = _("Give me either a file or a folder.")


class DatasetOrFolderError(StarlingError):
    """Raised when nothing is to be archived, or two things."""

    sentence = _("Give me either a dataset or a folder.")


@safe
async def complete_folder(context: lightbulb.AutocompleteContext[str], files: FileStore) -> None:
    listing = await files.of_guild(require(context.interaction)).listing()
    locale = str(context.interaction.locale)
    await context.respond(folder_choices(listing, str(context.focused.value or ""), locale))


@safe
async def complete_example(context: lightbulb.AutocompleteContext[str], store: DatasetStore) -> None:
    guild, chosen = require(context.interaction), context.get_option("dataset")
    typed = str(context.focused.value or "")
    hits = await store.search(guild, str(chosen.value), typed, MAX_CHOICES) if chosen is not None else []
    await context.respond(example_choices(hits))


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
        made = await store.create(await _begun(context), self.dataset, context.user.id)
        await _answer(context, translate(CREATED, locale_of(context), name=shown(made.name)))


@dataset.register
class ListDatasets(lightbulb.SlashCommand, name=_("list"), description=_("The datasets of this server"), localize=True):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: DatasetStore) -> None:
        datasets = await store.all(await _begun(context))
        counts = await store.counts([dataset.id for dataset in datasets])
        await _answer(context, describe_list(datasets, counts, locale_of(context)))


@dataset.register
class ShowDataset(lightbulb.SlashCommand, name=_("show"), description=_("What is in a dataset"), localize=True):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)
    version = lightbulb.integer(VERSION, WHICH_VERSION, localize=True, default=None, min_value=1)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, datasets: Datasets) -> None:
        contents = await datasets.contents(await _begun(context), self.dataset, self.version)
        await _show(context, datasets, contents)


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
    async def invoke(self, context: lightbulb.Context, datasets: Datasets, store: DatasetStore) -> None:
        guild, locale = await _begun(context), locale_of(context)
        await store.get(guild, self.dataset)
        try:
            change = await datasets.add(guild, self.dataset, await self._given(guild, datasets, context.user.id))
        except UploadRefusedError as error:
            await _answer_at_length(context, describe_refusal(error, locale), "problems.txt")
        else:
            await _answer(context, describe_change(change, locale))

    async def _given(self, guild: int, datasets: Datasets, user: int) -> GivenExamples:
        """
        Raises:
            FileOrFolderError
            UploadRefusedError: something is wrong with it.
        """
        if self.folder is not None and self.file is None:
            return await datasets.read_folder(guild, self.folder, given_by=user, positive=self.positive)
        if self.file is None or self.folder is not None:
            raise FileOrFolderError
        data = await download(self.file, MAX_BYTES)
        return await datasets.read(self.file.filename, data, given_by=user, positive=self.positive)


@dataset.register
class AddCorrections(
    lightbulb.SlashCommand, name=_("add_corrections"), description=_("Add all corrections that are approved"),
    localize=True,
):  # fmt: skip
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, corrections: Corrections) -> None:
        change = await corrections.add_to_dataset(await _begun(context), self.dataset, context.user.id)
        await _answer(context, describe_change(change, locale_of(context)))


@dataset.register
class AddComparisons(
    lightbulb.SlashCommand, name=_("add_comparisons"),
    description=_("Add pairs of answers of which people preferred one, in /compare and /ask"), localize=True,
):  # fmt: skip
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, pairs: PreferencePairs) -> None:
        added = await pairs.add_to_dataset(await _begun(context), self.dataset, context.user.id)
        lines = [describe_change(added.change, locale_of(context))]
        if added.unagreed:
            lines.append(translate(UNAGREED, locale_of(context), count=added.unagreed))
        await _answer(context, "\n".join(lines))


@dataset.register
class Remove(lightbulb.SlashCommand, name=_("remove"), description=_("Take one example out"), localize=True):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)
    example = lightbulb.string(
        _("example"), _("Type a part of its prompt or answer"), localize=True, autocomplete=complete_example
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: DatasetStore) -> None:
        guild, locale = await _begun(context), locale_of(context)
        change = await store.remove(guild, self.dataset, self.example, context.user.id)
        lines = [translate(REMOVED, locale, name=dataset_label(change.dataset)), *version_made(change, locale)]
        await _answer(context, "\n".join(lines))


@dataset.register
class Lint(
    lightbulb.SlashCommand, name=_("lint"), description=_("Look for contradictions, secrets and the like"),
    localize=True,
):  # fmt: skip
    dataset = lightbulb.string(DATASET, WHICH, localize=True, autocomplete=complete_dataset)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, datasets: Datasets) -> None:
        looked_over, report = await datasets.lint(await _begun(context), self.dataset)
        await _answer_at_length(context, describe_report(looked_over, report, locale_of(context)), "findings.txt")


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
    async def invoke(self, context: lightbulb.Context, datasets: Datasets) -> None:
        difference = await datasets.difference(await _begun(context), self.dataset, self.older, self.newer)
        await _answer(context, describe_difference(difference, locale_of(context)))


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
        guild, locale = await _begun(context), locale_of(context)
        versions = await store.versions(guild, self.dataset)
        chosen = None if self.version is None else await store.get(guild, self.dataset, self.version)
        row = dataset_deletion.buttons(versions, chosen, context.user.id, locale)
        question = dataset_deletion.question(versions, chosen, locale)
        await respond(context, question, components=[row], ephemeral=True)


loader.command(dataset)


@loader.command
class SelectDataset(
    lightbulb.SlashCommand,
    name=_("select_dataset"),
    description=_("Choose the dataset that training is to learn from"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, default=None, autocomplete=complete_dataset)
    positive = lightbulb.boolean(
        _("positive"), _("Yes for what to say, no for what not to say"), localize=True, default=True
    )
    folder = lightbulb.string(
        _("folder"), _("Instead of a dataset: a folder of this server's files"), localize=True, default=None,
        autocomplete=complete_folder, max_length=400,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, datasets: Datasets, store: DatasetStore) -> None:
        guild, locale = await _begun(context), locale_of(context)
        if (self.dataset is None) == (self.folder is None):
            raise DatasetOrFolderError
        try:
            name = self.dataset or await self._of_folder(guild, context.user.id, datasets, store)
        except UploadRefusedError as error:
            await _answer_at_length(context, describe_refusal(error, locale), "problems.txt")
            return
        selection, file = await datasets.select(
            guild, name, DatasetLabel.POSITIVE if self.positive else DatasetLabel.NEGATIVE
        )
        sentence = POSITIVE_SELECTED if self.positive else NEGATIVE_SELECTED
        lines = [translate(sentence, locale, name=dataset_label(selection.selected))]
        if selection.replaced is not None and file is not None:
            lines.append(translate(REPLACED, locale, name=dataset_label(selection.replaced), path=shown(file.path)))
        contents = await datasets.contents(guild, name, selection.selected.version)
        await _show(context, datasets, contents, "\n".join(lines))

    async def _of_folder(self, guild: int, user: int, datasets: Datasets, store: DatasetStore) -> str:
        """The dataset that is called as the folder is, made where there is none, with what is in the folder.

        Raises:
            NoSuchFolderError
            UploadRefusedError: something is wrong with a file; nothing was made.
        """
        assert self.folder is not None
        given = await datasets.read_folder(guild, self.folder, given_by=user, positive=self.positive)
        name = self.folder.strip().strip("/").rpartition("/")[2][:MAX_NAME_CHARS]
        with contextlib.suppress(DatasetExistsError):
            await store.create(guild, name, user)
        await datasets.add(guild, name, given)
        return name


@loader.command
class Archive(
    lightbulb.SlashCommand,
    name=_("archive"),
    description=_("Save a dataset, or a folder of this server's files, as a zip among them"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    dataset = lightbulb.string(DATASET, WHICH, localize=True, default=None, autocomplete=complete_dataset)
    version = lightbulb.integer(VERSION, WHICH_VERSION, localize=True, default=None, min_value=1)
    folder = lightbulb.string(
        _("folder"), _("Instead of a dataset: a folder of this server's files"), localize=True, default=None,
        autocomplete=complete_folder, max_length=400,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, datasets: Datasets) -> None:
        guild, locale = await _begun(context), locale_of(context)
        if self.folder is not None and self.dataset is None:
            file = await datasets.archive_folder(guild, self.folder)
            params = {"path": shown(file.path), "size": size_text(file.size_bytes, locale)}
            await _answer(context, translate(FOLDER_ARCHIVED, locale, folder=shown(self.folder.strip("/")), **params))
            return
        if self.dataset is None or self.folder is not None:
            raise DatasetOrFolderError
        archived, file = await datasets.archive(guild, self.dataset, self.version)
        params = {"path": shown(file.path), "size": size_text(file.size_bytes, locale)}
        await _answer(context, translate(ARCHIVED, locale, name=dataset_label(archived), **params))


async def _begun(context: lightbulb.Context) -> hikari.Snowflake:
    """Defer, where nobody else sees it; the guild, whose datasets the person may have."""
    guild = require(context.interaction)
    await context.defer(ephemeral=True)
    return guild


async def _answer(context: lightbulb.Context, text: str) -> None:
    await respond(context, text, ephemeral=True)


async def _answer_at_length(context: lightbulb.Context, text: str, file_name: str) -> None:
    """Answer with ``text``; its beginning, and all of it as a file, when it is longer than a message."""
    if len(text) <= MESSAGE_LIMIT:
        await _answer(context, text)
        return
    hint = translate(IN_THE_FILE, locale_of(context))
    beginning = text[: MESSAGE_LIMIT - len(hint) - 1].rpartition("\n")[0]
    file = hikari.Bytes(text.encode(), file_name, "text/plain; charset=utf-8")
    await respond(context, f"{beginning}\n{hint}", attachment=file, ephemeral=True)


async def _show(context: lightbulb.Context, datasets: Datasets, contents: DatasetContents, heading: str = "") -> None:
    """Answer with what is in ``contents``, in words and as a picture."""
    locale = locale_of(context)
    text = f"{heading}\n{describe_contents(contents, locale)}".strip()
    if not contents.examples:
        await _answer(context, text)
        return
    png = await datasets.picture(contents, lambda sentence: translate(sentence, locale))
    await respond(context, text, attachment=hikari.Bytes(png, "dataset.png", "image/png"), ephemeral=True)
