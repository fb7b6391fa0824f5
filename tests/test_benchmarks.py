"""Benchmarks are run by hand and rarely, so these tests check that each of them still starts."""

from __future__ import annotations

import asyncio
import importlib
import json
from pathlib import Path

import pytest

from benchmarks import recall
from benchmarks.recall_cases import DATA
from bot.recall.choosing import RecallMethod
from tests.conftest import ROOT
from tests.scripted_chat import ScriptedChat

NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")
OPTIONAL = {"pocketsphinx", "sacrebleu", "whisper_normalizer"}
"""Packages of the extra ``benchmarks``."""


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_what_it_imports(name: str) -> None:
    try:
        importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"{error.name} is not installed (the extra benchmarks)")


async def test_recall_is_measured_with_anybodys_files_and_with_the_models_own_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [line.split("\t") for line in (DATA / "further_english.tsv").read_text(encoding="utf-8").splitlines()[:6]]
    given = {
        "corrections": ["\t".join(row[:2]) for row in rows],
        "questions": ["What is the capital of France?", "Как сварить яйцо?"],
        "paraphrases": [
            *("\t".join([row[0], *row[2:]]) for row in rows[3:5]),
            "Who feeds the fish?\twho looks after the aquarium",  # for one of the project's own corrections
            "Кто печёт хлеб?\tХлеб печёт Пауль.\tкто у нас пекарь",  # for a correction in none of the files
        ],
    }
    command = ["recall", "--json", "--check"]
    for name, lines in given.items():
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
        command += [f"--{name}", str(tmp_path / name)]
    monkeypatch.setattr("sys.argv", command)
    # The cheapest of the embeddings, since its results do not matter here.
    wordllama = recall.empty(RecallMethod.WORDLLAMA)
    monkeypatch.setattr(recall, "empty", lambda _choice: wordllama)
    async with ScriptedChat() as chat:
        chat.answer = "[1]"
        monkeypatch.setenv("OPENAI_BASE_URL", chat.base_url)
        monkeypatch.setenv("CHAT_MODEL", "scripted")
        await asyncio.to_thread(recall.main)
        assert chat.requests

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["language"], one["corrections"]) for one in found] == [
        ("english", 20), ("english", 26), ("russian", 20), ("russian", 27),
    ]  # fmt: skip
    for one in found:
        assert set(one) == {
            "language", "corrections", "found_first", "found_among_three", "wrongly_recalled",
            "everyday_wrongly_recalled", "ms",
        }  # fmt: skip
        assert one["found_first"] > one["wrongly_recalled"] and one["ms"] > 0

    (tmp_path / "corrections").write_text("When?\tNow.\n\nNo answer\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        await asyncio.to_thread(recall.main)
    assert "corrections, line 3" in capsys.readouterr().err
