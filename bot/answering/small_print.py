"""The small print of an answer: how to take it, and which budgets are running out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from cachetools import TTLCache

from bot.answering.conversation_history import ConversationHistory
from bot.answering.demonstration import taught_for
from bot.answering.prompting import AnswerPrompt
from bot.answering.request import AnswerRequest
from bot.answering.streaming import StreamedAnswer
from bot.answering.teachers import Teachers
from bot.answering.unread_files import MAX_NAMES_CHARS
from bot.conversation.sources import Source
from bot.errors import translatable as _
from bot.i18n.translation import translate, translate_error
from bot.preferences.preferences import Preferences
from bot.storage.file_names import shown as shown_as_code
from bot.usage.budgets import BudgetKind, Budgets

DEMONSTRATION = _(
    "I answer with a small demonstration model that speaks English only and is often wrong. Whoever runs me "
    "can connect a better one: OPENAI_BASE_URL and CHAT_MODEL, as the README says."
)
TAUGHT_FOR = _("Taught as the answer to {question}.")
MAX_QUESTION_CHARS = 100
NOT_SEEN = _("My chat model cannot look at pictures, so I answered without them.")
PICTURE_REFUSED = _("My chat model does not accept {names}, so I answered without.")
AT_LIMIT = _("The answer is longer than I may write at once. Press Continue for the rest.")
AT_LIMIT_FOR_GOOD = _("The answer is longer than I may write at once, so it ends here.")
ONLY_BEGINNING = _("I read only the beginning of {names}: all of it is more than my chat model can take in.")
SOURCES = _("Sources: {links}")
MAX_LINKS_CHARS = 300
"""A note may have 500 characters, and the rest is needed for other lines."""
STOOD_IN = _("{model} answered, since {asked} could not.")
MAX_UNREAD = 6
"""The number of files for which it is said why they were not read."""
INSTRUCTION_CUT = _(
    "The instruction that applies here is longer than my chat model can take in: it read only its beginning."
)
QUESTION_CUT = _("Your message is longer than I can take in: I read only its beginning.")
CUT = _("We have talked longer than I can keep in mind: I left out the beginning.")
WAITING = _("Corrections waiting for you: {count}. /corrections list opens them.")
WAITING_NOTED_S = 6 * 3600.0
"""How long the same person is not told again."""
CUT_NOTED_S = 6 * 3600.0
"""How long a channel is not told again that the beginning of its endless conversation is left out."""


class SmallPrint:
    """Makes the lines of small print above and below answers."""

    def __init__(
        self,
        history: ConversationHistory,
        budgets: Budgets,
        teachers: Teachers,
        preferences: Preferences,
        waiting: Callable[[int], Awaitable[int]],
    ) -> None:
        """``waiting`` returns how many corrections of a guild await a decision."""
        self._history = history
        self._budgets = budgets
        self._teachers = teachers
        self._preferences = preferences
        self._waiting = waiting
        self._waiting_noted: TTLCache[tuple[int, int], bool] = TTLCache(10_000, WAITING_NOTED_S)
        """The guilds and people in them who were recently told that corrections are waiting."""
        self._cut_noted: TTLCache[int, bool] = TTLCache(10_000, CUT_NOTED_S)
        """Channels that were recently told that the beginning is left out."""

    def above(self, prompt: AnswerPrompt) -> list[str]:
        """The lines above the answer to ``prompt``, in the asker's language: which files, or parts of files, it does
        not take into account."""
        locale = prompt.understood.request.reply.locale
        lines = [translate_error(error, locale) for error in prompt.unread[:MAX_UNREAD]]
        if prompt.shortened:
            lines.append(translate(ONLY_BEGINNING, locale, names=", ".join(prompt.shortened)[:MAX_NAMES_CHARS]))
        return lines

    async def below(self, answer: StreamedAnswer) -> list[str]:
        """The lines below ``answer``, in the asker's language."""
        request, shown = answer.prompt.understood.request, answer.shown
        notes = {
            DEMONSTRATION: answer.prompt.understood.model.is_demonstration and answer.text not in answer.prompt.taught,
            NOT_SEEN: answer.is_blind,
            AT_LIMIT: answer.is_at_limit and request.can_go_on,
            AT_LIMIT_FOR_GOOD: answer.is_at_limit and not request.can_go_on,
            INSTRUCTION_CUT: shown.instruction_cut,
            QUESTION_CUT: shown.question_cut,
            CUT: shown.history_cut and self._tells_cut(request),
        }
        locale = request.reply.locale
        lines = [translate(note, locale) for note, holds in notes.items() if holds]
        prompt = answer.prompt
        shown_as_taught = prompt.corrections if prompt.understood.model.is_demonstration else ()
        pairs = ((one.prompt, one.answer) for one in shown_as_taught)
        if question := taught_for(answer.text, prompt.understood.text, pairs):
            lines.insert(0, translate(TAUGHT_FOR, locale, question=shown_as_code(question, MAX_QUESTION_CHARS)))
        if links := _links(answer.sources):
            lines.insert(0, translate(SOURCES, locale, links=links))
        if answer.refused:
            names = ", ".join(answer.refused)[:MAX_NAMES_CHARS]
            lines.append(translate(PICTURE_REFUSED, locale, names=names))
        if answer.stood_in is not None:
            asked = answer.prompt.understood.model.model
            lines.append(translate(STOOD_IN, locale, model=f"`{answer.stood_in}`", asked=f"`{asked}`"))
        if count := await self._waiting_for(request):
            lines.append(translate(WAITING, locale, count=count))
        return lines + await self._budgets.running_out(
            request.asker.id, request.guild_id, locale, BudgetKind.TOKENS, BudgetKind.AUDIO
        )

    async def _waiting_for(self, request: AnswerRequest) -> int:
        """How many corrections await the asker's decision; 0 if a review channel shows them, or if the asker may not
        approve or was told recently."""
        if request.guild_id is None or (key := (request.guild_id, request.asker.id)) in self._waiting_noted:
            return 0
        if (await self._preferences.guild(request.guild_id)).review_channel is not None:
            return 0
        count = await self._waiting(request.guild_id)
        if not count or not await self._teachers.may_approve(request):
            return 0
        self._waiting_noted[key] = True
        return count

    def _tells_cut(self, request: AnswerRequest) -> bool:
        """Whether to say that the beginning of the conversation is left out: only now and then in a conversation
        without an end, always in any other."""
        if not self._history.flows(request):
            return True
        lately = request.channel_id in self._cut_noted
        if not lately:
            self._cut_noted[request.channel_id] = True
        return not lately


def _links(sources: Sequence[Source]) -> str:
    """As many of ``sources`` as fit, each as a link with its site and its number in the text."""
    links = ""
    for number, source in enumerate(sources, 1):
        link = f"{' · ' * bool(links)}[{number} {source.site}](<{source.url}>)"
        if len(links) + len(link) > MAX_LINKS_CHARS:
            continue
        links += link
    return links
