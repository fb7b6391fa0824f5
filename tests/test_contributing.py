"""The recipes of CONTRIBUTING.md, followed from that page: what it has is written, and used through Discord."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import audio.synthesis
import extensions
from audio import decode
from audio.synthesis.engines import ENGINES
from bot.sandbox.server import Sandbox
from tests.conftest import ROOT
from tests.harness import populated, running
from tests.scripted_chat import ScriptedChat

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files that the page has, in rooms that are searched beside those of the tree."""
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

            said = await (await harness.member.slash("say", {"text": "One two three."}, channel="general")).response(30)
            whistled = decode(await harness.member.download(said["attachments"][0]))
            assert whistled.duration_s == pytest.approx(1.0, abs=0.3)


def test_every_place_that_the_pages_name_is_there() -> None:
    for page in ("CONTRIBUTING.md", "docs/architecture.md", "README.md"):
        text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for place in re.findall(r"`((?:bot|audio|extensions|tests|docs|benchmarks)/[\w./-]+)`", text):
            if "dice" not in place:
                assert (ROOT / place).exists(), f"{page} names {place}"
