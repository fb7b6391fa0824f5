"""The result of a test, as a card with a file."""

from __future__ import annotations

import hikari

from bot.errors import translatable_plural as ngettext
from bot.i18n.message import LazyMessage
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.training.evaluating.running import Evaluation
from bot.training.evaluating.text import EXPECTED, answer_text, describe_answer, mark, report, summary, title

FIRST = ngettext(
    "-# Only the first is shown here; all of them are in the file.",
    "-# Only the first {count} are shown here; all of them are in the file.",
)
SOME = 6
"""The most cases that are shown."""
_MAX_CHARS, _MAX_BYTES = 3600, 9000
"""The limits of all texts together: a card has 4000 characters, and 10,000 bytes in UTF-8."""
_PROMPT, _ANSWER, _EXPECTED = 150, 240, 120
"""The most characters that are shown of each."""


def build_card(evaluation: Evaluation, source: LazyMessage, locale: str) -> hikari.api.ContainerComponentBuilder:
    """The card. ``source``: what the prompts were taken from."""
    texts = [heading_of(evaluation, source, locale)]
    for number in range(min(SOME, len(evaluation.runs[0].answers))):
        text = _case(evaluation, number, locale)
        together = "".join([*texts, text])
        if len(together) > _MAX_CHARS or len(together.encode()) > _MAX_BYTES:
            break
        texts.append(text)
    if 1 < len(texts) <= len(evaluation.runs[0].answers):
        texts.append(translate(FIRST, locale, count=len(texts) - 1))
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x2F80ED))
    for text in texts:
        card.add_text_display(text)
    data = report(evaluation, source, locale).encode()
    card.add_file(hikari.Bytes(data, "test.md", "text/markdown; charset=utf-8"))
    return card


def heading_of(evaluation: Evaluation, source: LazyMessage, locale: str) -> str:
    """What was tested and the result, above the answers."""
    return f"### {title(evaluation, locale)}\n" + "\n".join(summary(evaluation, source, locale))


def _case(evaluation: Evaluation, number: int, locale: str) -> str:
    case = evaluation.runs[0].answers[number].case
    lines = [f"**{number + 1}.** {shown(_line(case.prompt), _PROMPT)}"]
    if case.expected is not None:
        expected = shown(" | ".join(_line(each) for each in case.expected), _EXPECTED)
        lines.append(f"-# {translate(EXPECTED, locale, answers=expected)}")
    for run in evaluation.runs:
        answer = run.answers[number]
        whose = f"{shown(run.model, 60)} " if len(evaluation.runs) > 1 else ""
        lines.append(f"{mark(answer)} {whose}{shown(_line(answer_text(answer, locale)), _ANSWER)}")
        lines.append(f"-# {describe_answer(answer, locale)}")
    return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split())
