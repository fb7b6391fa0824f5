"""Sentences name commands and menu items as the reader's Discord shows them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import lightbulb
import pytest

import extensions
from bot.app.loading import imported_modules
from bot.i18n.translation import catalogues, name_commands, translate
from tests.i18n.test_languages import _sentences

COMMAND = re.compile(r"(?<![\w/:.<~-])/([^\W\d]+(?: [^\W\d]+)?)")


def declared() -> Iterator[tuple[tuple[str, ...], bool]]:
    """The path of every existing command, in English, and whether it is a menu item."""
    for module in imported_modules(extensions):
        for loader in (value for value in vars(module).values() if isinstance(value, lightbulb.Loader)):
            for loadable in loader._loadables:
                command = getattr(loadable, "_command", None)
                if isinstance(command, lightbulb.Group):
                    yield from ((((command.name), inner), False) for inner in command._commands)
                elif command is not None:
                    yield (command._command_data.name,), issubclass(command, lightbulb.MessageCommand)


ALL = list(declared())
PATHS = {path for path, is_menu in ALL if not is_menu}
MENUS = {path[0] for path, is_menu in ALL if is_menu}


@functools.cache
def named(language: str) -> tuple[set[tuple[str, ...]], set[str]]:
    """The path of every command in ``language``, and the names of the groups there."""
    names = catalogues().get(language, {})
    paths = {tuple(names.get(word, word) for word in path) for path in PATHS}
    return paths, {path[0] for path in paths if len(path) == 2}


def wrongly_named(text: str, language: str) -> list[str]:
    """The names in ``text`` that look like commands but do not exist in ``language``."""
    paths, families = named(language)
    wrong = []
    for found in COMMAND.finditer(text):
        words = tuple(found[1].split(" "))
        if words[:1] not in paths and (words not in paths or words[0] not in families):
            wrong.append(found[0])
    return wrong


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_command_in_a_sentence_exists_under_that_name(language: str) -> None:
    wrong = {
        sentence: found
        for sentence in _sentences()
        if (
            found := wrongly_named(
                name_commands(catalogues().get(language, {}).get(sentence, sentence), language), language
            )
        )
    }
    assert wrong == {}


def test_every_item_of_a_menu_has_its_own_name_in_a_sentence() -> None:
    for sentence in _sentences() - MENUS:
        for name in MENUS:
            if re.search(rf"\b{name}(?= in |[.,;:*]|$)", sentence):
                assert catalogues()["ru"][name] in catalogues()["ru"][sentence], sentence


@pytest.mark.parametrize(
    ("text", "language", "wrong"),
    [
        ("/corrections lists them", "en", ["/corrections lists"]),
        ("/help lists them, /corrections list shows them", "en", []),
        ("/corections list", "en", ["/corections list"]),
        ("/исправления список и /corrections show", "ru", ["/corrections show"]),
    ],
)
def test_a_wrong_name_is_found(text: str, language: str, wrong: list[str]) -> None:
    assert wrongly_named(text, language) == wrong


def test_commands_are_called_as_the_readers_discord_shows_them() -> None:
    sentence = "Here I expect any language. /hearing narrows it down."
    assert "/распознавание" in name_commands("Сужает выбор /hearing.", "ru")
    assert name_commands("см. /corrections list, https://x.org/help/list", "ru") == (
        "см. /исправления список, https://x.org/help/list"
    )
    assert name_commands("/corrections list", "en") == "/corrections list"
    assert translate(sentence, "uk") == sentence
