"""/archive: a dataset, or a folder, as a zip among the server's files."""

from __future__ import annotations

import hikari
import lightbulb

from bot.datasets.archives import DatasetArchives
from bot.datasets.text import dataset_label
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.ui.command_reply import locale_of
from bot.ui.file_text import size_text
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.datasets.options import (
    DATASET,
    VERSION,
    WHICH,
    WHICH_VERSION,
    DatasetOrFolderError,
    complete_dataset,
    complete_folder,
)
from extensions.datasets.replies import answer, begun

loader = lightbulb.Loader()

ARCHIVED = _("{name} is archived as {path} ({size}). /getfile sends it to you; /dataset add restores it.")
FOLDER_ARCHIVED = _("The folder {folder} is archived as {path} ({size}). /getfile sends it to you.")


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
    async def invoke(self, context: lightbulb.Context, archives: DatasetArchives) -> None:
        guild, locale = await begun(context), locale_of(context)
        if self.folder is not None and self.dataset is None:
            file = await archives.archive_folder(guild, self.folder)
            params = {"path": shown(file.path), "size": size_text(file.size_bytes, locale)}
            await answer(context, translate(FOLDER_ARCHIVED, locale, folder=shown(self.folder.strip("/")), **params))
            return
        if self.dataset is None or self.folder is not None:
            raise DatasetOrFolderError
        archived, file = await archives.archive(guild, self.dataset, self.version)
        params = {"path": shown(file.path), "size": size_text(file.size_bytes, locale)}
        await answer(context, translate(ARCHIVED, locale, name=dataset_label(archived), **params))
