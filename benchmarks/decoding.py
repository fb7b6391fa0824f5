"""What it costs to decode recordings in a separate process.

    python -m benchmarks.decoding [--times 40]

Each file is decoded alternately in this process and in a child, so that other load on the machine affects both alike;
medians are compared. Ratios can be compared between machines; the times themselves cannot.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from audio import Decoder, Recording, decode
from benchmarks.machine import machine
from tests.audio.made_recordings import FLAC, MP3, OGG, RATE_HZ, WAV, Format, file_of

RECORDING = Path(__file__).parent.parent / "tests" / "recordings" / "jfk.ogg"

FILES: tuple[tuple[str, Format, float], ...] = (
    ("Ogg Opus", OGG, 5),
    ("Ogg Opus", OGG, 10),
    ("Ogg Opus", OGG, 60),
    ("Ogg Opus", OGG, 599),
    ("MP3", MP3, 10),
    ("WAV, 48 kHz stereo", WAV, 10),
    ("FLAC", FLAC, 10),
)

LONG_S = 100
"""Longer recordings are decoded a tenth as often."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=40)
    times: int = parser.parse_args().times

    speech = decode(RECORDING.read_bytes()).samples
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}")
    print(f"Python {platform.python_version()}, PyAV {av.__version__}; medians of {times}, in turn\n")
    print("| file | s | kB | in process ms | in a child ms | more ms | ratio |\n|---|---:|---:|---:|---:|---:|---:|")
    with contextlib.closing(Decoder()) as decoder:
        decoder.start()
        for name, how, duration_s in FILES:
            data = file_of(np.resize(speech, round(duration_s * RATE_HZ)), how)
            here, there = _compare(data, decode, decoder.decode, times if duration_s < LONG_S else max(1, times // 10))
            print(
                f"| {name} | {duration_s:.0f} | {len(data) / 1e3:.0f} | {here * 1e3:.1f} | {there * 1e3:.1f} "
                f"| {(there - here) * 1e3:+.1f} | {there / here:.2f} |"
            )
        memory = _memory_mib(*decoder.pids)
    note = file_of(np.resize(speech, 10 * RATE_HZ), OGG)
    print(f"\nA child that has decoded all of these took {memory:.0f} MiB at most.")
    print(f"A note of 10 s that finds no child and waits for its start: {_unprepared_s(note, times) * 1e3:.0f} ms.")


def _compare(
    data: bytes, one: Callable[[bytes], Recording], other: Callable[[bytes], Recording], times: int
) -> tuple[float, float]:
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for decoded, seconds in zip((one, other), took, strict=True):
            began_s = time.perf_counter()
            decoded(data)
            seconds.append(time.perf_counter() - began_s)
    return statistics.median(took[0]), statistics.median(took[1])


def _unprepared_s(data: bytes, times: int) -> float:
    took = []
    for _ in range(max(1, times // 4)):
        with contextlib.closing(Decoder()) as decoder:
            began_s = time.perf_counter()
            decoder.decode(data)
            took.append(time.perf_counter() - began_s)
    return statistics.median(took)


def _memory_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
