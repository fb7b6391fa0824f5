"""The recipes in CONTRIBUTING.md, followed literally: their files are written and used through Discord."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hikari
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

import audio.synthesis
import extensions
from audio import decode
from audio.synthesis.engines import ENGINES
from bot.i18n import translation
from bot.sandbox.server import Sandbox
from bot.ui.permissions import ASKED, ASKER
from tests.conftest import ROOT
from tests.harness import populated, running
from tests.scripted_chat import ScriptedChat

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Write the files that the page contains into folders that are imported together with those of the project."""
    names = []
    for path, code in re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
        names.append(path.removesuffix(".py").replace("/", "."))
    for package in (extensions, audio.synthesis):
        folder = tmp_path / package.__name__.replace(".", "/")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    yield names
    for name in names:
        sys.modules.pop(name, None)
    if "whistle" in ENGINES.all():
        ENGINES.withdraw("whistle")


async def test_the_recipes_work_as_they_are_written(tmp_path: Path, written: list[str]) -> None:
    assert written == ["extensions.dice", "audio.synthesis.whistle"]
    __import__("audio.synthesis.whistle")
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "tts_engine": "whistle"}
        async with running(tmp_path / "data", sandbox, **settings), populated(sandbox, chat) as harness:
            rolled = await (await harness.member.slash("dice", {}, channel="general")).response()
            assert re.fullmatch(r"🎲 [1-6]", rolled["content"])
            again = await (await harness.member.click(rolled, "Roll again")).response()
            assert re.fullmatch(r"🎲 [1-6]", again["content"])

            told = await (await harness.member.slash("help", {}, channel="general")).response()
            assert "</dice:" in str(told["components"])

            said = await (await harness.member.slash("say", {"text": "One two three."}, channel="general")).response(30)
            whistled = decode(await harness.member.download(said["attachments"][0]))
            assert whistled.duration_s == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize(
    ("language", "locales"),
    [("de", {"de"}), ("es", {"es-ES", "es-419"}), ("pt", {"pt-BR"})],
)
def test_a_language_is_a_catalogue_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, locales: set[str]
) -> None:
    [init] = re.findall(r"`\.venv/bin/pybabel (init [^`]+)`", PAGE)
    arguments = init.replace("--locale de", f"--locale {language}").split()
    template = Catalog(charset="utf-8")
    for sentence in translation.catalogues()["ru"]:
        template.add(sentence)
    (tmp_path / "build").mkdir()
    with (tmp_path / "build" / "starling.pot").open("wb") as file:
        write_po(file, template)
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", *arguments],
        cwd=tmp_path,
        check=True,
    )
    catalogue = tmp_path / "bot" / "i18n" / "locales" / language / "LC_MESSAGES" / "starling.po"
    sentences = catalogue.read_text(encoding="utf-8")
    for sentence, translation_of_it in ((ASKED, "kann nur, wer gefragt wurde"), ("help", "hilfe")):
        untranslated = f'msgid "{sentence}"\nmsgstr '
        assert untranslated + '""' in sentences
        sentences = sentences.replace(untranslated + '""', f'{untranslated}"{translation_of_it}"')
    catalogue.write_text(sentences, encoding="utf-8")
    monkeypatch.setattr(translation, "LOCALES", tmp_path / "bot" / "i18n" / "locales")
    _read_anew()
    try:
        for locale in locales:
            assert translation.translate(ASKED, locale) == "kann nur, wer gefragt wurde"
            assert translation.catalogue_language(locale) == language
            assert translation.translate(ASKER, locale, needed="x") == ASKER.format(needed="x")
        assert translation.localizations("help") == {
            **dict.fromkeys(translation.ENGLISH, "help"), **dict.fromkeys(map(hikari.Locale, locales), "hilfe")
        }  # fmt: skip
    finally:
        monkeypatch.undo()
        _read_anew()


def test_every_place_that_the_pages_name_is_there() -> None:
    for page in ("CONTRIBUTING.md", "docs/architecture.md", "README.md"):
        text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for place in re.findall(r"`((?:bot|audio|extensions|tests|docs|benchmarks)/[\w./-]+)`", text):
            if "dice" not in place:
                assert (ROOT / place).exists(), f"{page} names {place}"


def _read_anew() -> None:
    for kept in (translation._read, translation.catalogues, translation._counting):
        kept.cache_clear()
