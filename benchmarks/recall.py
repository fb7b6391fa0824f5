"""Measures the recall of corrections: what is found, what is found by mistake, what it costs, and what it is worth.

    python -m benchmarks.recall [--write docs/recall.md]

The questions in ``recall_data`` are of an invented community: no model knows the answers. Each correction is asked for
in two ways that share few words with it. The thresholds of the retrievers were looked for on ``tuning.tsv``, and
then raised until 95 of 100 of the unrelated questions here find nothing.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import page_asked_for, tell
from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.prompting import BRIEF_INSTRUCTION
from bot.corrections.store import Approved
from bot.recall.choosing import Choice, index_maker
from bot.recall.facts import with_facts
from bot.recall.indexes import Index
from bot.weights.weights import WeightsCache

DATA = Path(__file__).parent / "recall_data"
CHOICES: tuple[Choice, ...] = ("multilingual", "wordllama", "words")
MANY = 5_000


@dataclass(frozen=True, slots=True)
class Case:
    """A correction, and other ways to ask for it."""

    lesson: Approved
    paraphrases: tuple[str, ...]

    def is_right(self, answer: str) -> bool:
        """Whether ``answer`` has the words of the lesson's answer that matter: names and numbers, or else the last one
        that its question does not have."""
        asked = set(re.findall(r"\w+", self.lesson.prompt.lower()))
        words = re.findall(r"\w+", self.lesson.answer.lower())
        wanted = [word for word in words if word not in asked and len(word) > 1]
        named = re.findall(r"[A-Z]\w+|\d[\d:.]*\d|\d+", self.lesson.answer)[1:] or wanted[-1:]
        return all(word.lower() in answer.lower() for word in named)


def cases_in(name: str) -> list[Case]:
    """The corrections of one language."""
    rows = [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
    return [Case(Approved(f"{name}-{n}", n, row[0], row[1]), tuple(row[2:])) for n, row in enumerate(rows)]


def lines_in(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


def made(choice: Choice, lessons: Sequence[Approved]) -> Index:
    """An index of ``lessons``."""
    maker = index_maker(choice)
    assert maker is not None
    index = maker()
    index.replace(lessons)
    return index


def found_first(choice: Choice, cases: Sequence[Case]) -> tuple[int, int]:
    """Of all paraphrases, how many find their own correction first; and how many there are."""
    index = made(choice, [case.lesson for case in cases])
    hits = [index.best(text, 1)[:1] == [case.lesson] for case in cases for text in case.paraphrases]
    return sum(hits), len(hits)


def left_alone(choice: Choice, cases: Sequence[Case], unrelated: Sequence[str]) -> tuple[int, int]:
    """Of questions that no correction is about, how many find none; and how many there are."""
    index = made(choice, [case.lesson for case in cases])
    return sum(not index.best(text, 1) for text in unrelated), len(unrelated)


def cost_ms(choice: Choice, lessons: Sequence[Approved], questions: Sequence[str]) -> float:
    """The median time of one question."""
    index = made(choice, lessons)
    index.best(questions[0], 3)
    taken: list[float] = []
    for question in questions:
        began_s = time.perf_counter()
        index.best(question, 3)
        taken.append(time.perf_counter() - began_s)
    return 1000 * statistics.median(taken)


def many(cases: Sequence[Case]) -> list[Approved]:
    """``MANY`` corrections, all different."""
    lessons = [case.lesson for case in cases]
    return [
        Approved(f"{n}", n, f"{lessons[n % len(lessons)].prompt} ({n // len(lessons)})", "yes") for n in range(MANY)
    ]


async def answered_by(model: ChatModel, question: str, lessons: Sequence[Approved] = ()) -> str:
    """What ``model`` says to ``question``, told of ``lessons``."""
    turns = (ChatMessage("system", BRIEF_INSTRUCTION), ChatMessage("user", with_facts(question, lessons)))
    return "".join([part async for part in model.stream(turns)])


async def answered_right(cases: Sequence[Case], told: Callable[[str], Sequence[Approved]]) -> int:
    """How many paraphrases the demonstration model answers right, each with what ``told`` recalls for it."""
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
    """The page, in Markdown."""
    english, russian, unrelated = cases_in("english.tsv"), cases_in("russian.tsv"), lines_in("unrelated.tsv")
    questions = [text for case in english for text in case.paraphrases]
    both = [*english, *russian]
    lines = [
        row("retriever", "found first, English", "found first, Russian", "nothing found for other questions",
            "ms a question, 20 corrections", f"{MANY:,}"),
        row(*["---"] * 6),
    ]  # fmt: skip
    for choice in CHOICES:
        few = [case.lesson for case in english]
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
    index = made("multilingual", [case.lesson for case in english])
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


def main() -> None:
    page = page_asked_for("Measure the recall of corrections.")
    tell(asyncio.run(report()), page)


if __name__ == "__main__":
    main()
