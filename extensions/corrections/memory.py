"""/memory: what a person has taught for themselves alone, in direct messages."""

from __future__ import annotations

import alluka
import hikari
import lightbulb
import yuyo

from bot.corrections.memories import MemoryStore, NoSuchMemoryError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.pages import Page, page_of, turn_to
from bot.ui.screen import NUMBER, Screen
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.corrections.text import choice_of, first_words

loader, screen = lightbulb.Loader(), Screen()

PAGE_ID = "memory-page"
HEADING = _("What you taught me for your direct messages: {count}")
NOTHING = _(
    "You have taught me nothing for yourself alone yet. In a direct message, ✏️ below an answer or /teach does that; "
    "nobody else is told of it."
)
FORGOTTEN = _("Forgotten: **#{number}** · {words}")
A_PAGE, _SHOWN = 10, 80


@safe
async def complete_memory(context: lightbulb.AutocompleteContext[str], memories: MemoryStore) -> None:
    typed = str(context.focused.value or "").strip().removeprefix("#").casefold()
    found = [
        (choice_of(one.number, one.prompt, one.answer), str(one.number))
        for one in await memories.all(context.interaction.user.id)
        if str(one.number).startswith(typed) or typed in f"{one.prompt} {one.answer}".casefold()
    ]
    await context.respond(found[:MAX_CHOICES])


memory = lightbulb.Group(
    _("memory"),
    _("What you taught me in direct messages, for yourself alone"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
)


@memory.register
class ListMemories(
    lightbulb.SlashCommand, name=_("list"), description=_("Everything you have taught me"), localize=True
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, memories: MemoryStore) -> None:
        page = await _page(memories, context.user.id, 1, locale_of(context))
        await respond(context, page.text, components=page.buttons, ephemeral=True)


@memory.register
class ForgetMemory(lightbulb.SlashCommand, name=_("forget"), description=_("Take one of them back"), localize=True):
    number = lightbulb.string(
        _("number"), _("Its number; or type a part of it"), localize=True, autocomplete=complete_memory
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, memories: MemoryStore) -> None:
        number = self.number.strip().removeprefix("#")
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise NoSuchMemoryError(number[:40])
        gone = await memories.forget(context.user.id, int(number))
        words = shown(first_words(gone.prompt), _SHOWN)
        text = translate(FORGOTTEN, locale_of(context), number=gone.number, words=words)
        await respond(context, text, ephemeral=True)


loader.command(memory)


async def _page(memories: MemoryStore, user: hikari.Snowflakeish, number: int, locale: str) -> Page:
    everything = await memories.all(user)
    if not everything:
        return Page(translate(NOTHING, locale))
    pages = -(-len(everything) // A_PAGE)
    number = min(number, pages)
    lines = [
        f"**#{one.number}** {' → '.join(shown(first_words(text), _SHOWN) for text in (one.prompt, one.answer))}"
        for one in everything[(number - 1) * A_PAGE : number * A_PAGE]
    ]
    heading = f"**{translate(HEADING, locale, count=len(everything))}**"
    return page_of(heading, lines, number=number, pages=pages, custom_id=PAGE_ID, locale=locale)


@screen.button(PAGE_ID, state=NUMBER)
async def turn_page(context: yuyo.components.Context, memories: alluka.Injected[MemoryStore]) -> None:
    """Show the page that the button is for."""
    interaction = context.interaction
    page = await _page(memories, interaction.user.id, int(context.id_metadata), str(interaction.locale))
    await turn_to(context, page)
