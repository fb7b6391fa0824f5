"""The list of stored files, page by page."""

from __future__ import annotations

from collections.abc import Sequence

import alluka
import hikari
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.storage.files import FileStore, StoredFile
from bot.ui.file_text import size_text
from bot.ui.pages import Page, page_of, turn_to
from bot.ui.screen import NUMBER, Screen
from extensions.files.rights import own_files

screen = Screen()

CUSTOM_ID = "files-page"
NONE_YET = _("There are no files here yet.")
HEADING = _("Files: {count}")
ALL_IN_FILE = _("the newest are below, and all of them in the attached file")

A_PAGE = 12
MAX_PAGES = 10
"""With more, nobody turns pages: all files are listed in an attachment instead."""


def page_of_files(files: Sequence[StoredFile], number: int, locale: str) -> Page:
    """Page ``number``, counted from 1, or the nearest one that exists. The buttons hold nothing but the page number."""
    if not files:
        return Page(translate(NONE_YET, locale))
    pages = -(-len(files) // A_PAGE)
    number = max(1, min(number, pages))
    heading = f"**{translate(HEADING, locale, count=len(files))}**"
    lines = [_line(file, locale) for file in files[(number - 1) * A_PAGE : number * A_PAGE]]
    if pages > MAX_PAGES:
        heading = f"{heading} · {translate(ALL_IN_FILE, locale)}"
        return Page("\n".join([heading, *lines]), (), [_as_file(files)])
    return page_of(heading, lines, number=number, pages=pages, custom_id=CUSTOM_ID, locale=locale)


@screen.button(CUSTOM_ID, state=NUMBER)
async def turn_page(context: yuyo.components.Context, store: alluka.Injected[FileStore]) -> None:
    """Show the page that the button is for.

    Raises:
        NotPermittedError: the person may not see the files.
    """
    interaction = context.interaction
    files = await own_files(interaction, store).listing()
    page = page_of_files(files, int(context.id_metadata), str(interaction.locale))
    await turn_to(context, page)


def _line(file: StoredFile, locale: str) -> str:
    return f"{shown(file.path)} · {size_text(file.size_bytes, locale)} · <t:{int(file.modified_at.timestamp())}:R>"


def _as_file(files: Sequence[StoredFile]) -> hikari.Bytes:
    """The size in bytes, the time and the path of each file, separated by tabs: less than 10 MiB, whatever the paths
    are."""
    lines = [f"{file.size_bytes}\t{file.modified_at:%Y-%m-%dT%H:%M:%SZ}\t{file.path}\n" for file in files]
    return hikari.Bytes("".join(lines).encode(), "files.txt", "text/plain; charset=utf-8")
