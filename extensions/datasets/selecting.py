"""/select_dataset: what training is to learn from."""

from __future__ import annotations

import contextlib

import hikari
import lightbulb

from bot.datasets.archives import DatasetArchives
from bot.datasets.dataset import DatasetExistsError, DatasetLabel
from bot.datasets.inspection import DatasetInspection
from bot.datasets.intake import ExampleIntake
from bot.datasets.naming import MAX_NAME_CHARS
from bot.datasets.problems import UploadRefusedError
from bot.datasets.store import DatasetStore
from bot.datasets.text import dataset_label, describe_refusal
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.ui.command_reply import locale_of
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.datasets.options import DATASET, WHICH, DatasetOrFolderError, complete_dataset, complete_folder
from extensions.datasets.replies import answer_at_length, begun, show

loader = lightbulb.Loader()

POSITIVE_SELECTED = _("Training now learns to speak like {name}.")
NEGATIVE_SELECTED = _("Training now learns not to speak like {name}.")
REPLACED = _("{name} was selected before; it is archived as {path}, for /getfile.")


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
    async def invoke(
        self,
        context: lightbulb.Context,
        store: DatasetStore,
        intake: ExampleIntake,
        archives: DatasetArchives,
        inspection: DatasetInspection,
    ) -> None:
        guild, locale = await begun(context), locale_of(context)
        if (self.dataset is None) == (self.folder is None):
            raise DatasetOrFolderError
        try:
            name = self.dataset or await self._of_folder(guild, context.user.id, store, intake)
        except UploadRefusedError as error:
            await answer_at_length(context, describe_refusal(error, locale), "problems.txt")
            return
        selection, file = await archives.select(
            guild, name, DatasetLabel.POSITIVE if self.positive else DatasetLabel.NEGATIVE
        )
        sentence = POSITIVE_SELECTED if self.positive else NEGATIVE_SELECTED
        lines = [translate(sentence, locale, name=dataset_label(selection.selected))]
        if selection.replaced is not None and file is not None:
            lines.append(translate(REPLACED, locale, name=dataset_label(selection.replaced), path=shown(file.path)))
        contents = await inspection.contents(guild, name, selection.selected.version)
        await show(context, inspection, contents, "\n".join(lines))

    async def _of_folder(self, guild: int, user: int, store: DatasetStore, intake: ExampleIntake) -> str:
        """Add what is in the folder to the dataset of the same name, which is created if there is none; return its
        name.

        Raises:
            NoSuchFolderError
            UploadRefusedError: something is wrong with a file; nothing was made.
        """
        assert self.folder is not None
        given = await intake.read_folder(guild, self.folder, given_by=user, positive=self.positive)
        name = self.folder.strip().strip("/").rpartition("/")[2][:MAX_NAME_CHARS]
        with contextlib.suppress(DatasetExistsError):
            await store.create(guild, name, user)
        await intake.add(guild, name, given)
        return name
