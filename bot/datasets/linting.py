"""Checks a dataset before anything is trained on it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np

from bot.conversation.tokens import count_tokens
from bot.datasets.example import Example, ExampleKind
from bot.datasets.languages import language_of_example
from bot.datasets.leaks import LEAK_NAMES, Leaks
from bot.datasets.similarity import Embedding, asked, plain, similar_pairs, trigram_vectors
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.message import LazyMessage, lazy
from bot.storage.file_names import shown


class LintKind(StrEnum):
    """What a finding is about."""

    CONTRADICTION = "contradiction"
    LEAK = "leak"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near duplicate"
    TOO_LONG = "too long"
    TOO_SHORT = "too short"
    LANGUAGE = "language"
    IMBALANCE = "imbalance"


NEAR = 0.85
"""The similarity from which two prompts count as nearly the same."""
MAX_TOKENS = 2048
"""Per example: the context with which small models are trained."""
MIN_EXAMPLES = 10
"""The minimum for OpenAI's fine-tuning."""
MAX_OF_A_KIND = 20
"""Findings of each kind that are reported; the rest are only counted."""
ONE_GIVER_SHARE = 0.8
ONE_ANSWER_SHARE = 0.2
NEGATIVE_SHARE = 0.5
RARE_LANGUAGE_SHARE = 0.05

CONTRADICTION = _("Different answers to one prompt: {prompt}: {one} and {other}")
LEAK = _("This holds {what}: {prompt}")
DUPLICATE = _("The same twice, but for case and punctuation: {prompt}")
NEAR_DUPLICATE = _("Nearly the same prompts ({percent} %): {one} and {other}")
TOO_LONG = _("{tokens} tokens; more than {limit} may be cut off in training: {prompt}")
TOO_SHORT = _("So short an answer teaches little: {answer} to {prompt}")
RARE_LANGUAGE = ngettext(
    "{count} of {all} examples is in {language}, too few to learn it.",
    "{count} of {all} examples are in {language}, too few to learn it.",
)
TOO_FEW = ngettext(
    "There is {count} example with an answer; training makes sense from about {least} on.",
    "There are {count} examples with an answer; training makes sense from about {least} on.",
)
NEGATIVES = _("{percent} % of the examples say only what not to say.")
ONE_GIVER = _("{percent} % of the examples were given by one person.")
ONE_ANSWER = _("{percent} % of the prompts have the same answer: {answer}")

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class LintFinding:
    """Something worth a look; it prevents nothing."""

    kind: LintKind
    keys: tuple[str, ...]
    """The keys of the examples concerned; at most 50 if the finding is about the dataset as a whole."""
    message: LazyMessage


@dataclass(frozen=True, slots=True)
class LintReport:
    """The result of checking a dataset."""

    findings: tuple[LintFinding, ...]
    """The most serious kind first, at most ``MAX_OF_A_KIND`` of each kind."""
    counts: Mapping[LintKind, int]
    """How many findings there are of each kind, counted up to 1000."""


def lint(examples: Sequence[Example], leaks: Sequence[Leaks], embed: Embedding = trigram_vectors) -> LintReport:
    """Check ``examples``; ``leaks`` has what was found in each of them. Blocks: about 1 ms an example."""
    checks: dict[LintKind, Iterator[LintFinding]] = {
        LintKind.CONTRADICTION: _contradictions(examples),
        LintKind.LEAK: _leaks(examples, leaks),
        LintKind.DUPLICATE: _duplicates(examples),
        LintKind.NEAR_DUPLICATE: _near_duplicates(examples, embed),
        LintKind.TOO_LONG: _too_long(examples),
        LintKind.TOO_SHORT: _too_short(examples),
        LintKind.LANGUAGE: _languages(examples),
        LintKind.IMBALANCE: _imbalance(examples),
    }
    found = {kind: list(islice(findings, _MAX_COUNTED)) for kind, findings in checks.items()}
    return LintReport(
        tuple(finding for findings in found.values() for finding in findings[:MAX_OF_A_KIND]),
        {kind: len(findings) for kind, findings in found.items() if findings},
    )


_MAX_COUNTED = 1000


def packed_texts(examples: Sequence[Example]) -> bytes:
    """The input for ``bot.datasets.leaks.found``. Blocks to detect languages: about 1 ms an example."""
    return json.dumps([[language_of_example(example), example.texts] for example in examples]).encode()


def _contradictions(examples: Sequence[Example]) -> Iterator[LintFinding]:
    """The same prompt with different answers, or with an answer that another example rejects."""
    answered: dict[object, dict[str, Example]] = defaultdict(dict)
    for example in examples:
        if example.answer is not None:
            answered[asked(example)].setdefault(plain(example.answer), example)
    for different in answered.values():
        first, *others = different.values()
        for other in others:
            yield _contradiction(first, other, first.answer, other.answer)
    for example in examples:
        if example.rejected is not None:
            agreed = answered.get(asked(example), {}).get(plain(example.rejected))
            if agreed is not None:
                yield _contradiction(agreed, example, agreed.answer, f"✗ {example.rejected}")


def _contradiction(one: Example, other: Example, said: str | None, unlike: str | None) -> LintFinding:
    message = lazy(
        CONTRADICTION,
        prompt=shown(one.prompt, _SHOWN), one=shown(said or "", _SHOWN), other=shown(unlike or "", _SHOWN),
    )  # fmt: skip
    return LintFinding(LintKind.CONTRADICTION, (one.key, other.key), message)


