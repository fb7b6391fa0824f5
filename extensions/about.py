"""/about: what runs here, and where people's words are sent."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import lightbulb

from audio.recognition.recognizers import RECOGNIZERS
from audio.registry import Registration
from audio.synthesis.engines import ENGINES
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import translate
from bot.settings import OPENAI_URL, Settings
from bot.ui.command_reply import locale_of, respond
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

TITLE = _("**Starling {version}**, a bot that people talk to and teach")
HEARD_HERE = _("🎙️ Recordings are written down on the machine that I run on, by {what}, and are not kept.")
HEARD_THERE = _("🎙️ Recordings go to a speech service ({who}), which writes them down, and are not kept here.")
HEARD_THERE_OR_HERE = _(
    "🎙️ Recordings go to a speech service ({who}), which writes them down, and are not kept here; {what} stands in."
)
HEARD_BY_WORKERS = _("🎙️ Recordings are written down by {what} on machines that work for me, and are not kept.")
ANSWERED_HERE = _("💬 Questions are answered on the same machine, by a small demonstration model.")
ANSWERED_THERE = _("💬 Questions, and what was said before them, go to {host}, where {model} answers.")
SPOKEN_HERE = _("🔊 Answers are spoken on the same machine.")
SPOKEN_BY_WORKERS = _("🔊 Answers are spoken on machines that work for me.")
SPOKEN_THERE = _("🔊 The text of spoken answers goes to a speech service ({who}).")
SPOKEN_THERE_OR_HERE = _("🔊 The text of spoken answers goes to a speech service ({who}); offline voices stand in.")
KEPT = ngettext(
    "🗄️ Questions and answers are kept for {days} day, so that we can go on. Delete yours, and I forget it.",
    "🗄️ Questions and answers are kept for {days} days, so that we can go on. Delete yours, and I forget it.",
    number="days",
)
GIVEN = _(
    "🌱 Nothing you write trains a model, except what you have agreed to give: corrections that you send "
    "in my form, and files for datasets. /corrections delete takes corrections back."
)


@loader.command
class About(
    lightbulb.SlashCommand,
    name=_("about"),
    description=_("What runs here, and where what you say goes"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, settings: Settings) -> None:
        locale = locale_of(context)
        host = urlsplit(settings.openai_base_url or OPENAI_URL).hostname or ""
        answered = (
            translate(ANSWERED_HERE, locale)
            if settings.embedded_chat
            else translate(ANSWERED_THERE, locale, host=host, model=settings.chat_model or "")
        )
        heard = RECOGNIZERS.chosen(settings.stt_engine, settings)
        spoken = ENGINES.chosen(settings.tts_engine, settings)
        here = (HEARD_HERE, SPOKEN_HERE) if settings.work_url is None else (HEARD_BY_WORKERS, SPOKEN_BY_WORKERS)
        lines = [
            translate(TITLE, locale, version=version("starling")),
            _where(heard, settings, locale, here[0], HEARD_THERE, HEARD_THERE_OR_HERE),
            answered,
            _where(spoken, settings, locale, here[1], SPOKEN_THERE, SPOKEN_THERE_OR_HERE),
            translate(KEPT, locale, days=settings.retention_days),
            translate(GIVEN, locale),
        ]
        await respond(context, "\n".join(lines), ephemeral=context.guild_id is not None)


def _where(
    chosen: Sequence[Registration[Any]], settings: Settings, locale: str, here: str, there: str, there_or_here: str
) -> str:
    """The sentence on where the engines ``chosen`` work: ``here`` if none of them sends anything away; otherwise
    ``there_or_here`` if some need no network, else ``there``."""
    recipients = [one.recipient(settings) for one in chosen if one.recipient is not None]
    local = [one for one in chosen if not one.needs_network]
    sentence = here if not recipients else there_or_here if local else there
    what = ", ".join(one.described(settings) for one in local)
    return translate(sentence, locale, who=", ".join(dict.fromkeys(recipients)), what=what)
