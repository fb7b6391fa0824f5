"""/tests: the results of earlier tests."""

from __future__ import annotations

import hikari
import lightbulb

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.training.evaluating.results import ModelTest, ModelTestStore, NoSuchModelTestError
from bot.training.rights import require_trainer
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.splitting import MESSAGE_LIMIT
from extensions import GUILD_CONTEXTS, GUILD_TYPES

loader = lightbulb.Loader()

NONE_YET = _("No tests are stored on this server. /test runs one.")
WHICH_TEST = _("Its number; or type a part of it")
MAX_LISTED, MAX_CHOICES = 10, 25
_LINE, _LABEL = 180, 100
"""The most characters of one line, and of a choice's name."""


def one_line(test: ModelTest) -> str:
    """A test as one line of a list."""
    flat = " · ".join(line.strip("# ") for line in test.summary.splitlines())
    return f"**#{test.number}** · <t:{int(test.ended_at.timestamp())}:R> · {flat}"[:_LINE]


@safe
async def complete_test(
    context: lightbulb.AutocompleteContext[str], tests: ModelTestStore, preferences: Preferences
) -> None:
    guild = await require_trainer(context.interaction, preferences)
    typed = str(context.focused.value or "").strip().lstrip("#").casefold()
    offered = []
    for test in await tests.of_guild(guild, 100):
        label = f"#{test.number} · {' · '.join(test.summary.splitlines())}".replace("### ", "").replace("*", "")
        if typed in label.casefold():
            offered.append((label[:_LABEL], str(test.number)))
    await context.respond(offered[:MAX_CHOICES])


tests_group = lightbulb.Group(
    _("tests"),
    _("What came out of tests of models"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
)


@tests_group.register
class ListModelTests(lightbulb.SlashCommand, name=_("list"), description=_("The latest tests"), localize=True):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, tests: ModelTestStore, preferences: Preferences) -> None:
        guild, locale = await require_trainer(context.interaction, preferences), locale_of(context)
        lines = [one_line(test) for test in await tests.of_guild(guild, MAX_LISTED)]
        await respond(context, "\n".join(lines) or translate(NONE_YET, locale), ephemeral=True)


@tests_group.register
class ShowModelTest(
    lightbulb.SlashCommand, name=_("show"), description=_("What came out of a test, with all answers"), localize=True
):
    number = lightbulb.string(_("number"), WHICH_TEST, localize=True, autocomplete=complete_test, max_length=100)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, tests: ModelTestStore, preferences: Preferences) -> None:
        guild = await require_trainer(context.interaction, preferences)
        number = self.number.strip().lstrip("#")
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise NoSuchModelTestError(self.number[:20])
        found = await tests.get(guild, int(number))
        file = hikari.Bytes(found.report.encode(), f"test-{found.number}.md", "text/markdown; charset=utf-8")
        await respond(context, found.summary[:MESSAGE_LIMIT], attachment=file, ephemeral=True)


loader.command(tests_group)
