"""The names that `audio` offers, and the cost of importing some of them."""

from __future__ import annotations

import subprocess
import sys

import audio


def test_everything_that_is_offered_is_there() -> None:
    assert {"Transcriber", "Synthesizer", "decode", "subrip", "AudioError"} <= set(dir(audio))
    assert all(getattr(audio, name) is not None for name in dir(audio))


def test_whoever_asks_for_an_error_or_what_hears_does_not_wait_for_the_voices() -> None:
    """Otherwise, a command that only prints its help would import NumPy, FFmpeg and every voice."""
    asked = "import sys, audio; audio.RecordingError; print(*sys.modules); audio.Transcriber; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    for_an_error, to_hear = (set(line.split()) for line in done.stdout.splitlines())
    assert not {"numpy", "av", "audio.recognition.whisper"} & for_an_error
    assert "audio.recognition.whisper" in to_hear
    assert not {name for name in to_hear if name.startswith("audio.synthesis")}
