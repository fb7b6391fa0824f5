"""How much speech this machine transcribes in a second, from files to words: on a graphics card if there is one.

    python -m benchmarks.throughput [folder] [--device auto|cpu|cuda] [--together 1 64 400] [--notes 600] [--model DIR]

The folder is as for ``benchmarks.transcription``. Its recordings are sent again and again, ``--together`` at a time,
and transcribed with each quality and, one after the other, by stock faster-whisper and its batched pipeline.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import jiwer
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.transcribe import Segment, TranscriptionInfo

from audio import Transcriber
from audio.recognition.batch import Quality
from audio.recognition.device import Device, DeviceChoice, card_type, chosen_device
from audio.recognition.transcriber import PROCESSOR_TYPE
from benchmarks.machine import machine
from benchmarks.transcription import RECORDINGS, normalised, rows_in
from bot.weights.weights import WeightsCache

STOCK_BATCH = 16


@dataclass(frozen=True, slots=True)
class File:
    """A recording as people send it."""

    data: bytes
    language: str
    words: str
    """The words that are said in it, normalised."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The transcript of a file."""

    file: File
    text: str
    duration_s: float
    waited_s: float


def files_in(folder: Path) -> list[File]:
    """The recordings that the table in ``folder`` names."""
    return [
        File((folder / row["file"]).read_bytes(), row["lang"], normalised(row["text"], row["lang"]))
        for row in rows_in(folder)
    ]


def row(together: int, way: str, heard: Sequence[Heard], wall_s: float) -> str:
    """A row of the table."""
    waits_s = [each.waited_s for each in heard]
    wrong = [float(jiwer.wer(each.file.words, normalised(each.text, each.file.language))) for each in heard]
    return (
        f"| {together} | {way} | {sum(each.duration_s for each in heard) / wall_s:.0f} | {len(heard) / wall_s:.1f} "
        f"| {statistics.median(waits_s):.2f} | {100 * statistics.mean(wrong):.1f} |"
    )


async def starling(transcriber: Transcriber, files: Iterable[File], together: int) -> tuple[list[Heard], float]:
    """The transcripts of ``files``, sent ``together`` at a time, and how many seconds they took in all."""
    coming, heard = iter(files), list[Heard]()

    async def person() -> None:
        for file in coming:
            began_s = time.perf_counter()
            transcript = await transcriber.transcribe(file.data)
            heard.append(Heard(file, transcript.text, transcript.duration_s, time.perf_counter() - began_s))

    began_s = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(together)))
    return heard, time.perf_counter() - began_s


def stock(
    transcribe: Callable[[io.BytesIO], tuple[Iterable[Segment], TranscriptionInfo]], files: Sequence[File]
) -> tuple[list[Heard], float]:
    """The same with one of faster-whisper's methods, one file after the other."""
    heard: list[Heard] = []
    began_s = time.perf_counter()
    for file in files:
        sent_s = time.perf_counter()
        segments, info = transcribe(io.BytesIO(file.data))
        text = " ".join(segment.text for segment in segments)
        heard.append(Heard(file, text, info.duration, time.perf_counter() - sent_s))
    return heard, time.perf_counter() - began_s


def stock_rows(model: Path, device: DeviceChoice, compute_type: str, files: Sequence[File]) -> Iterable[str]:
    """The rows of faster-whisper."""
    whisper = WhisperModel(str(model), device=device.name, device_index=device.index, compute_type=compute_type)
    pipeline = BatchedInferencePipeline(whisper)
    # Warm-up.
    stock(whisper.transcribe, files[:1])
    yield row(1, "stock", *stock(whisper.transcribe, files))
    yield row(
        1, "stock, batched pipeline", *stock(lambda data: pipeline.transcribe(data, batch_size=STOCK_BATCH), files)
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=RECORDINGS, help="recordings and transcripts.tsv")
    parser.add_argument("--device", type=Device, choices=list(Device), default=Device.AUTO)
    parser.add_argument("--together", type=int, nargs="*", default=[1, 32, 64, 128, 400])
    parser.add_argument("--notes", type=int, default=600, help="how many are sent in all, where several are at once")
    parser.add_argument("--model", type=Path, help="the folder of a converted model, instead of Whisper base")
    arguments = parser.parse_args()
    files, device = files_in(arguments.folder), chosen_device(arguments.device)
    model: Path = arguments.model or WeightsCache().verified("whisper-base")
    compute_type = card_type(device.index) if device.name is Device.CUDA else PROCESSOR_TYPE
    print(f"{len(files)} recordings, {device.label}, {compute_type}; {machine()}\n")
    print("| notes at the same time | way | times real time | notes a second | median wait s | mean of notes % |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for quality in Quality:
        transcriber = Transcriber(model, device=arguments.device, quality=quality, max_waiting=max(arguments.together))
        await transcriber.load()
        # Warm-up: the processes that decode files for a graphics card are only started once there is work.
        await starling(transcriber, islice(cycle(files), 2 * max(arguments.together)), max(arguments.together))
        for together in arguments.together:
            count = len(files) if together == 1 else arguments.notes
            print(
                row(together, quality, *await starling(transcriber, islice(cycle(files), count), together)), flush=True
            )
        await transcriber.close()
    for line in stock_rows(model, device, compute_type, files):
        print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
