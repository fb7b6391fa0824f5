"""The results of a test, in words."""

from __future__ import annotations

from bot.errors import translatable as _
from bot.i18n.message import LazyMessage
from bot.i18n.translation import translate, translate_error
from bot.storage.file_names import shown
from bot.training.evaluating.interval import Interval
from bot.training.evaluating.pairing import pair
from bot.training.evaluating.running import CaseAnswer, Evaluation, ModelRun
from bot.usage.text import decimal_text, number_text, percent_text

TITLE = _("Test of {models}")
RIGHT = _("{passed} of {judged} right: {share} (95% confidence interval: {low} to {high})")
NOTHING_EXPECTED = _("no answers were expected, so none was judged")
NO_ANSWER = _("without an answer: {count}")
SIMILARITY = _("similarity {value}")
MEDIAN = _("{seconds} s (median)")
SECONDS = _("{seconds} s")
TOKENS = _("tokens: {prompt} in, {reply} out")
JUDGED_BY = _("{model} judged the answers.")
PAIRED = _("{first} is better on {better}, {second} on {worse}; alike: {alike}.")
TOO_EARLY = _("Too early to tell which is better.")
IS_BETTER = _("{model} is better, as far as these can tell.")
INCOMPLETE = _("⏹️ It ended early: {done} of {asked} were asked.")
EXPECTED = _("expected: {answers}")
PROMPT = _("Prompt")
EXPECTED_ANSWERS = _("Expected")
JUDGE_SAYS = _("judge: {reason}")


def title(evaluation: Evaluation, locale: str) -> str:
    """The heading."""
    return translate(TITLE, locale, models=" · ".join(shown(run.model) for run in evaluation.runs))


def summary(evaluation: Evaluation, source: LazyMessage, locale: str) -> list[str]:
    """A line on what was asked, one on each model, and for two models the outcome of the comparison."""
    lines = [translate(source, locale), *(_of_run(run, locale) for run in evaluation.runs)]
    if len(evaluation.runs) == 2:
        lines += _of_pair(*evaluation.runs, locale)
    if evaluation.judge is not None:
        lines.append(translate(JUDGED_BY, locale, model=shown(evaluation.judge)))
    if not evaluation.is_whole:
        done = len(evaluation.runs[0].answers)
        lines.append(translate(INCOMPLETE, locale, done=done, asked=evaluation.asked))
        if evaluation.ended_by is not None:
            lines.append(translate_error(evaluation.ended_by, locale))
    return lines


def interval_facts(interval: Interval, locale: str) -> dict[str, str]:
    """The values for ``{share}``, ``{low}`` and ``{high}``."""
    parts = {"share": interval.share, "low": interval.low, "high": interval.high}
    return {name: percent_text(value, locale) for name, value in parts.items()}


def describe_better(first: str, second: str, of_first: Interval, locale: str) -> str:
    """Which of two models is better, or that it is too early to tell from the share of the first."""
    if of_first.leaves_open:
        return translate(TOO_EARLY, locale)
    return translate(IS_BETTER, locale, model=shown(first if of_first.share > 0.5 else second))


def mark(answer: CaseAnswer) -> str:
    """Whether it is right, as an emoji."""
    if answer.error is not None:
        return "⚠️"
    return {True: "✅", False: "❌", None: "💬"}[answer.passed]


def describe_answer(answer: CaseAnswer, locale: str) -> str:
    """Similarity, latency and tokens of one answer."""
    parts = []
    if answer.score is not None and answer.score.similarity is not None:
        parts.append(translate(SIMILARITY, locale, value=decimal_text(answer.score.similarity, 2, locale)))
    parts.append(translate(SECONDS, locale, seconds=decimal_text(answer.latency_s, 1, locale)))
    parts.append(_tokens(answer.use.prompt_tokens, answer.use.reply_tokens, locale))
    return " · ".join(parts)


def answer_text(answer: CaseAnswer, locale: str) -> str:
    """The answer, or why there is none."""
    return answer.text if answer.error is None else translate_error(answer.error, locale)


def report(evaluation: Evaluation, source: LazyMessage, locale: str) -> str:
    """The whole test in Markdown. Texts by people and models are quoted."""
    lines = [f"# {title(evaluation, locale)}", "", *(f"- {line}" for line in summary(evaluation, source, locale))]
    for number, answers in enumerate(zip(*(run.answers for run in evaluation.runs), strict=True), 1):
        case = answers[0].case
        lines += ["", f"## {number}", "", f"**{translate(PROMPT, locale)}**", "", quoted(case.prompt)]
        if case.expected is not None:
            lines += ["", f"**{translate(EXPECTED_ANSWERS, locale)}**"]
            for expected in case.expected:
                lines += ["", quoted(expected)]
        for run, answer in zip(evaluation.runs, answers, strict=True):
            lines += ["", f"**{shown(run.model)}** {mark(answer)} {describe_answer(answer, locale)}", ""]
            lines.append(quoted(answer_text(answer, locale)))
            if answer.score is not None and answer.score.judgement is not None and answer.score.judgement.reason:
                lines += ["", translate(JUDGE_SAYS, locale, reason=shown(answer.score.judgement.reason, 300))]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Quote every line, so that the text cannot pass for our own."""
    return "\n".join(f"> {line}" for line in text.splitlines()) or "> "


def _of_run(run: ModelRun, locale: str) -> str:
    parts = [translate(NOTHING_EXPECTED, locale)]
    if run.judged:
        counts = interval_facts(run.interval, locale)
        parts = [translate(RIGHT, locale, passed=run.passed, judged=len(run.judged), **counts)]
    if run.failed:
        parts.append(translate(NO_ANSWER, locale, count=run.failed))
    if run.similarity is not None:
        parts.append(translate(SIMILARITY, locale, value=decimal_text(run.similarity, 2, locale)))
    if run.latency_s is not None:
        parts.append(translate(MEDIAN, locale, seconds=decimal_text(run.latency_s, 1, locale)))
    parts.append(_tokens(run.use.prompt_tokens, run.use.reply_tokens, locale))
    return f"**{shown(run.model)}** — {' · '.join(parts)}"


def _of_pair(first: ModelRun, second: ModelRun, locale: str) -> list[str]:
    if not first.judged:
        return []
    paired, names = pair(first, second), (first.model, second.model)
    counts = {"better": paired.first, "worse": paired.second, "alike": paired.alike}
    outcome = translate(PAIRED, locale, first=shown(names[0]), second=shown(names[1]), **counts)
    return [f"{outcome} {describe_better(*names, paired.of_first, locale)}"]


def _tokens(prompt: int, reply: int, locale: str) -> str:
    return translate(TOKENS, locale, prompt=number_text(prompt, locale), reply=number_text(reply, locale))
