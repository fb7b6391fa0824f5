"""How long people wait for transcripts and answers of their voice notes, alone and in a crowd.

    python -m benchmarks.waiting [--notes 48] [--only crowd|long|answer|note]

Four tables, all from one run on one machine, with the embedded models: notes from several people at once, with and
without batches; a short note while ten minutes are being transcribed; one note through the models to its spoken answer;
and one note of five seconds through Discord and back, from sending it until the person receives the voice message.
Ratios can be compared between machines; the times themselves cannot.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audio import PiperEngine, Recording, Sound, Synthesizer, Transcriber, decode, encode
from benchmarks.machine import machine
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.model.enums import MessageFlag
from bot.sandbox.server import Sandbox
from bot.weights.weights import WeightsCache
from tests.conftest import RECORDINGS
from tests.harness import Message, buttons_of, running

CROWDS = (1, 8, 32)
LENGTHS_S = (3, 5, 8, 11)
ANSWER = (
    "That is a famous line. John F. Kennedy said it when he became president, in January of 1961. He asked people to "
    "think of what they could give, and not only of what they could get."
)

NOTE_S, QUESTION = 5.0, "Hello Starling, can you tell me what the capital of France is?"
MOMENTS = (
    "something is shown",
    "the answer is shown",
    "the answer is written",
    "the first words are heard",
    "all is heard",
)
QUIET_S, TIMEOUT_S = 4.0, 90.0
"""An answer has no further voice message if none came for ``QUIET_S``; no answer takes as long as ``TIMEOUT_S``."""


def notes(count: int) -> list[Recording]:
    """``count`` notes of different lengths, in English and Russian."""
    english = decode((RECORDINGS / "jfk.ogg").read_bytes())
    russian = decode((RECORDINGS / "pisets-ru.ogg").read_bytes())
    cut = [Recording(english.samples[: length_s * 16_000]) for length_s in LENGTHS_S]
    return [[*cut, russian][number % 5] for number in range(count)]


async def crowd(transcriber: Transcriber, people: int, sent: Sequence[Recording]) -> tuple[float, float, list[float]]:
    """The wall-clock and processor time until all of ``sent`` is transcribed, and the wait for each note, in seconds.

    Each of the people sends the next note when their previous one is transcribed.
    """
    waits_s: list[float] = []
    coming = iter(sent)

    async def person() -> None:
        for note in coming:
            began_s = time.perf_counter()
            await transcriber.transcribe(note)
            waits_s.append(time.perf_counter() - began_s)

    began_s, cpu_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(person() for _ in range(people)))
    return time.perf_counter() - began_s, time.process_time() - cpu_s, waits_s


async def in_a_crowd(count: int) -> None:
    """Print the first table."""
    sent = notes(count)
    spoken_s = sum(note.duration_s for note in sent)
    print(f"{count} notes, {spoken_s:.0f} s in all, from so many people who each wait for their answer:\n")
    print(
        "| people | in batches of | seconds heard a second | against one at a time | CPU s | p50 wait s | p95 wait s |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    first: float | None = None
    for together in (1, 4):
        transcriber = Transcriber(WeightsCache().verified("whisper-base"), together=together, max_waiting=64)
        await transcriber.transcribe(sent[0])
        for people in CROWDS:
            wall_s, cpu_s, waits_s = await crowd(transcriber, people, sent)
            first = first or spoken_s / wall_s
            cuts = statistics.quantiles(waits_s, n=20)
            print(
                f"| {people} | {together} | {spoken_s / wall_s:.1f} | {spoken_s / wall_s / first:.2f} | {cpu_s:.1f} "
                f"| {statistics.median(waits_s):.2f} | {cuts[18]:.2f} |"
            )
        await transcriber.close()


async def beside_a_long_one() -> None:
    """Print the second table."""
    transcriber = Transcriber(WeightsCache().verified("whisper-base"))
    speech = decode((RECORDINGS / "jfk.ogg").read_bytes())
    note = Recording(speech.samples[: 5 * 16_000])
    await transcriber.transcribe(note)

    async def waits(times: int) -> list[float]:
        found: list[float] = []
        for _ in range(times):
            began_s = time.perf_counter()
            await transcriber.transcribe(note)
            found.append(time.perf_counter() - began_s)
            await asyncio.sleep(0.7)
        return found

    alone = await waits(5)
    long = asyncio.create_task(transcriber.transcribe(Recording(np.resize(speech.samples, 600 * 16_000))))
    await asyncio.sleep(3)
    beside = await waits(10)
    assert not long.done(), "the ten minutes were done too soon to compare"
    long.cancel()
    await asyncio.gather(long, return_exceptions=True)
    await transcriber.close()
    print("\nA note of 5 s:\n\n| | p50 wait s | longest s |\n| --- | ---: | ---: |")
    print(f"| alone | {statistics.median(alone):.2f} | {max(alone):.2f} |")
    print(f"| while ten minutes are transcribed | {statistics.median(beside):.2f} | {max(beside):.2f} |")


async def to_the_answer() -> None:
    """Print the third table. The chat model takes no time here: the answer is given."""
    cache = WeightsCache()
    transcriber = Transcriber(cache.verified("whisper-base"))
    synthesizer = Synthesizer([PiperEngine([cache.verified("piper-joe")])], cache_bytes=0)
    data = (RECORDINGS / "jfk.ogg").read_bytes()
    await transcriber.transcribe(data)
    await synthesizer.speak("Hello.")
    text_s: list[float] = []
    first_s: list[float] = []
    whole_s: list[float] = []
    for _ in range(5):
        began_s = time.perf_counter()
        await transcriber.transcribe(data)
        text_s.append(time.perf_counter() - began_s)
        began_s = time.perf_counter()
        async for _clip in synthesizer.clips(ANSWER):
            first_s.append(time.perf_counter() - began_s)
            break
        began_s = time.perf_counter()
        await synthesizer.speak(ANSWER)
        whole_s.append(time.perf_counter() - began_s)
    await transcriber.close()
    await synthesizer.close()
    print("\nFrom the end of an 11 s note, with an answer of three sentences, spoken by Piper:\n")
    print("| until | p50 s |\n| --- | ---: |")
    text = statistics.median(text_s)
    print(f"| its text | {text:.2f} |")
    print(f"| the first sound of the answer | {text + statistics.median(first_s):.2f} |")
    print(f"| the voice message | {text + statistics.median(whole_s):.2f} |")


async def asked_aloud() -> tuple[bytes, float, str]:
    """``QUESTION`` spoken, as a voice message of five seconds as Discord's client sends it."""
    synthesizer = Synthesizer([PiperEngine([WeightsCache().verified("piper-joe")])])
    try:
        said = decode((await synthesizer.speak(QUESTION)).ogg)
    finally:
        await synthesizer.close()
    assert said.duration_s < NOTE_S
    samples = np.zeros(round(NOTE_S * 16_000), np.float32)
    samples[: len(said.samples)] = said.samples
    speech = encode(Sound(samples, 16_000))
    return speech.ogg, round(speech.duration_s, 3), base64.b64encode(speech.waveform).decode()


