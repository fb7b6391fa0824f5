"""What speech synthesis costs, and how soon it can be heard: `python -m benchmarks.speaking`.

Each text is spoken by each offline engine, sentence by sentence and, in the same run, as one piece. Times depend on the
machine and its other load; compare only figures of the same run with each other.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import statistics
import time
from typing import NamedTuple

from audio import Engine, EspeakEngine, PiperEngine, Synthesizer
from audio.synthesis.clips import finished
from audio.synthesis.encoding import VoiceMessageEncoder
from audio.synthesis.voices import best_voice
from benchmarks.machine import machine
from bot.settings import read_settings
from bot.weights.weights import WeightsCache

TEXTS = {
    "short": "Of course. The museum opens at nine in the morning, and children need no ticket.",
    "medium": (
        "Paris is the capital of France. It lies on the river Seine, in the north of the country. About two million "
        "people live in the city itself, and more than twelve million in the region around it. Most visitors come in "
        "spring and in autumn. The best view is from the hill of Montmartre!"
    ),
}
TEXTS["long"] = " ".join([TEXTS["medium"]] * 3)

WORDS_PER_S = 8.0
"""How fast a chat model writes, for the last column."""


class Row(NamedTuple):
    """What one text cost."""

    speech_s: float
    cpu_s: float
    first_sound_s: float
    message_s: float


async def by_sentences(engine: Engine, text: str) -> Row:
    synthesizer = Synthesizer([engine])
    began_s = time.perf_counter()
    async with contextlib.aclosing(synthesizer.clips(text, language="en")) as clips:
        await anext(clips)
        first_s = time.perf_counter() - began_s
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    speech = await synthesizer.speak(text, language="en")
    return Row(speech.duration_s, time.process_time() - began_cpu_s, first_s, time.perf_counter() - began_s)


async def as_one(engine: Engine, text: str) -> Row:
    """The same in one piece, so that nothing can be heard before all of it is synthesised."""
    voice = best_voice(await engine.voices(), "en")
    assert voice is not None, "both engines speak English"
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    sound = await asyncio.to_thread(finished, await engine.speak(text, voice))
    first_s = time.perf_counter() - began_s
    encoder = VoiceMessageEncoder()
    await asyncio.to_thread(encoder.add, sound)
    speech = await asyncio.to_thread(encoder.finish, voice=voice.name, engine=engine.name)
    return Row(speech.duration_s, time.process_time() - began_cpu_s, first_s, time.perf_counter() - began_s)


async def after_last_word_s(engine: Engine, text: str) -> float:
    """How long after an answer's last word its voice message is ready, if the model writes at ``WORDS_PER_S``."""
    async with Synthesizer([engine]).stream(hint="en") as stream:
        for word in text.split(" "):
            stream.write(f"{word} ")
            await asyncio.sleep(1 / WORDS_PER_S)
        ended_s = time.perf_counter()
        await stream.finish()
        return time.perf_counter() - ended_s


async def main(runs: int) -> None:
    joe = WeightsCache(read_settings().models_folder).verified("piper-joe")
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}")
    print(f"Medians of {runs} runs. In the last column a model writes {WORDS_PER_S:g} words a second.\n")
    print("| engine | text | way | speech s | CPU s per s of speech | first sound s | message s | after last word s |")
    print("|---|---|---|---|---|---|---|---|")
    engines: list[Engine] = [PiperEngine([joe]), EspeakEngine()]
    for engine, (label, text) in itertools.product(engines, TEXTS.items()):
        await by_sentences(engine, "Warm up.")
        rows = [(await by_sentences(engine, text), await as_one(engine, text)) for _ in range(runs)]
        for way, of_way in zip(("sentence by sentence", "as one"), zip(*rows, strict=True), strict=True):
            row = Row(*(statistics.median(column) for column in zip(*of_way, strict=True)))
            after = f"{await after_last_word_s(engine, text):.2f}" if way != "as one" else ""
            print(
                f"| {engine.name} | {label} | {way} | {row.speech_s:.1f} | {row.cpu_s / row.speech_s:.3f} "
                f"| {row.first_sound_s:.2f} | {row.message_s:.2f} | {after} |",
                flush=True,
            )
    for engine in engines:
        await engine.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    asyncio.run(main(parser.parse_args().runs))
