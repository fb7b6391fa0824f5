"""Decodes thousands of damaged recordings and reports the outcomes.

    python -m benchmarks.mutated_files [--files 10000] [--seed 1] [folder]

The files are made by damaging recordings that are generated on the spot and, if a folder is given, those in it as well.
Needs Linux: the open files and memory of the decoder processes are read from /proc.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from audio import Decoder, NotAudioError, RecordingError, decode
from tests.audio.decoding.mutations import mutated, seeds

RECORDING = Path(__file__).parent.parent / "tests" / "recordings" / "jfk.ogg"

LARGEST_FROM_FOLDER_BYTES = 100_000
"""Only small files are used: more of their mutations can be tried in the same time."""


@dataclass
class Seen:
    """What was observed of the decoder processes from outside."""

    pids: set[int] = field(default_factory=set)
    peak_kib: int = 0
    descriptors: set[str] = field(default_factory=set)
    """The descriptors that were open in any process at any look: 0 and 1 are the pipes to the parent, 2 is its standard
    error."""
    max_open_files: set[str] = field(default_factory=set)
    """The limit on open files that the kernel enforces."""

    def look(self, pid: int) -> None:
        process = Path(f"/proc/{pid}")
        try:
            peak = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
            opened = {link.name for link in (process / "fd").iterdir()}
            limit = next(line for line in (process / "limits").read_text().splitlines() if "open files" in line)
        except (OSError, StopIteration):
            return  # The process has just ended.
        self.pids.add(pid)
        self.peak_kib = max(self.peak_kib, int(peak.split()[1]))
        self.descriptors |= opened
        self.max_open_files.add(limit.split()[4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()

    originals = seeds(decode(RECORDING.read_bytes()).samples[:24_000])
    if asked.folder:
        found = (path.read_bytes() for path in sorted(asked.folder.glob("*.ogg")))
        originals += [data for data in found if len(data) <= LARGEST_FROM_FOLDER_BYTES]
    chance = random.Random(asked.seed)
    outcomes: dict[str, list[float]] = collections.defaultdict(list)
    slowest: tuple[float, int, str] = (0, 0, "")
    seen = Seen()
    decoder = Decoder()
    decoder.start()
    ready: set[int] = set()
    for number in range(asked.files):
        data = mutated(originals, chance)
        began_s = time.perf_counter()
        try:
            outcome = "its first part" if decoder.decode(data).truncated else "its sound"
        except RecordingError as error:
            outcome = type(error).__name__
        took_s = time.perf_counter() - began_s
        outcomes[outcome].append(took_s)
        slowest = max(slowest, (took_s, number, outcome))
        # A process that has just been started is still loading its libraries.
        for pid in set(decoder.pids) & ready:
            if outcome != NotAudioError.__name__:
                seen.look(pid)
        ready = set(decoder.pids)
        if sys.stderr.isatty():
            print(f"\r{number + 1}", end="", file=sys.stderr)
    decoder.close()

    print(f"\n{asked.files} files damaged from {len(originals)} recordings, seed {asked.seed}\n")
    print("| outcome | files | median ms | slowest ms |\n|---|---:|---:|---:|")
    for outcome, times in sorted(outcomes.items(), key=lambda item: -len(item[1])):
        times.sort()
        print(f"| {outcome} | {len(times)} | {times[len(times) // 2] * 1e3:.1f} | {times[-1] * 1e3:.0f} |")
    print(f"\nSlowest: file {slowest[1]} ({slowest[2]}), {slowest[0] * 1e3:.0f} ms")
    print(f"Processes: {len(seen.pids)}; peak memory of one: {seen.peak_kib / 1024:.0f} MiB")
    opened, most = ", ".join(sorted(seen.descriptors)), ", ".join(sorted(seen.max_open_files))
    print(f"Descriptors open in them after each file: {opened}; further ones that the kernel lets them open: {most}")


if __name__ == "__main__":
    main()
