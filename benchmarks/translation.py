"""How well notes are translated between six languages.

    python -m benchmarks.translation --endpoint http://127.0.0.1:11434/v1 --model NAME [--key KEY]
    python -m benchmarks.translation --demonstration
    python -m benchmarks.translation --command "apertium -u {source}-{target}"

Prints chrF (sacrebleu) for 20 language pairs, each with ten notes of two or three sentences that were written for this
benchmark in all six languages (``translation_data/notes.tsv``). They are translated by a chat model at any endpoint,
prompted exactly as Starling does it; by Starling's demonstration model, as a lower bound; or, for comparison, by a
command that reads a note and writes its translation, in the pairs that it supports. Next to each score is that of the
untranslated notes. With such short texts, a difference of a point or two means nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import subprocess
from collections.abc import Awaitable, Callable

from sacrebleu.metrics.chrf import CHRF

from benchmarks.machine import machine
from bot.answering.requests_to_models import ModelRequests, said_by
from bot.answering.translating import Translator
from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.errors import ChatError
from bot.conversation.tokens import TokenUse
from bot.weights.weights import WeightsCache
from tests.conftest import ROOT

NOTES = ROOT / "benchmarks" / "translation_data" / "notes.tsv"
ABROAD = ("ru", "de", "es", "fr", "ja")
PAIRS = (
    *(("en", language) for language in ABROAD),
    *((language, "en") for language in ABROAD),
    *(("ru", "de"), ("de", "ru"), ("de", "fr"), ("fr", "de"), ("es", "fr"), ("fr", "es")),
    *(("ru", "es"), ("es", "ru"), ("ja", "ru"), ("ru", "ja")),
)
MODEL_TIMEOUT_S = 120.0
"""How long a model may be silent."""

Translate = Callable[[str, str, str], Awaitable[str]]
"""Translates a text; called with the text and the codes of its language and of the target language."""


class OneModel(ModelRequests):
    """Always asks the same model, and does not record usage."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    async def model(self, guild: int | None) -> ChatModel:
        return self._model

    async def ask(
        self,
        instruction: str,
        text: str,
        *,
        user: int,
        guild: int | None,
        on_said: Callable[[str], object] = lambda _said: None,
    ) -> str:
        return await said_by(self._model.steady(), instruction, text, TokenUse(), on_said)


class AnyModel(Translator):
    """A translator that accepts any model, even the demonstration model, with which Starling does not translate."""

    async def can_translate(self, guild: int | None) -> bool:
        return True


def by_model(model: ChatModel) -> Translate:
    translator = AnyModel(OneModel(model))

    async def translate(text: str, _source: str, target: str) -> str:
        try:
            return await translator.translate(text, target, user=0, guild=None)
        except ChatError as error:
            print(f"  no answer: {error}")
            return ""

    return translate


def by_command(command: str) -> Translate:
    """Translate with a command; the result raises ``subprocess.CalledProcessError`` if the command fails, as it does
    for pairs that it does not support."""

    async def translate(text: str, source: str, target: str) -> str:
        words = [word.format(source=source, target=target) for word in shlex.split(command)]
        done = await asyncio.to_thread(subprocess.run, words, input=text, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return translate


def notes() -> list[dict[str, str]]:
    """The notes, each as its texts by language code."""
    head, *rows = [line.split("\t") for line in NOTES.read_text(encoding="utf-8").splitlines()]
    return [dict(zip(head, row, strict=True)) for row in rows]


async def measure(translate: Translate, count: int) -> None:
    """Print the table for the first ``count`` notes."""
    metric, taken = CHRF(), notes()[:count]
    print("| from | into | chrF | untranslated |\n| --- | --- | ---: | ---: |")
    found: list[float] = []
    for source, target in PAIRS:
        references = [[note[target] for note in taken]]
        try:
            said = [await translate(note[source], source, target) for note in taken]
        except subprocess.CalledProcessError:
            continue
        score = metric.corpus_score(said, references).score
        copied = metric.corpus_score([note[source] for note in taken], references).score
        found.append(score)
        print(f"| {source} | {target} | {score:.1f} | {copied:.1f} |", flush=True)
    if found:
        print(f"\nMean of {len(found)} pairs: {sum(found) / len(found):.1f}")


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--endpoint", help="an address as OPENAI_BASE_URL has it")
    what.add_argument("--demonstration", action="store_true")
    what.add_argument("--command", help="with {source} and {target} in it")
    parser.add_argument("--model", default="")
    parser.add_argument("--key", default="none")
    parser.add_argument("--notes", type=int, default=10)
    given = parser.parse_args()
    print(f"{machine()}\n")
    if given.command:
        await measure(by_command(given.command), given.notes)
        return
    engine: EmbeddedChat | None = None
    if given.demonstration:
        engine = EmbeddedChat(WeightsCache().verified("smollm2-135m"))
        await engine.start()
        model = engine.model(timeout_s=MODEL_TIMEOUT_S, max_reply_tokens=250)
    else:
        address = EndpointAddress(given.endpoint, given.key)
        limits = ChatLimits(timeout_s=MODEL_TIMEOUT_S, max_reply_tokens=1024, context_tokens=8192)
        model = ChatModel(address, given.model, limits)
    try:
        await measure(by_model(model), given.notes)
    finally:
        await model.close()
        if engine is not None:
            await engine.stop()


if __name__ == "__main__":
    asyncio.run(main())
