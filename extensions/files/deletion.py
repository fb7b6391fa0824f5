"""Deleting a stored file, after the person has confirmed it."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.datasets.uploads import Uploads
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import key_of, shown
from bot.storage.files import FileStore, StoredFile
from bot.ui.confirmation import answer_question, confirmation_row, confirmed
from bot.ui.file_text import age_text, size_text
from bot.ui.screen import SNOWFLAKE, Screen
from extensions.files.rights import own_files

screen = Screen()

DELETE_ID = "file-delete"
QUESTION = _("Delete {path} ({size}, {age})? This cannot be undone.")
DELETED = _("Deleted: {path}")


def question(file: StoredFile, locale: str) -> str:
    """The question that is asked before ``file`` is deleted."""
    size, age = size_text(file.size_bytes, locale), age_text(file.modified_at, locale)
    return translate(QUESTION, locale, path=shown(file.path), size=size, age=age)


def buttons(file: StoredFile, asker: hikari.Snowflakeish, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The two buttons; the one that confirms holds the file's key."""
    return confirmation_row(DELETE_ID, asker, locale, about=key_of(file.path))


@screen.button(DELETE_ID, state=f"{SNOWFLAKE}:.+")
async def delete(
    context: yuyo.components.Context, store: alluka.Injected[FileStore], uploads: alluka.Injected[Uploads]
) -> None:
    """Delete the file.

    Raises:
        NotPermittedError: another person was asked.
        NotPermittedError: the person may not manage the guild, or not any more.
        FileNotThereError: it is gone already.
    """
    key = confirmed(context)
    folder = own_files(context.interaction, store)
    file = await folder.find(key)
    await folder.delete(file.path)
    await uploads.deleted(context.interaction.guild_id, context.interaction.user.id, file.path)
    await answer_question(context, translate(DELETED, str(context.interaction.locale), path=shown(file.path)))
