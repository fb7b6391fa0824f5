"""Which of ctranslate2's kernels transcribes best on this processor: found by trying each, not by the maker's name.

    python -m benchmarks.kernels [folder]

The folder is as for ``benchmarks.transcription``. Its notes of up to 6 s are transcribed with each kernel in a separate
process, since ctranslate2 chooses its kernel once per process. Set the variables of the best kernel in the environment
in which Starling is started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from audio.recognition.batch import Quality
from benchmarks.harder_notes import short
from benchmarks.machine import machine
from benchmarks.transcription import RECORDINGS, error_rate, mean_error_rate, notes_in, starling
from bot.weights.weights import WeightsCache

KERNELS: tuple[Mapping[str, str], ...] = (
    {},
    {"CT2_USE_MKL": "1"},
    {"CT2_USE_MKL": "0"},
    {"CT2_FORCE_CPU_ISA": "AVX2"},
    {"CT2_FORCE_CPU_ISA": "AVX512"},
    {"CT2_FORCE_CPU_ISA": "AVX512", "CT2_USE_MKL": "0"},
)
"""The environment variables that select each kernel. Without any, ctranslate2 chooses, partly by the maker's name."""


def heard(folder: Path) -> dict[str, float]:
    """The processor time that the notes take with this process's kernel, and their word error rates in percent."""
    notes = short(notes_in(folder))
    result = asyncio.run(starling(WeightsCache().verified("whisper-base"), Quality.ACCURATE, notes))
    return {"cpu_s": sum(result.cpu_s), "wer": error_rate(result, notes), "mean": mean_error_rate(result, notes)}


def row(kernel: Mapping[str, str], folder: Path) -> str:
    """A row of the table: ``kernel``, measured in a separate process."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("CT2_")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kernels", str(folder), "--one"],
        capture_output=True, text=True, env={**others, **kernel},
    )  # fmt: skip
    name = ", ".join(f"`{key}={value}`" for key, value in kernel.items()) or "none"
    if done.returncode:
        return f"| {name} | - | - | {(done.stderr.strip().splitlines() or ['it ended'])[-1][:80]} |"
    found = json.loads(done.stdout.splitlines()[-1])
    return f"| {name} | {found['cpu_s']:.1f} | {found['wer']:.1f} | {found['mean']:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=RECORDINGS, help="recordings and transcripts.tsv")
    parser.add_argument("--one", action="store_true", help="only with the kernel of this process, as JSON")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(heard(arguments.folder)))
        return
    print(f"{machine()}\n\n| variables | CPU s | WER % | mean of notes % |\n| --- | ---: | ---: | ---: |")
    for kernel in KERNELS:
        print(row(kernel, arguments.folder), flush=True)


if __name__ == "__main__":
    main()
