"""Deleting a dataset, after the person has confirmed it."""

from __future__ import annotations

from enum import StrEnum

import alluka
import hikari
import yuyo

from bot.datasets.dataset import Dataset
from bot.datasets.store import DatasetStore
from bot.datasets.text import dataset_label
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.ui.confirmation import answer_question, confirmation_row, confirmed
from bot.ui.permissions import require
from bot.ui.screen import ROW_ID, SNOWFLAKE, Screen

screen = Screen()

CUSTOM_ID = "dataset-delete"
DELETED = _("Deleted: {path}")
QUESTION = _(
    "Delete {name} with all its {count} versions, and whatever was packed from it for training "
    "elsewhere? Only an archive can bring it back."
)
QUESTION_OF_VERSION = _(
    "Delete {name}, and whatever was packed from it for training elsewhere? Only an archive can bring it back."
)
SELECTED = _("⚠️ It is selected for training.")


class _Extent(StrEnum):
    """How much of a dataset is to be deleted."""

    ALL = "all"
    ONE = "one"
    """One of its versions."""


class DatasetGoneError(StarlingError):
    """Raised when the dataset that was to be deleted is not there any more."""

    sentence = _("This dataset no longer exists.")


def question(versions: list[Dataset], chosen: Dataset | None, locale: str) -> str:
    """The question that is asked before ``chosen``, or else all ``versions``, are deleted."""
    if chosen is not None:
        text = translate(QUESTION_OF_VERSION, locale, name=dataset_label(chosen))
    else:
        text = translate(QUESTION, locale, name=shown(versions[0].name), count=len(versions))
    concerned = versions if chosen is None else [chosen]
    warning = translate(SELECTED, locale) if any(dataset.selected_as for dataset in concerned) else ""
    return f"{text} {warning}".strip()


def buttons(
    versions: list[Dataset], chosen: Dataset | None, asker: hikari.Snowflakeish, locale: str
) -> hikari.api.MessageActionRowBuilder:
    """The two buttons; the one that confirms holds the dataset's id."""
    about = f"{_Extent.ALL}:{versions[0].id}" if chosen is None else f"{_Extent.ONE}:{chosen.id}"
    return confirmation_row(CUSTOM_ID, asker, locale, about=about)


@screen.button(CUSTOM_ID, state=f"{SNOWFLAKE}:({'|'.join(_Extent)}):{ROW_ID}")
async def delete(context: yuyo.components.Context, store: alluka.Injected[DatasetStore]) -> None:
    """Delete the dataset, or the version.

    Raises:
        NotPermittedError: another person was asked.
        NotPermittedError: the person may not manage the guild, or not any more.
        DatasetGoneError: it is gone already.
    """
    extent, _colon, dataset_id = confirmed(context).partition(":")
    guild = require(context.interaction)
    dataset = await store.by_id(guild, dataset_id)
    if dataset is None:
        raise DatasetGoneError
    await store.delete(guild, dataset.name, dataset.version if extent == _Extent.ONE else None)
    name = dataset_label(dataset) if extent == _Extent.ONE else shown(dataset.name)
    await answer_question(context, translate(DELETED, str(context.interaction.locale), path=name))
