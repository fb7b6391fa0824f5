"""/teach: teaching the answer to a question before the bot answers it wrongly."""

from __future__ import annotations

import hikari
import lightbulb

from bot.corrections.bulk import BulkResult, teach_in_bulk
from bot.corrections.limits import MAX_CHARS
from bot.corrections.rights import require_approver
from bot.corrections.service import Corrections
from bot.datasets.problems import UploadRefusedError
from bot.datasets.reading import MAX_BYTES
from bot.datasets.text import describe_refusal
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.command_reply import locale_of, respond
from bot.ui.downloading import download
from bot.ui.permissions import guild_of
from bot.ui.splitting import MESSAGE_LIMIT
from extensions import DIRECT_CONTEXTS, GUILD_TYPES
from extensions.corrections.consent import Unwritten, ask_for_consent, open_form
from extensions.corrections.form import CorrectionForms, FormKind
from extensions.corrections.keeping import Keeping
from extensions.corrections.reviews import Reviews

loader = lightbulb.Loader()

MAX_QUESTION_CHARS = 1200
"""Short enough to fit on one card with an answer and the consent text."""

APPROVED = _("✅ Known from now on: {count}.")
KNOWN = _("🟰 Known already: {count}.")
WAITING = _("⏳ Waiting for a decision: {numbers}. /corrections list opens them.")
CONTRADICTING = _("⚠️ The same question has another approved answer in {numbers}.")
REFUSED = _("Not taken: {count}.")
REST_IN_FILE = _("All of it is in the file.")
_MAX_NUMBERS = 20


@loader.command
class Teach(
    lightbulb.SlashCommand,
    name=_("teach"),
    description=_("Teach me the answer to a question"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=DIRECT_CONTEXTS,
):
    question = lightbulb.string(
        _("question"), _("What people ask, in their words"), localize=True, default=None, max_length=MAX_QUESTION_CHARS
    )
    answer = lightbulb.string(_("answer"), _("What I should say"), localize=True, default=None, max_length=MAX_CHARS)
    file = lightbulb.attachment(
        _("file"), _("For moderators: many at once, as CSV, JSONL or JSON with question and answer"), localize=True,
        default=None,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        forms: CorrectionForms,
        keeping: Keeping,
        corrections: Corrections,
        preferences: Preferences,
        reviews: Reviews,
    ) -> None:
        interaction = context.interaction
        if self.file is not None:
            person = await require_approver(interaction, preferences)
            if not await forms.is_agreed(interaction):
                await ask_for_consent(interaction, Unwritten.FILE)
                return
            await context.defer(ephemeral=True)
            try:
                data = await download(self.file, MAX_BYTES)
                result = await teach_in_bulk(
                    corrections, guild_of(interaction), interaction.channel_id, self.file.filename, data, person
                )
            except UploadRefusedError as error:
                await _answer(context, describe_refusal(error, locale_of(context)))
                return
            await _answer(context, _told(result, locale_of(context)))
            for waiting in result.waiting:
                await reviews.received(waiting.correction, interaction)
        elif not self.question or not self.answer:
            await open_form(interaction, FormKind.TEACH, forms, question=self.question or "")
        elif await forms.is_agreed(interaction):
            await keeping.keep(interaction, FormKind.TEACH, self.answer, self.question)
        else:
            await forms.form(FormKind.TEACH, interaction)  # raises if the person may not
            await ask_for_consent(interaction, FormKind.TEACH, self.answer, self.question)


def _told(result: BulkResult, locale: str) -> str:
    lines = []
    for sentence, taken in ((APPROVED, result.approved), (KNOWN, result.known)):
        if taken:
            lines.append(translate(sentence, locale, count=len(taken)))
    if result.waiting:
        numbers = _numbers([one.correction.number for one in result.waiting])
        lines.append(translate(WAITING, locale, numbers=numbers))
    if against := sorted({number for one in result.waiting for number in one.similar.contradictions}):
        lines.append(translate(CONTRADICTING, locale, numbers=_numbers(against)))
    if result.refused:
        lines.append(translate(REFUSED, locale, count=len(result.refused)))
        lines += [f"- {translate(reason, locale)}" for reason in result.refused]
    return "\n".join(lines)


def _numbers(numbers: list[int]) -> str:
    told = ", ".join(f"#{number}" for number in numbers[:_MAX_NUMBERS])
    return told if len(numbers) <= _MAX_NUMBERS else f"{told}, …"


async def _answer(context: lightbulb.Context, text: str) -> None:
    if len(text) <= MESSAGE_LIMIT:
        await respond(context, text, ephemeral=True)
        return
    hint = translate(REST_IN_FILE, locale_of(context))
    beginning = text[: MESSAGE_LIMIT - len(hint) - 1].rpartition("\n")[0]
    file = hikari.Bytes(text.encode(), "taught.txt", "text/plain; charset=utf-8")
    await respond(context, f"{beginning}\n{hint}", attachment=file, ephemeral=True)