def _leaks(examples: Sequence[Example], leaks: Sequence[Leaks]) -> Iterator[LintFinding]:
    for example, found in zip(examples, leaks, strict=True):
        prompt = shown("…" if found.in_prompt else example.prompt, _SHOWN)
        for leak in found.leaks:
            yield LintFinding(LintKind.LEAK, (example.key,), lazy(LEAK, what=lazy(LEAK_NAMES[leak]), prompt=prompt))


def _duplicates(examples: Sequence[Example]) -> Iterator[LintFinding]:
    seen: dict[object, Example] = {}
    for example in examples:
        said = tuple(None if text is None else plain(text) for text in (example.answer, example.rejected))
        first = seen.setdefault((asked(example), said), example)
        if first is not example:
            message = lazy(DUPLICATE, prompt=shown(example.prompt, _SHOWN))
            yield LintFinding(LintKind.DUPLICATE, (first.key, example.key), message)


def _near_duplicates(examples: Sequence[Example], embed: Embedding) -> Iterator[LintFinding]:
    """Pairs of similar prompts; of prompts that differ only in case and punctuation, only the first is compared."""
    prompts = list({plain(example.prompt): example for example in reversed(examples)}.values())[::-1]
    if len(prompts) < 2:
        return
    vectors = embed([example.prompt for example in prompts])
    for first, second in similar_pairs(vectors, NEAR):
        for one, other in zip(first[:_MAX_COUNTED], second[:_MAX_COUNTED], strict=True):
            alike = int(100 * float(np.dot(vectors[one], vectors[other])))
            message = lazy(
                NEAR_DUPLICATE,
                percent=min(alike, 99),
                one=shown(prompts[one].prompt, _SHOWN),
                other=shown(prompts[other].prompt, _SHOWN),
            )
            yield LintFinding(LintKind.NEAR_DUPLICATE, (prompts[one].key, prompts[other].key), message)


def _too_long(examples: Sequence[Example]) -> Iterator[LintFinding]:
    for example in examples:
        if sum(len(text.encode()) for text in example.texts) <= MAX_TOKENS:  # a token has at least one byte
            continue
        tokens = sum(map(count_tokens, example.texts))
        if tokens > MAX_TOKENS:
            message = lazy(TOO_LONG, tokens=tokens, limit=MAX_TOKENS, prompt=shown(example.prompt, _SHOWN))
            yield LintFinding(LintKind.TOO_LONG, (example.key,), message)


def _too_short(examples: Sequence[Example]) -> Iterator[LintFinding]:
    for example in examples:
        if example.answer is not None and not any(char.isalnum() for char in example.answer):
            message = lazy(TOO_SHORT, answer=shown(example.answer, _SHOWN), prompt=shown(example.prompt, _SHOWN))
            yield LintFinding(LintKind.TOO_SHORT, (example.key,), message)


def _languages(examples: Sequence[Example]) -> Iterator[LintFinding]:
    languages = [language_of_example(example) for example in examples]
    counts = Counter(language for language in languages if language is not None)
    for language, count in counts.items():
        if count < RARE_LANGUAGE_SHARE * counts.total():
            keys = tuple(e.key for e, own in zip(examples, languages, strict=True) if own == language)
            message = lazy(RARE_LANGUAGE, count=count, all=counts.total(), language=language)
            yield LintFinding(LintKind.LANGUAGE, keys[:_KEYS], message)


def _imbalance(examples: Sequence[Example]) -> Iterator[LintFinding]:
    answered = [example for example in examples if example.answer is not None]
    if len(answered) < MIN_EXAMPLES:
        yield LintFinding(LintKind.IMBALANCE, (), lazy(TOO_FEW, count=len(answered), least=MIN_EXAMPLES))
    if not examples:
        return
    negatives = [example for example in examples if example.kind is ExampleKind.NEGATIVE]
    if len(negatives) > NEGATIVE_SHARE * len(examples):
        yield LintFinding(LintKind.IMBALANCE, _keys(negatives), lazy(NEGATIVES, percent=_percent(negatives, examples)))
    if len(examples) < MIN_EXAMPLES:
        return
    giver, count = Counter(example.given_by for example in examples).most_common(1)[0]
    if ONE_GIVER_SHARE * len(examples) < count < len(examples):
        given = [example for example in examples if example.given_by == giver]
        yield LintFinding(LintKind.IMBALANCE, _keys(given), lazy(ONE_GIVER, percent=_percent(given, examples)))
    if answered:
        answer, count = Counter(plain(example.answer or "") for example in answered).most_common(1)[0]
        if count > max(2, ONE_ANSWER_SHARE * len(answered)):
            same = [example for example in answered if plain(example.answer or "") == answer]
            message = lazy(ONE_ANSWER, percent=_percent(same, answered), answer=shown(same[0].answer or "", _SHOWN))
            yield LintFinding(LintKind.IMBALANCE, _keys(same), message)


_KEYS = 50


def _keys(examples: Sequence[Example]) -> tuple[str, ...]:
    return tuple(example.key for example in examples[:_KEYS])


def _percent(part: Sequence[Example], whole: Sequence[Example]) -> int:
    return round(100 * len(part) / len(whole))
