"""The languages that people recently spoke, from which that of a note of a word or two is guessed."""

from __future__ import annotations

from collections import Counter, defaultdict

import cachetools

REMEMBERED, REMEMBERED_S = 10_000, 86_400.0
"""People, channels and servers, in memory only, for a day."""

SURE = 0.8
"""Languages heard with a lower probability are not remembered: a mistake would confirm itself."""

OWN_WEIGHT, CHANNEL_WEIGHT, GUILD_WEIGHT, LOCALE_WEIGHT = 3.0, 2.0, 1.0, 1.0
"""The languages that a person spoke count three times as much as those spoken on the same server, and those spoken in
the channel twice as much; the person's Discord locale counts as much as the server's languages."""

MAX_COUNT = 20
"""Per language, so that a person who changes to another one is not held to the old one for long."""


class SpokenLanguages:
    """Counts languages by person, by channel and by server."""

    def __init__(self) -> None:
        self._counts: cachetools.TTLCache[int, Counter[str]] = cachetools.TTLCache(REMEMBERED, REMEMBERED_S)

    def expected(
        self, sender: int, guild: int | None, locale: str | None, *, channel: int | None = None
    ) -> dict[str, float]:
        """Language tags with relative weights; empty if nothing is known."""
        weights: defaultdict[str, float] = defaultdict(float)
        for source, weight in ((sender, OWN_WEIGHT), (channel, CHANNEL_WEIGHT), (guild, GUILD_WEIGHT)):
            counts = self._counts.get(source) if source is not None else None
            if counts:
                for language, count in counts.items():
                    weights[language] += weight * count / counts.total()
        if locale is not None:
            weights[locale] += LOCALE_WEIGHT
        return dict(weights)

    def remember(
        self, sender: int, guild: int | None, language: str, probability: float, *, channel: int | None = None
    ) -> None:
        """Count ``language``, which was heard with this ``probability``."""
        if probability < SURE:
            return
        for source in (sender, channel, guild):
            if source is not None:
                counts = Counter(self._counts.get(source, Counter()))
                counts[language] = min(counts[language] + 1, MAX_COUNT)
                self._counts[source] = counts
