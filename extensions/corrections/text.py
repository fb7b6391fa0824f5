"""Texts about corrections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.corrections.correction import Correction, CorrectionState, SimilarCorrections
from bot.corrections.service import SubmissionResult
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown

STATES = {
    CorrectionState.PENDING: _("⏳ waits for a moderator"),
    CorrectionState.APPROVED: _("✅ approved"),
    CorrectionState.REJECTED: _("❌ rejected"),
    CorrectionState.RETIRED: _("♻️ replaced by a newer one"),
    CorrectionState.WITHDRAWN: _("🗑️ taken back"),
}
RECEIVED = _(
    "Correction received: **#{number}**. It is waiting for a moderator; /corrections show tells you what became of it."
)
APPROVED_AT_ONCE = _("Correction received: **#{number}**. You may approve corrections, so it is approved at once.")
APPROVED_BY_YOU = _(
    "Correction received: **#{number}**. Your own approval counts; it still needs that of others: {missing} more."
)
DECIDE = _("Correction received: **#{number}**. It is for you to decide:")
KNOWN = _("Thank you! **#{number}** says the same and is approved: I know it already.")
DUPLICATES = _("🟰 The same is said in {numbers}.")
CONTRADICTIONS = _("⚠️ The same question has another answer in {numbers}, which is approved.")

_LABEL = 100
"""The most characters of a choice's name (Discord, Application Command Option Choice)."""
_SHOWN = 60


def describe_result(result: SubmissionResult, locale: str, *, approves: bool) -> str:
    """What the author of a text is told."""
    number, missing = result.correction.number, result.missing
    if result.is_known:
        return translate(KNOWN, locale, number=number)
    if missing is None:
        first = translate(DECIDE if approves else RECEIVED, locale, number=number)
    elif missing:
        first = translate(APPROVED_BY_YOU, locale, number=number, missing=missing)
    else:
        first = translate(APPROVED_AT_ONCE, locale, number=number)
    return "\n".join([first, *describe_similar(result.similar, locale)])


def describe_similar(similar: SimilarCorrections, locale: str) -> list[str]:
    """Which others say the same, or give another answer to the same question."""
    return [
        translate(sentence, locale, numbers=", ".join(f"#{number}" for number in numbers))
        for sentence, numbers in ((DUPLICATES, similar.duplicates), (CONTRADICTIONS, similar.contradictions))
        if numbers
    ]


def one_line(correction: Correction, locale: str) -> str:
    """A correction as one line of a list."""
    texts = " → ".join(shown(first_words(text), _SHOWN) for text in (correction.prompt, correction.answer))
    author = "" if correction.author_id is None else f" · <@{correction.author_id}>"
    return f"**#{correction.number}** {translate(STATES[correction.state], locale)} · {texts}{author}"


def correction_choices(corrections: Iterable[Correction]) -> list[tuple[str, str]]:
    """Pairs of (label, number) for corrections."""
    return [(choice_of(each.number, each.prompt, each.answer), str(each.number)) for each in corrections]


def choice_of(number: int, prompt: str, answer: str) -> str:
    """The label under which a question with its answer is offered."""
    return _cut(f"#{number} · {first_words(prompt)[:_SHOWN]} → {first_words(answer)}")


def answer_choices(answers: Sequence[tuple[int, str, str]], typed: str) -> list[tuple[str, str]]:
    """Pairs of (label, id) for those answers (id, prompt, reply) whose first words contain ``typed``, or whose id it
    is."""
    wanted = " ".join(typed.split()).casefold()
    return [
        (_cut(first_words(reply)), str(id_))
        for id_, prompt, reply in answers
        if wanted in first_words(reply).casefold() or wanted in first_words(prompt).casefold() or wanted == str(id_)
    ]


def first_words(text: str) -> str:
    """The beginning of ``text``, as one line."""
    return " ".join(text[: 4 * _LABEL].split())


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"
