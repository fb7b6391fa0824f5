"""Deleting a stored file, once the person has said so twice."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import key_of, shown
from bot.storage.files import FileStore, StoredFile
from bot.ui.file_text import age_text, size_text
from bot.ui.screen import Screen
from extensions.files.rights import own_files

screen = Screen()

DELETE_ID, KEEP_ID = "file-delete", "file-keep"
DELETE, KEEP = _("Delete"), _("Keep")
QUESTION = _("Delete {path} ({size}, {age})? It cannot be brought back.")
DELETED = _("Deleted: {path}")
KEPT = _("Nothing was deleted.")


class NotTheirsToPressError(StarlingError):
    """Raised when someone presses a button of a question that another person was asked."""

    sentence = _("Only the one who was asked may press these buttons.")


def question(file: StoredFile, locale: str) -> str:
    """What is asked before ``file`` is deleted."""
    size, age = size_text(file.size_bytes, locale), age_text(file.modified_at, locale)
    return translate(QUESTION, locale, path=shown(file.path), size=size, age=age)


def buttons(file: StoredFile, asker: hikari.Snowflakeish, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The two answers; they hold who was asked, and the file's key."""
    row = hikari.impl.MessageActionRowBuilder()
    answer = f"{DELETE_ID}:{int(asker)}:{key_of(file.path)}"
    row.add_interactive_button(hikari.ButtonStyle.DANGER, answer, label=translate(DELETE, locale))
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, f"{KEEP_ID}:{int(asker)}", label=translate(KEEP, locale))
    return row


@screen.button(DELETE_ID)
async def delete(context: yuyo.components.Context, store: alluka.Injected[FileStore]) -> None:
    """Delete the file.

    Raises:
        NotTheirsToPressError: another person was asked.
        NotPermittedError: the person may not manage the guild, or not any more.
        FileNotThereError: it is gone already.
    """
    asker, _colon, key = context.id_metadata.partition(":")
    _require(context, asker)
    folder = own_files(context.interaction, store)
    file = await folder.find(key)
    await folder.delete(file.path)
    await _answer(context, translate(DELETED, str(context.interaction.locale), path=shown(file.path)))


@screen.button(KEEP_ID)
async def keep(context: yuyo.components.Context) -> None:
    """Leave the file where it is.

    Raises:
        NotTheirsToPressError: another person was asked.
    """
    _require(context, context.id_metadata)
    await _answer(context, translate(KEPT, str(context.interaction.locale)))


def _require(context: yuyo.components.Context, asker: str) -> None:
    if str(context.interaction.user.id) != asker:
        raise NotTheirsToPressError


async def _answer(context: yuyo.components.Context, text: str) -> None:
    await context.interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, text, components=[])
