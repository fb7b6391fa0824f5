"""/about: what runs here, and where what people say goes."""

from __future__ import annotations

from importlib.metadata import version
from urllib.parse import urlsplit

import lightbulb

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.settings import OPENAI_URL, Settings
from bot.ui.command_reply import locale_of, respond
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

TITLE = _("**Starling {version}**, a bot that people talk to and teach")
HEARD = _("🎙️ Recordings are written down on the machine that I run on, by Whisper ({model}), and are not kept.")
ANSWERED_HERE = _("💬 Questions are answered on the same machine, by a small demonstration model.")
ANSWERED_THERE = _("💬 Questions, and what was said before them, go to {host}, where {model} answers.")
SPOKEN_HERE = _("🔊 Answers are spoken on the same machine.")
SPOKEN_THERE = _("🔊 Answers are spoken by Microsoft's speech service, which gets their text; offline voices stand in.")
KEPT = _("🗄️ Questions and answers are kept for {days} days, so that we can go on. Delete yours, and I forget it.")
GIVEN = _(
    "🌱 Nothing that you write trains a model, but for what you have agreed to give: corrections that you send in my "
    "form, and files for datasets. /corrections delete takes corrections back."
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
        offline = settings.tts_engine not in ("auto", "edge")
        lines = [
            translate(TITLE, locale, version=version("starling")),
            translate(HEARD, locale, model=settings.whisper_model),
            answered,
            translate(SPOKEN_HERE if offline else SPOKEN_THERE, locale),
            translate(KEPT, locale, days=settings.retention_days),
            translate(GIVEN, locale),
        ]
        await respond(context, "\n".join(lines), ephemeral=context.guild_id is not None)
