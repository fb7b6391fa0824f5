"""The list of stored files, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import alluka
import hikari
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.storage.files import FileStore, StoredFile
from bot.ui.file_text import size_text
from bot.ui.screen import Screen
from extensions.files.rights import own_files

screen = Screen()

CUSTOM_ID = "files-page"
NEWER, OLDER = _("Newer"), _("Older")
NONE_YET = _("There are no files here yet.")
HEADING = _("Files: {count}")
PAGE = _("page {page} of {pages}")
ALL_IN_FILE = _("the newest are below, and all of them in the attached file")

A_PAGE = 12
MAX_PAGES = 10
"""Beyond, nobody turns pages: all files are listed in an attachment."""


@dataclass(frozen=True, slots=True)
class Page:
    """A message with a part of the list."""

    text: str
    buttons: Sequence[hikari.api.ComponentBuilder]
    attachments: Sequence[hikari.Bytes] = ()


def page_of(files: Sequence[StoredFile], number: int, locale: str) -> Page:
    """The page ``number``, counted from 1; the nearest that there is. The buttons need no state but their number."""
    if not files:
        return Page(translate(NONE_YET, locale), ())
    pages = -(-len(files) // A_PAGE)
    number = max(1, min(number, pages))
    heading = f"**{translate(HEADING, locale, count=len(files))}**"
    lines = [_line(file, locale) for file in files[(number - 1) * A_PAGE : number * A_PAGE]]
    if pages > MAX_PAGES:
        heading = f"{heading} · {translate(ALL_IN_FILE, locale)}"
        return Page("\n".join([heading, *lines]), (), [_as_file(files)])
    if pages == 1:
        return Page("\n".join([heading, *lines]), ())
    heading = f"{heading} · {translate(PAGE, locale, page=number, pages=pages)}"
    row = hikari.impl.MessageActionRowBuilder()
    for label, to, there in ((NEWER, number - 1, number > 1), (OLDER, number + 1, number < pages)):
        row.add_interactive_button(
            hikari.ButtonStyle.SECONDARY, f"{CUSTOM_ID}:{to}", label=translate(label, locale), is_disabled=not there
        )
    return Page("\n".join([heading, *lines]), (row,))


@screen.button(CUSTOM_ID)
async def turn_page(context: yuyo.components.Context, store: alluka.Injected[FileStore]) -> None:
    """Show the page that the button is for.

    Raises:
        NotPermittedError: the person may not see the files.
    """
    interaction = context.interaction
    files = await own_files(interaction, store).listing()
    page = page_of(files, int(context.id_metadata), str(interaction.locale))
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE, page.text, components=page.buttons, attachments=page.attachments
    )


def _line(file: StoredFile, locale: str) -> str:
    return f"{shown(file.path)} · {size_text(file.size_bytes, locale)} · <t:{int(file.modified_at.timestamp())}:R>"


def _as_file(files: Sequence[StoredFile]) -> hikari.Bytes:
    """Bytes, time and path of each, separated by tabs: less than 10 MiB, whatever the paths are."""
    lines = [f"{file.size_bytes}\t{file.modified_at:%Y-%m-%dT%H:%M:%SZ}\t{file.path}\n" for file in files]
    return hikari.Bytes("".join(lines).encode(), "files.txt", "text/plain; charset=utf-8")
