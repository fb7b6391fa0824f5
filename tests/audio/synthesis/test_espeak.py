"""eSpeak NG's library has one state per process, whoever uses it."""

from __future__ import annotations

import subprocess
import sys

ASKED_AT_ONCE = """
import asyncio
import espeakng_loader
from audio.synthesis.espeak import EspeakEngine

loaded = []
path = espeakng_loader.get_library_path
espeakng_loader.get_library_path = lambda: loaded.append(path()) or loaded[0]

async def main():
    return await asyncio.gather(*(EspeakEngine().voices() for _ in range(8)))

first, *others = asyncio.run(main())
assert len(first) > 50 and all(voices == first for voices in others)
print("loaded", len(loaded))
"""


def test_whoever_asks_for_the_first_voice_at_once_it_is_loaded_by_one() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED_AT_ONCE], capture_output=True, text=True, timeout=60)
    assert done.stdout == "loaded 1\n", (done.returncode, done.stderr)
