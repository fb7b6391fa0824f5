"""/getfile and /files."""

from __future__ import annotations

import hikari
import lightbulb

from bot.datasets.uploads import MAX_BYTES, Uploads
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.storage.files import FileStore
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.downloading import download
from bot.ui.file_text import bar, size_text
from extensions import EVERYWHERE_TYPES
from extensions.files import deletion as file_deletion
from extensions.files.choice import file_choices
from extensions.files.delivery import deliver
from extensions.files.list import page_of_files
from extensions.files.rights import own_files

loader = lightbulb.Loader()

CONTEXTS = (hikari.ApplicationContextType.GUILD, hikari.ApplicationContextType.BOT_DM)
"""Not private channels with other people, who would see what is sent there."""

UPLOADED = _("{path} is kept ({size}). /getfile sends it to you.")
OF_FOLDERS = _("/dataset add and /train take what lies in {folder} as one dataset, /archive packs it.")
USAGE = ngettext("{used} of {quota} are taken, by {count} file.", "{used} of {quota} are taken, by {count} files.")


@safe
async def complete_path(context: lightbulb.AutocompleteContext[str], store: FileStore) -> None:
    files = await own_files(context.interaction, store).listing()
    await context.respond(file_choices(files, str(context.focused.value or ""), str(context.interaction.locale)))


@loader.command
class GetFile(
    lightbulb.SlashCommand,
    name=_("getfile"),
    description=_("Get a file of this server, or in direct messages one of your own"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    path = lightbulb.string(_("path"), _("Type a part of its name"), localize=True, autocomplete=complete_path)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: FileStore) -> None:
        folder = own_files(context.interaction, store)
        await _defer(context)
        await deliver(context, folder, (await folder.find(self.path)).path)


files = lightbulb.Group(
    _("files"),
    _("The files of this server, or in direct messages your own"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
)


@files.register
class ListFiles(lightbulb.SlashCommand, name=_("list"), description=_("The files, newest first"), localize=True):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: FileStore) -> None:
        folder = own_files(context.interaction, store)
        await _defer(context)
        page = page_of_files(await folder.listing(), 1, locale_of(context))
        await respond(
            context, page.text, components=page.buttons, attachments=page.attachments, ephemeral=_private(context)
        )


@files.register
class UploadFile(
    lightbulb.SlashCommand, name=_("upload"), description=_("Put a file there, for datasets to be made of"),
    localize=True,
):  # fmt: skip
    file = lightbulb.attachment(_("file"), _("What is to be kept, at most 25 MB"), localize=True)
    folder = lightbulb.string(
        _("folder"), _("Where; left empty, in uploads"), localize=True, default=None, max_length=200
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: FileStore, uploads: Uploads) -> None:
        own_files(context.interaction, store)
        await _defer(context)
        locale, data = locale_of(context), await download(self.file, MAX_BYTES)
        kept = await uploads.keep(context.guild_id, context.user.id, self.folder, self.file.filename, data)
        facts = {"path": shown(kept.path), "size": size_text(kept.size_bytes, locale)}
        lines = [translate(UPLOADED, locale, **facts)]
        if context.guild_id is not None:
            lines.append(translate(OF_FOLDERS, locale, folder=shown(kept.path.rpartition("/")[0])))
        await respond(context, "\n".join(lines), ephemeral=_private(context))


@files.register
class DeleteFile(lightbulb.SlashCommand, name=_("delete"), description=_("Delete a file"), localize=True):
    path = lightbulb.string(_("path"), _("Type a part of its name"), localize=True, autocomplete=complete_path)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: FileStore) -> None:
        folder = own_files(context.interaction, store)
        await _defer(context)
        file, locale = await folder.find(self.path), locale_of(context)
        row = file_deletion.buttons(file, context.user.id, locale)
        await respond(context, file_deletion.question(file, locale), components=[row], ephemeral=_private(context))


@files.register
class ShowUsage(lightbulb.SlashCommand, name=_("usage"), description=_("How much room is left"), localize=True):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: FileStore) -> None:
        folder = own_files(context.interaction, store)
        await _defer(context)
        usage, locale = await folder.usage(), locale_of(context)
        used, quota = size_text(usage.used_bytes, locale), size_text(usage.quota_bytes, locale)
        text = translate(USAGE, locale, used=used, quota=quota, count=usage.files)
        await respond(context, f"{bar(usage)}\n{text}", ephemeral=_private(context))


loader.command(files)


def _private(context: lightbulb.Context) -> bool:
    """Whether only the caller sees the answer: in a guild, it would tell everyone in the channel what only moderators
    may know."""
    return context.guild_id is not None


async def _defer(context: lightbulb.Context) -> None:
    await context.defer(ephemeral=_private(context))
