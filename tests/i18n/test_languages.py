"""English and Russian, everywhere."""

from __future__ import annotations

import ast
import functools
import re
import string

import hikari
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from audio import LANGUAGES
from bot.errors import PLURALS
from bot.i18n.translation import catalogues, language_name, localizations, translate
from bot.ui.language_choice import language_choices, language_code
from tests.conftest import ROOT


@functools.cache
def _sentences() -> frozenset[str]:
    catalogue = Catalog()
    for folder in ("bot", "audio", "extensions"):
        for _file, _line, sentence, _comments, _context in extract_from_dir(ROOT / folder):
            catalogue.add(sentence)
    return frozenset(
        message.id if isinstance(message.id, str) else message.id[-1] for message in catalogue if message.id
    )


def _fields(sentence: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(sentence) if name}


def test_every_sentence_has_its_russian() -> None:
    russian, sentences = catalogues()["ru"], _sentences()
    assert sentences - set(russian) == set()
    for sentence in sentences:
        if sentence in PLURALS:
            for number in (1, 2, 5, 21):
                params = dict.fromkeys(_fields(sentence), 0) | {PLURALS[sentence].number: number}
                assert re.search(r"[а-я]", translate(sentence, "ru", **params)), sentence


@pytest.mark.parametrize(
    ("locale", "number", "said"),
    [
        ("en-US", 1, "after 1 day"),
        ("en-US", 2, "after 2 days"),
        ("ru", 1, "через 1 день"),
        ("ru", 3, "через 3 дня"),
        ("ru", 7, "через 7 дней"),
        ("ru", 21, "через 21 день"),
    ],
)
def test_a_number_has_the_form_that_the_language_gives_it(locale: str, number: int, said: str) -> None:
    assert translate("after {days} days", locale, days=number) == said


def _names() -> set[str]:
    """The names of commands and options: the ``name`` of command classes, and the first argument of lightbulb's
    options."""
    given: list[ast.expr] = []
    for path in (ROOT / "extensions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                given += [keyword.value for keyword in node.keywords if keyword.arg == "name"]
            elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("lightbulb."):
                given += node.args[:1]
    names = {ast.literal_eval(one.args[0]) for one in given if isinstance(one, ast.Call) and one.args}
    return {name for name in names if re.fullmatch(r"[a-z][a-z0-9_-]*", name)}


@pytest.mark.parametrize("language", catalogues())
def test_what_is_translated_has_the_fields_of_the_english_and_names_that_discord_takes(language: str) -> None:
    for sentence, translated in catalogues()[language].items():
        assert _fields(translated) == _fields(sentence), translated
    names = _names()
    assert len(names) > 100
    for name in names & catalogues()[language].keys():
        translated = catalogues()[language][name]
        assert re.fullmatch(r"[-_\w]{1,32}", translated), f"{translated}: letters, digits, - and _, at most 32"
        assert translated == translated.lower(), f"{translated}: small letters"


def test_the_catalogue_has_nothing_that_nobody_says() -> None:
    assert set(catalogues()["ru"]) - _sentences() == set()


def test_a_russian_reads_russian_and_everyone_else_english() -> None:
    assert translate("Hi, {name}!", "ru", name="Аня") == "Привет, Аня!"
    assert translate("Hi, {name}!", "en-GB", name="Ann") == "Hi, Ann!"
    assert translate("Hi, {name}!", "uk", name="Ann") == "Hi, Ann!"


def test_discord_is_given_both_englishes_so_that_neither_falls_back_to_the_other() -> None:
    assert localizations("transcribe") == {
        hikari.Locale.EN_US: "transcribe",
        hikari.Locale.EN_GB: "transcribe",
        hikari.Locale.RU: "расшифровать",
    }


def test_every_language_of_whisper_has_a_name() -> None:
    unnamed = [code for code in LANGUAGES if language_name(code, "en-US") == code]
    assert unnamed == []


def test_languages_are_chosen_by_their_name_in_ones_own_language() -> None:
    assert ("Немецкий", "de") in language_choices("нем", "ru")
    assert ("Немецкий", "de") in language_choices("germ", "ru")
    assert language_choices("de", "en-US")[0] == ("German", "de")


def test_ones_own_language_comes_first_and_no_more_than_discord_takes() -> None:
    choices = language_choices("", "ru")
    assert {code for _name, code in choices[:2]} == {"ru", "en"}
    assert len(choices) == 25


def test_a_language_may_be_typed_as_a_name_or_a_code() -> None:
    assert language_code("русский", "ru") == "ru"
    assert language_code("Russian", "ru") == "ru"
    assert language_code("ru", "en-US") == "ru"
