"""Deleting a dataset, once the person has said so twice."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.datasets.store import Dataset, DatasetStore
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.ui.permissions import require
from bot.ui.screen import Screen
from extensions.datasets.text import named
from extensions.files.deletion import DELETE, DELETED, KEEP, KEEP_ID, NotTheirsToPressError

screen = Screen()

CUSTOM_ID = "dataset-delete"
QUESTION = _("Delete {name} with all its {count} versions? It cannot be brought back, but from an archive.")
QUESTION_OF_VERSION = _("Delete {name}? It cannot be brought back, but from an archive.")
SELECTED = _("⚠️ It is selected for training.")
_ALL, _ONE = "all", "one"


class DatasetGoneError(StarlingError):
    """Raised when the dataset that was to be deleted is not there any more."""

    sentence = _("This dataset is not there any more.")


def question(versions: list[Dataset], chosen: Dataset | None, locale: str) -> str:
    """What is asked before ``chosen``, or else all ``versions``, are deleted."""
    if chosen is not None:
        text = translate(QUESTION_OF_VERSION, locale, name=named(chosen))
    else:
        text = translate(QUESTION, locale, name=shown(versions[0].name), count=len(versions))
    concerned = versions if chosen is None else [chosen]
    warning = translate(SELECTED, locale) if any(dataset.selected_as for dataset in concerned) else ""
    return f"{text} {warning}".strip()


def buttons(
    versions: list[Dataset], chosen: Dataset | None, asker: hikari.Snowflakeish, locale: str
) -> hikari.api.MessageActionRowBuilder:
    """The two answers; they hold who was asked, and the dataset's id."""
    row = hikari.impl.MessageActionRowBuilder()
    what = f"{_ALL}:{versions[0].id}" if chosen is None else f"{_ONE}:{chosen.id}"
    answer = f"{CUSTOM_ID}:{int(asker)}:{what}"
    row.add_interactive_button(hikari.ButtonStyle.DANGER, answer, label=translate(DELETE, locale))
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, f"{KEEP_ID}:{int(asker)}", label=translate(KEEP, locale))
    return row


@screen.button(CUSTOM_ID)
async def delete(context: yuyo.components.Context, store: alluka.Injected[DatasetStore]) -> None:
    """Delete the dataset, or the version.

    Raises:
        NotTheirsToPressError: another person was asked.
        NotPermittedError: the person may not manage the guild, or not any more.
        DatasetGoneError: it is gone already.
    """
    asker, what, dataset_id = context.id_metadata.split(":")
    if str(context.interaction.user.id) != asker:
        raise NotTheirsToPressError
    guild = require(context.interaction)
    dataset = await store.by_id(guild, dataset_id)
    if dataset is None:
        raise DatasetGoneError
    await store.delete(guild, dataset.name, dataset.version if what == _ONE else None)
    name = named(dataset) if what == _ONE else shown(dataset.name)
    text = translate(DELETED, str(context.interaction.locale), path=name)
    await context.interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, text, components=[])
