"""The languages that people spoke lately suggest the language of a short note."""

from __future__ import annotations

from bot.answering.spoken_languages import SpokenLanguages


def test_what_a_person_spoke_weighs_more_than_what_their_server_spoke() -> None:
    spoken = SpokenLanguages()
    for _ in range(3):
        spoken.remember(1, 100, "es", 0.99)
        spoken.remember(2, 100, "en", 0.99)

    expected = spoken.expected(1, 100, None)

    assert expected["es"] > 3 * expected["en"] > 0


def test_a_person_is_known_on_every_server_and_a_stranger_by_the_server() -> None:
    spoken = SpokenLanguages()
    spoken.remember(1, 100, "es", 0.99)

    assert set(spoken.expected(1, 200, None)) == {"es"}
    assert set(spoken.expected(7, 100, None)) == {"es"}
    assert spoken.expected(7, None, None) == {}
    assert spoken.expected(7, None, "pt-BR") == {"pt-BR": 1.0}


def test_a_channel_has_its_own_language_on_a_server_of_another() -> None:
    spoken = SpokenLanguages()
    spoken.remember(1, 100, "de", 0.99, channel=5)
    for _ in range(5):
        spoken.remember(2, 100, "en", 0.99, channel=6)

    expected = spoken.expected(7, 100, None, channel=5)

    assert expected["de"] > expected["en"] > 0


def test_a_language_that_was_not_heard_for_sure_is_not_remembered() -> None:
    spoken = SpokenLanguages()
    spoken.remember(1, None, "ms", 0.4)
    assert spoken.expected(1, None, None) == {}


def test_who_changes_to_another_language_is_not_held_to_the_old_one() -> None:
    spoken = SpokenLanguages()
    for _ in range(1000):
        spoken.remember(1, None, "es", 0.99)
    for _ in range(25):
        spoken.remember(1, None, "en", 0.99)

    expected = spoken.expected(1, None, None)

    assert expected["en"] >= expected["es"]
