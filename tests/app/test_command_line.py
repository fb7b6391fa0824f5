"""The command line, as an operator types it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import pytest

from audio import decode
from bot.app.token import has_token_shape
from tests.app.forked import fork, kept
from tests.conftest import ROOT
from tests.spoken import AMERICANS, PISETS, is_heard, words

RECORDINGS = ROOT / "tests" / "recordings"


def starling(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command with no settings but those given."""
    given = [str(argument) for argument in arguments]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = fork("bot", *given, environment=kept() | settings, stdout=out.fileno(), stderr=err.fileno())
        try:
            status = process.wait(90)
        finally:
            process.kill()
        written = [(file.seek(0), file.read().decode())[1] for file in (out, err)]
    return subprocess.CompletedProcess(given, status, *written)


def test_it_says_its_version_and_what_it_can_do() -> None:
    assert starling("--version").stdout.startswith("starling 0.")
    told = starling("--help").stdout
    for command in ("run", "sandbox", "doctor", "transcribe", "say", "models"):
        assert command in told
    assert "starling transcribe note.ogg --json" in starling("transcribe", "--help").stdout.replace("talk.mp3 ", "")


GATEWAYS_NEED = frozenset({"hikari", "lightbulb", "sqlalchemy", "alembic", "openai"})


@pytest.mark.parametrize(
    ("uses", "unneeded"),
    [
        (
            "import bot.app.speech_engines; from audio.recognition.recognizers import RECOGNIZERS; RECOGNIZERS.all()",
            GATEWAYS_NEED | {"aiohttp", "edge_tts", "audio.synthesis.synthesizer"},
        ),
        ("import bot.app.worker", GATEWAYS_NEED),
    ],
    ids=["starling transcribe", "starling worker"],
)
def test_who_only_hears_and_speaks_waits_for_nothing_that_a_gateway_needs(uses: str, unneeded: set[str]) -> None:
    asked = f"import sys; {uses}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not unneeded & set(loaded.stdout.split())


def test_recordings_become_json_one_a_line_and_bad_files_are_told_of(tmp_path: Path, whisper_base: Path) -> None:
    (tmp_path / "bad.ogg").write_text("not sound")
    files = (tmp_path / "bad.ogg", RECORDINGS / "americans.ogg", tmp_path / "none.ogg", RECORDINGS / "pisets-ru.ogg")
    done = starling("transcribe", *files, "--json")
    assert done.returncode == 1, done.stderr
    bad, english, none, russian = map(json.loads, done.stdout.splitlines())
    assert "not a recording" in bad["error"]
    assert "cannot be read" in none["error"]
    assert list(english) == ["file", "language", "language_probability", "duration_s", "truncated", "text", "segments"]
    assert english["truncated"] is False
    assert english["language"] == "en"
    assert english["duration_s"] == pytest.approx(2.9, abs=0.1)
    assert is_heard(AMERICANS, english["text"])
    assert english["segments"][0]["start_s"] < english["segments"][-1]["end_s"] <= 3.0
    assert russian["language"] == "ru"
    assert is_heard(PISETS, russian["text"])


def test_words_have_times_and_names_are_known_beforehand(whisper_base: Path) -> None:
    done = starling(
        "transcribe", RECORDINGS / "saoirse.ogg", "--json", "--words", "--quality", "fast", "--language", "en",
        "--vocabulary", "Saoirse Blackwood",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (heard,) = map(json.loads, done.stdout.splitlines())
    assert is_heard("saoirse blackwood", heard["text"], 0)
    found = [word for segment in heard["segments"] for word in segment["words"]]
    assert words(" ".join(word["text"] for word in found)) == words(heard["text"])
    assert 0 <= found[0]["start_s"] < found[-1]["end_s"] <= heard["duration_s"]


def test_text_becomes_a_file_that_plays(tmp_path: Path, piper_joe: Path) -> None:
    file = tmp_path / "hello.ogg"
    done = starling("say", "Hello there, this is Starling.", "--out", file, TTS_ENGINE="offline")
    assert done.returncode == 0, done.stderr
    with av.open(file) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.sample_rate) == ("opus", 48000)
        assert stream.codec_context.layout.name == "mono"
    assert 1.0 < decode(file.read_bytes()).duration_s < 6.0


def test_models_are_listed_and_found(piper_joe: Path) -> None:
    assert "whisper-base" in starling("models", "list").stdout
    assert starling("models", "path", "piper-joe").stdout.strip() == str(piper_joe)


def test_the_doctor_says_what_to_do(tmp_path: Path, whisper_base: Path, piper_joe: Path, smollm2: Path) -> None:
    done = starling("doctor", DATA_FOLDER=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "model whisper-base: here and verified" in done.stdout
    assert "put DISCORD_TOKEN=... into .env" in done.stdout
    assert "trainer export: only packed" in done.stdout
    ill = starling(
        "doctor", DISCORD_TOKEN="hello", MODELS_FOLDER=str(tmp_path / "none"), OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        CHAT_MODEL="x", DATABASE_URL="postgresql://a:hunter2@127.0.0.1:9/b",
        TRAINING_BASE_URL="http://127.0.0.1:9/v1", TRAINING_API_KEY="hunter3",
    )  # fmt: skip
    assert ill.returncode == 1
    assert "does not have the shape of a token" in ill.stdout
    assert "starling models fetch whisper-base" in ill.stdout
    assert "cannot reach my chat model" in ill.stdout
    assert "I cannot reach the training service 127.0.0.1" in ill.stdout
    assert "hunter" not in ill.stdout + ill.stderr


def test_a_wrong_setting_is_one_sentence() -> None:
    done = starling("doctor", SANDBOX_PORT="many")
    assert done.returncode == 1
    assert "SANDBOX_PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("token", "shaped"),
    [
        ("MTAwMDAwMDAwMDAwMDAwMDAx.GxYzAb.abcdefghijklmnopqrstuvwxyz0123456789AB", True),
        ("not a token", False),
        ("aGVsbG8gd29ybGQ.GxYzAb.abcdefghijklmnopqrstuvwxyz", False),
        ("", False),
    ],
)
def test_a_token_is_known_by_its_shape(token: str, shaped: bool) -> None:
    assert has_token_shape(token) is shaped


def test_a_start_with_something_else_than_a_token_is_one_sentence(tmp_path: Path) -> None:
    done = starling("run", DISCORD_TOKEN="5a8f0b2c41d64b1c9d6e", DATA_FOLDER=str(tmp_path))
    assert done.returncode == 1
    assert "does not have the shape of a token" in done.stderr
    assert "Traceback" not in done.stderr
    assert "5a8f0b2c" not in done.stderr + done.stdout


def test_without_a_token_a_container_says_what_it_needs(tmp_path: Path) -> None:
    done = starling("run", SANDBOX_AUTOSTART="false", DATA_FOLDER=str(tmp_path), SANDBOX_PORT="0")
    assert done.returncode == 1
    assert "DISCORD_TOKEN is not set" in done.stderr
    assert "sandbox" not in done.stdout
