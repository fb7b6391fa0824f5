"""Autocomplete over voices."""

from __future__ import annotations

import time

from audio import Voice
from audio.synthesis.edge_voices import edge_voice
from audio.synthesis.voices import Gender
from extensions.voices.choice import label_of, voice_choices

AVA = edge_voice("en-US-AvaNeural", "en-US", Gender.FEMALE)
SVETLANA = edge_voice("ru-RU-SvetlanaNeural", "ru-RU", Gender.FEMALE)
DMITRY = edge_voice("ru-RU-DmitryNeural", "ru-RU", Gender.MALE)
KATJA = edge_voice("de-DE-KatjaNeural", "de-DE", Gender.FEMALE)
MACHINE = Voice("espeak-ru-LV", "ru-LV", Gender.MALE, "espeak", "eSpeak NG")
ALL = (KATJA, AVA, SVETLANA, DMITRY, MACHINE)


def test_ones_own_language_comes_first_then_english() -> None:
    assert [name for _label, name in voice_choices(ALL, "", "ru")] == [
        SVETLANA.name, DMITRY.name, MACHINE.name, AVA.name, KATJA.name,
    ]  # fmt: skip


def test_voices_are_found_by_language_gender_and_name_in_ones_own_language() -> None:
    assert [name for _label, name in voice_choices(ALL, "русский муж", "ru")] == [DMITRY.name, MACHINE.name]
    assert [name for _label, name in voice_choices(ALL, "german", "en-US")] == [KATJA.name]
    assert [name for _label, name in voice_choices(ALL, "svet", "en-US")] == [SVETLANA.name]
    assert voice_choices(ALL, "klingon", "en-US") == []


def test_a_voice_is_shown_by_name_language_and_gender() -> None:
    assert label_of(AVA, "en-US") == "Ava — English (United States), female"
    assert label_of(AVA, "ru") == "Ava — английский (Соединенные Штаты), женский"
    assert label_of(MACHINE, "en-US") == "eSpeak NG — Russian (ru-LV), male"


def test_no_more_choices_than_discord_takes_and_none_too_long() -> None:
    many = [Voice(f"xx-{n:0100}", "en-US", Gender.UNKNOWN, "edge") for n in range(5)]
    many += [Voice(f"en-US-Number{n}Neural", "en-US", Gender.UNKNOWN, "edge") for n in range(500)]
    choices = voice_choices(many, "", "en-US")
    assert len(choices) == 25
    assert all(len(label) <= 100 and len(name) <= 100 for label, name in choices)


def test_five_hundred_voices_are_searched_while_one_types() -> None:
    many = [
        Voice(f"{locale}-Number{n}Neural", locale, Gender.FEMALE, "edge")
        for locale in ("en-US", "ru-RU")
        for n in range(250)
    ]
    began_s = time.thread_time()
    assert len(voice_choices(many, "жен русский number2", "ru")) == 25
    # Discord allows three seconds for the whole response; to people, a fifth of a second seems immediate.
    assert time.thread_time() - began_s < 0.2
