"""Merges the datasets that a guild has selected into the examples that a model is trained on."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from bot.datasets.example import Example, ExampleKind
from bot.datasets.similarity import asked, plain


def taken(positive: Sequence[Example], negative: Sequence[Example] = ()) -> list[Example]:
    """Merge the examples of a positive dataset and those of a negative one.

    In the negative dataset every answer is taken as what not to say, however it was marked when it was given. If it
    belongs to a prompt that the positive dataset answers, the two answers make a pair. Where both datasets have the
    same answer to a prompt, the positive one wins.
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