async def through_discord(times: int = 7) -> None:
    """Print the fourth table: with the demonstration model, in a direct message, each note starting a conversation."""
    note = await asked_aloud()
    moments: dict[str, list[float]] = {name: [] for name in MOMENTS}
    parts: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Sandbox() as sandbox,
            running(Path(folder), sandbox, tts_cache_mb=0, retention_days=1),
            DiscordUser(sandbox.url, sandbox.description["users"][1]["token"]) as person,
        ):
            channel = (await person.dm())["id"]
            for number in range(times + 1):
                came, spoken = await _answered(person, channel, note)
                # The first note warms everything up.
                if number:
                    parts.append(spoken)
                    for name, moment_s in came.items():
                        moments[name].append(moment_s)
    print(f"\nA note of {NOTE_S:.0f} s through Discord, answered by the demonstration model, from its sending until\n")
    print("| | p50 s | longest s |\n| --- | ---: | ---: |")
    for name, found in moments.items():
        print(f"| {name} | {statistics.median(found):.2f} | {max(found):.2f} |")
    print(f"\nVoice messages of an answer: {statistics.mean(parts):.1f}")


async def _answered(person: DiscordUser, channel: str, note: tuple[bytes, float, str]) -> tuple[dict[str, float], int]:
    """When each of ``MOMENTS`` came, in seconds from sending ``note``, and the number of voice messages."""
    came: dict[str, float] = {}
    began_s = time.perf_counter()
    sent = await person.send(channel, voice=note)
    voices, quiet_from_s, is_complete = 0, began_s, False
    while not (is_complete and voices and time.perf_counter() - quiet_from_s > QUIET_S):
        await asyncio.sleep(0.005)
        now_s = time.perf_counter()
        assert now_s - began_s < TIMEOUT_S, f"no answer after {TIMEOUT_S:.0f} s: {came}"
        ours = _belonging_to(sent, person)
        texts = [str(one["content"]) for one in ours]
        spoken = sum(bool(one["flags"] & MessageFlag.IS_VOICE_MESSAGE) for one in ours)
        is_complete = is_complete or any(buttons_of(one) and "again" in buttons_of(one) for one in ours)
        if spoken > voices:
            voices, quiet_from_s = spoken, now_s
            came[MOMENTS[-1]] = now_s - began_s
        held = any(texts), any("\n" in text.strip() for text in texts), is_complete, voices > 0
        came |= {
            name: now_s - began_s for name, holds in zip(MOMENTS, held, strict=False) if holds and name not in came
        }
    return came, voices


def _belonging_to(sent: Message, person: DiscordUser) -> list[Message]:
    """The replies to ``sent``, and the replies to those. Other messages are left out, since the end of the previous
    answer may still arrive."""
    ids, found = {sent["id"]}, list[Message]()
    for one in sorted(person.known_messages.values(), key=lambda message: int(message["id"])):
        if (one.get("message_reference") or {}).get("message_id") in ids:
            ids.add(one["id"])
            found.append(one)
    return found


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--notes", type=int, default=48)
    parser.add_argument("--only", choices=("crowd", "long", "answer", "note"))
    given = parser.parse_args()
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}\n")
    tables = {
        "crowd": lambda: in_a_crowd(given.notes),
        "long": beside_a_long_one,
        "answer": to_the_answer,
        "note": through_discord,
    }
    for name, table in tables.items():
        if given.only in (None, name):
            await table()


if __name__ == "__main__":
    asyncio.run(main())
