"""The part of the training data that a method learns from, in OpenAI's two formats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.conversation.tokens import MESSAGE_TOKENS, count_tokens
from bot.datasets.chat_format import chat_record, json_lines, preference_record
from bot.datasets.example import Example, ExampleKind
from bot.datasets.training_data import TrainingData
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.message import LazyMessage, lazy
from bot.training.errors import TooFewExamplesError, TooFewPairsError
from bot.training.recipe import TrainingMethod

FEW = 50
"""OpenAI's guide to supervised fine-tuning expects a clear improvement from this many examples on."""

FEW_EXAMPLES = ngettext(
    "There is only {count} example: a model changes noticeably from about {enough} on.",
    "There are only {count} examples: a model changes noticeably from about {enough} on.",
)
NOTHING_HELD_OUT = _(
    "No example could be held out, so nothing will tell whether the model has learnt or only memorised."
)
NOT_LEARNT_FROM = ngettext(
    "{count} example is of no use to this method and is left out.",
    "{count} examples are of no use to this method and are left out.",
)


@dataclass(frozen=True, slots=True)
class TrainingExamples:
    """The examples that are learnt from, and the held-out ones that the loss is measured on."""

    method: TrainingMethod
    training: tuple[Example, ...]
    heldout: tuple[Example, ...]
    unused: int
    """How many examples of the training side the method cannot use."""

    @property
    def tokens(self) -> int:
        """How many tokens one epoch trains on. Blocks: a second for 4 million characters."""
        return sum(_tokens(example, self.method) for example in self.training)

    @property
    def training_file(self) -> bytes:
        """The examples that are learnt from, as JSONL."""
        return _file(self.training, self.method)

    @property
    def heldout_file(self) -> bytes:
        """The held-out examples, as JSONL; empty if there are none."""
        return _file(self.heldout, self.method)

    @property
    def warnings(self) -> list[LazyMessage]:
        """What somebody should know before they start the training."""
        found = []
        if len(self.training) < FEW:
            found.append(lazy(FEW_EXAMPLES, count=len(self.training), enough=FEW))
        if not self.heldout:
            found.append(lazy(NOTHING_HELD_OUT))
        if self.unused:
            found.append(lazy(NOT_LEARNT_FROM, count=self.unused))
        return found


def examples_for(data: TrainingData, method: TrainingMethod, *, least: int) -> TrainingExamples:
    """The examples of ``data`` that ``method`` can learn from.

    Raises:
        TooFewExamplesError, TooFewPairsError: there are fewer than ``least``.
    """
    training = _fitting(data.split.training, method)
    if len(training) < least:
        raise (TooFewExamplesError if method is TrainingMethod.SUPERVISED else TooFewPairsError)(len(training), least)
    unused = len(data.split.training) - len(training)
    return TrainingExamples(method, training, _fitting(data.split.heldout, method), unused)


def _fitting(examples: Iterable[Example], method: TrainingMethod) -> tuple[Example, ...]:
    if method is TrainingMethod.PREFERENCE:
        return tuple(example for example in examples if example.kind is ExampleKind.PAIR)
    return tuple(example for example in examples if example.answer is not None)


def _file(examples: Sequence[Example], method: TrainingMethod) -> bytes:
    return json_lines(map(chat_record if method is TrainingMethod.SUPERVISED else preference_record, examples))


def _tokens(example: Example, method: TrainingMethod) -> int:
    texts = [example.prompt, example.answer, example.system, *(turn.text for turn in example.turns)]
    if method is TrainingMethod.PREFERENCE:
        texts.append(example.rejected)
    return sum(MESSAGE_TOKENS + count_tokens(text) for text in texts if text)
