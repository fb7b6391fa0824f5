"""Measures the recall of corrections: what is found, what is wrongly found, what it costs, and how much it helps.

    python -m benchmarks.recall [--write docs/recall.md]
    python -m benchmarks.recall --corrections FILE --questions FILE [--paraphrases FILE] --json [--check]
    python -m benchmarks.recall --corrections FILE --questions FILE [--paraphrases FILE] --write docs/recall.md

The last two measure how recall changes as the number of corrections grows: the project's own corrections first, then
further ones from a file. The output is one JSON object per line, for each size and language, or a table;
recall_at_scale.py describes the files.

The questions in ``recall_data`` are about an invented community, so no model knows the answers. Each correction has two
paraphrases that share few words with it. The thresholds of the retrievers were tuned on ``tuning.tsv``, then raised
until 95 of 100 unrelated questions here find nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.page import tell
from benchmarks.recall_at_scale import LANGUAGES, Best, FileError, Files, as_json, by_score, measured, table
from benchmarks.recall_cases import Case, cases_in, fill, lines_in
from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.prompting import BRIEF_INSTRUCTION
from bot.corrections.correction import ApprovedCorrection
from bot.recall.checking import RecallCheck
from bot.recall.choosing import ENGLISH_WEIGHTS, RecallMethod, index_maker
from bot.recall.facts import with_facts
from bot.recall.indexes import Index
from bot.weights.weights import WeightsCache

CHOICES: tuple[RecallMethod, ...] = tuple(one for one in RecallMethod if one is not RecallMethod.OFF)
MANY = 5_000


def made(choice: RecallMethod, corrections: Sequence[ApprovedCorrection], question: str = "What?") -> Index:
    """An index of ``corrections``, ready for questions in the language of ``question``."""
    index = empty(choice)
    fill(index, corrections, question)
    return index


def empty(choice: RecallMethod) -> Index:
    """An empty index."""
    maker = index_maker(choice, functools.partial(WeightsCache().fetch, ENGLISH_WEIGHTS))
    assert maker is not None
    return maker()


def found_first(choice: RecallMethod, cases: Sequence[Case]) -> tuple[int, int]:
    """How many paraphrases find their own correction first, and how many paraphrases there are."""
    index = made(choice, [case.correction for case in cases], cases[0].paraphrases[0])
    hits = [index.best(text, 1)[:1] == [case.correction] for case in cases for text in case.paraphrases]
    return sum(hits), len(hits)


def left_alone(choice: RecallMethod, cases: Sequence[Case], unrelated: Sequence[str]) -> tuple[int, int]:
    """How many of the unrelated questions find no correction, and how many such questions there are."""
    index = made(choice, [case.correction for case in cases], "Где?")
    return sum(not index.best(text, 1) for text in unrelated), len(unrelated)


def cost_ms(choice: RecallMethod, corrections: Sequence[ApprovedCorrection], questions: Sequence[str]) -> float:
    """The median time per question."""
    index = made(choice, corrections)
    index.best(questions[0], 3)
    taken: list[float] = []
    for question in questions:
        began_s = time.perf_counter()
        index.best(question, 3)
        taken.append(time.perf_counter() - began_s)
    return 1000 * statistics.median(taken)


def many(cases: Sequence[Case]) -> list[ApprovedCorrection]:
    """``MANY`` corrections, all different."""
    corrections = [case.correction for case in cases]
    return [
        ApprovedCorrection(f"{n}", n, f"{corrections[n % len(corrections)].prompt} ({n // len(corrections)})", "yes")
        for n in range(MANY)
    ]


async def answered_by(model: ChatModel, question: str, corrections: Sequence[ApprovedCorrection] = ()) -> str:
    """The answer of ``model`` to ``question``, given ``corrections``."""
    turns = (ChatMessage("system", BRIEF_INSTRUCTION), ChatMessage("user", with_facts(question, corrections)))
    return "".join([part async for part in model.stream(turns)])


async def answered_right(cases: Sequence[Case], told: Callable[[str], Sequence[ApprovedCorrection]]) -> int:
    """How many paraphrases the demonstration model answers correctly, each given what ``told`` recalls for it."""
    engine = EmbeddedChat(WeightsCache().fetch("smollm2-135m"))
    await engine.start()
    try:
        model = engine.model(timeout_s=60, max_reply_tokens=60)
        right = 0
        for case in cases:
            for text in case.paraphrases:
                right += case.is_right(await answered_by(model, text, told(text)))
        await model.close()
        return right
    finally:
        await engine.stop()


def percent(part: tuple[int, int]) -> str:
    return f"{100 * part[0] / part[1]:.0f} % ({part[0]} of {part[1]})"


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


async def report() -> str:
    """The tables for the page, in Markdown."""
    english, russian, unrelated = cases_in("english.tsv"), cases_in("russian.tsv"), lines_in("unrelated.tsv")
    questions = [text for case in english for text in case.paraphrases]
    both = [*english, *russian]
    lines = [
        row("retriever", "found first, English", "found first, Russian", "nothing found for other questions",
            "ms a question, 20 corrections", f"{MANY:,}"),
        row(*["---"] * 6),
    ]  # fmt: skip
    for choice in CHOICES:
        few = [case.correction for case in english]
        lines.append(
            row(
                choice,
                percent(found_first(choice, english)),
                percent(found_first(choice, russian)),
                percent(left_alone(choice, both, unrelated)),
                f"{cost_ms(choice, few, questions):.1f}",
                f"{cost_ms(choice, many(english), questions):.1f}",
            )
        )
    index = made(RecallMethod.MULTILINGUAL, [case.correction for case in english])
    nothing = await answered_right(english, lambda _text: ())
    recalled = await answered_right(english, lambda text: index.best(text, 3))
    lines += [
        "",
        row("the demonstration model, told", "right answers to the 40 English paraphrases"),
        row("---", "---"),
        row("nothing", nothing),
        row("what multilingual recalls", recalled),
    ]
    return "\n".join(lines)


def checked(runner: asyncio.Runner) -> Best:
    """Recall whose results are checked by the chat model that OPENAI_BASE_URL, OPENAI_API_KEY and CHAT_MODEL name."""
    model = ChatModel(
        EndpointAddress(os.environ["OPENAI_BASE_URL"], os.environ.get("OPENAI_API_KEY", "none")),
        os.environ["CHAT_MODEL"],
        ChatLimits(timeout_s=60, max_reply_tokens=200, context_tokens=8192),
    )
    check = RecallCheck(None, is_on=True)
    return lambda index, text: runner.run(check.applying(model, text, index.near(text, 3), user=0, guild=None))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the recall of corrections.")
    parser.add_argument("--write", type=Path, help="a page in Markdown whose tables are replaced")
    parser.add_argument("--corrections", type=Path, help="corrections beside the project's own: question, tab, answer")
    parser.add_argument("--questions", type=Path, help="questions that no correction answers")
    parser.add_argument("--paraphrases", type=Path, help="a correction's question and its paraphrases, at tabs")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for each size and language")
    parser.add_argument("--check", action="store_true", help="with the check by the model at OPENAI_BASE_URL")
    asked = parser.parse_args()
    if (asked.corrections is None) != (asked.questions is None):
        parser.error("--corrections and --questions go together")
    if asked.corrections is None and (asked.json or asked.check or asked.paraphrases is not None):
        parser.error("--json, --check and --paraphrases are for --corrections and --questions")
    if asked.corrections is None:
        tell(asyncio.run(report()), asked.write)
        return
    files = Files(asked.corrections, asked.questions, asked.paraphrases)
    with asyncio.Runner() as runner:
        best = checked(runner) if asked.check else by_score
        found = []
        try:
            for one in measured(files, {language: empty(RecallMethod.AUTO) for language in LANGUAGES}, best):
                found.append(one)
                if asked.json:
                    print(json.dumps(as_json(one)), flush=True)
        except (FileError, OSError, UnicodeDecodeError) as error:
            parser.error(str(error))
    if not asked.json or asked.write is not None:
        tell(table(found), asked.write, "check" if asked.check else "sizes")


if __name__ == "__main__":
    main()
