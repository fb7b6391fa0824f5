"""From the datasets that a guild has selected to what a model is trained on."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from bot.datasets.example import Example, ExampleKind
from bot.datasets.similarity import asked, plain


def taken(positive: Sequence[Example], negative: Sequence[Example] = ()) -> list[Example]:
    """The examples of a dataset of what to say, and those of one of what not to say, as one.

    In the second, answers are what not to say, whatever was said of them when they were given; one to a prompt that
    the first answers makes a pair with that answer. Where both have the same answer, the first is right.
    """
    unlike: dict[object, list[Example]] = defaultdict(list)
    for example in negative:
        unlike[asked(example)].append(_rejecting(example))
    found = []
    for example in positive:
        opposed = unlike[asked(example)]
        opposed[:] = [other for other in opposed if plain(other.rejected or "") != plain(example.answer or "")]
        if example.kind is ExampleKind.POSITIVE and opposed:
            found.append(dataclasses.replace(example, rejected=opposed.pop(0).rejected))
        else:
            found.append(example)
    found += [example for rest in unlike.values() for example in rest]
    return list({example.key: example for example in found}.values())


def _rejecting(example: Example) -> Example:
    return dataclasses.replace(example, answer=None, rejected=example.answer or example.rejected)
