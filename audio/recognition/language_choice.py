"""Choosing the language of a recording from what is heard and what was to be expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping

SURE = 0.5
"""From this probability on, a detected language needs no confirmation: it is right for all but one of two hundred
notes. Below it, notes of one or two seconds are taken for languages that nobody there speaks."""

UNEXPECTED = 0.025
"""The weight of a language that was not expected; it is added to those of the expected languages, which sum to 1."""


def chosen_language(
    heard: Mapping[str, float], among: Collection[str] | None = None, expected: Mapping[str, float] | None = None
) -> tuple[str, float]:
    """The most likely language and its probability in [0, 1].

    ``heard``: how likely each language is from the sound alone.
    ``among``: the languages that may be chosen; None for all.
    ``expected``: how likely some languages are before anything is heard, in any unit; ignored when the sound is sure.
    """
    considered = {code: p for code, p in heard.items() if among is None or code in among}
    considered = _shares(considered)
    best = max(considered, key=lambda code: considered[code])
    before = {code: weight for code, weight in (expected or {}).items() if weight > 0 and code in considered}
    if considered[best] >= SURE or not before:
        return best, considered[best]
    shares = _shares(before)
    weighed = _shares({code: p * (shares.get(code, 0.0) + UNEXPECTED) for code, p in considered.items()})
    best = max(weighed, key=lambda code: weighed[code])
    return best, weighed[best]


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    whole = max(sum(weights.values()), 1e-9)
    return {code: weight / whole for code, weight in weights.items()}
