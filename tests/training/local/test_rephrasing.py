"""Rephrasings of questions, as people might ask them."""

from __future__ import annotations

import random

from bot.training.local.rephrasing import in_fewer_words


def test_a_question_is_asked_in_fewer_words_but_never_in_none() -> None:
    asked = "When is the weekly game night?"
    ways = {in_fewer_words(asked, random.Random(seed)) for seed in range(50)}
    assert len(ways) > 20
    words = asked.lower().rstrip("?").split()
    for way in ways:
        left = iter(words)
        assert all(word in left for word in way.split()), way
    russian = {in_fewer_words("Когда киновечер?", random.Random(seed)) for seed in range(50)}
    assert russian == {"когда киновечер", "когда", "киновечер", "Когда киновечер?"}
    assert in_fewer_words("???", random.Random(1)) == "???"
