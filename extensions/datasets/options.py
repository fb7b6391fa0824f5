"""Options of commands that name a dataset, a version, a folder or an example, and their autocomplete."""

from __future__ import annotations

import lightbulb

from bot.datasets.store import DatasetStore
from bot.datasets.text import dataset_choices, example_choices, folder_choices
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.files import FileStore
from bot.ui.autocomplete import safe
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.permissions import require

DATASET = _("dataset")
WHICH = _("Type a part of its name")
VERSION = _("version")
WHICH_VERSION = _("Its number; the newest when left empty")


@safe
async def complete_dataset(context: lightbulb.AutocompleteContext[str], store: DatasetStore) -> None:
    datasets = await store.all(require(context.interaction))
    typed, locale = str(context.focused.value or ""), str(context.interaction.locale)
    await context.respond(dataset_choices(datasets, typed, locale))


class DatasetOrFolderError(StarlingError):
    """Raised when neither a dataset nor a folder is given, or both."""

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
