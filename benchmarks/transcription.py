"""Compares Starling's transcription with stock faster-whisper on a folder of recordings.

    python -m benchmarks.transcription [folder] [--tables single turns hints whispers noise10 noise5 telephone]

The folder has recordings and a table ``transcripts.tsv`` with at least the columns ``lang``, ``file`` and ``text``.
Every method transcribes the same samples in one run on one machine: one note after another, except in rows marked "all
at once", where it gets all notes together, as from ``starling transcribe`` with many files or on a busy server. Ratios
of processor time can be compared between machines; the times themselves cannot. The same weights give slightly
different words with different kernels, by up to a point on fifty notes: before taking a difference of a point as real,
repeat with another kernel, such as ``CT2_FORCE_CPU_ISA=AVX512`` or ``CT2_USE_MKL=0``.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jiwer
from faster_whisper import BatchedInferencePipeline, WhisperModel
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

from audio import Recording, Transcriber, decode
from audio.recognition.batch import Quality
from audio.recognition.options import TranscriptionOptions
from audio.recording import Samples
from benchmarks.harder_notes import NAMES, Note, in_noise, in_turns, on_the_telephone, short, whispered
from benchmarks.machine import machine
from bot.weights.weights import WeightsCache

RECORDINGS = Path(__file__).parent.parent.parent / "shared" / "corpus"

SHORT_NOTE_S = 8.0
"""Most voice messages are shorter."""

WITHOUT_SPACES = ("ja", "lo", "my", "th", "yue", "zh")
"""Languages that do not separate words by spaces: their errors are counted by letters, as Whisper's authors do."""

Way = Callable[[Samples], Awaitable[str]]
"""A method of transcription: returns the words of a recording."""

OUTLIER = 3.0
"""When stock faster-whisper is unsure of its words, it retries with sampling, which now and then takes long. A note
whose processor time per second of sound is more than this multiple of the median is an outlier, counted separately."""


@dataclass(frozen=True, slots=True)
class Result:
    """The results of one method."""

    name: str
    heard: list[str]
    """The words of each note, normalised."""
    cpu_s: list[float]
    """The processor time of each note, summed over all threads."""
    at_once: bool = False
    """Whether all notes were sent together: then each time is a share of the total, by the note's duration."""


def notes_in(folder: Path) -> list[Note]:
    """The recordings that the table in ``folder`` names."""
    return [
        Note(row["lang"], normalised(row["text"], row["lang"]), decode((folder / row["file"]).read_bytes()).samples)
        for row in rows_in(folder)
    ]


def rows_in(folder: Path) -> list[dict[str, str]]:
    """The rows of the table in ``folder`` that have a transcript."""
    with (folder / "transcripts.tsv").open(encoding="utf-8") as table:
        return [row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row["text"].strip()]


_ENGLISH = EnglishTextNormalizer()
_LETTERS = BasicTextNormalizer(split_letters=True)
_OTHERS = BasicTextNormalizer()


def normalised(text: str, language: str) -> str:
    """``text`` without what Whisper's authors do not count as errors: case, punctuation, ways to write numbers."""
    normalise = _ENGLISH if language == "en" else _LETTERS if language in WITHOUT_SPACES else _OTHERS
    return str(normalise(text)).strip()


async def measured(name: str, way: Way, notes: Sequence[Note]) -> Result:
    """The results of ``way`` on ``notes``, after one recording to warm up, which is not counted."""
    await way(notes[0].samples)
    result = Result(name, [], [])
    for note in notes:
        began_s = time.process_time()
        text = await way(note.samples)
        result.cpu_s.append(time.process_time() - began_s)
        result.heard.append(normalised(text, note.language))
    return result


async def stock(model: Path, compute_type: str, notes: Sequence[Note]) -> Result:
    """faster-whisper with its own defaults, except for the compute type."""
    whisper = WhisperModel(str(model), device="cpu", compute_type=compute_type)

    async def way(samples: Samples) -> str:
        segments, _ = whisper.transcribe(samples)
        return " ".join(segment.text for segment in segments)

    return await measured(f"stock, {compute_type}, beam 5", way, notes)


async def batched(model: Path, notes: Sequence[Note]) -> Result:
    """faster-whisper's own batched pipeline."""
    pipeline = BatchedInferencePipeline(WhisperModel(str(model), device="cpu", compute_type="int8"))

    async def way(samples: Samples) -> str:
        segments, _ = pipeline.transcribe(samples, batch_size=8)
        return " ".join(segment.text for segment in segments)

    return await measured("stock, batched pipeline, int8", way, notes)


async def sphinx(notes: Sequence[Note]) -> Result | None:
    """Pocketsphinx, another offline recogniser, whose model comes with its package; English only.

    None if it is not installed (``pip install pocketsphinx``).
    """
    try:
        from pocketsphinx import Decoder
    except ImportError:
        return None
    decoder = Decoder(loglevel="FATAL")

    async def way(samples: Samples) -> str:
        decoder.start_utt()
        decoder.process_raw((samples * 32767).astype("int16").tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        return hypothesis.hypstr if hypothesis else ""

    return await measured("pocketsphinx (English only)", way, [note for note in notes if note.language == "en"])


async def starling(model: Path, quality: Quality, notes: Sequence[Note], hints: str = "") -> Result:
    """The transcriber of ``audio`` with its own defaults, except for the quality and the hints."""
    transcriber = Transcriber(model, quality=quality)

    async def way(samples: Samples) -> str:
        return (await transcriber.transcribe(Recording(samples), TranscriptionOptions(hints=hints))).text

    try:
        return await measured(f"Starling, {quality}{', with names' if hints else ''}", way, notes)
    finally:
        await transcriber.close()


async def starling_at_once(model: Path, quality: Quality, notes: Sequence[Note]) -> Result:
    """The same transcriber, given all notes at once, as many people or ``starling transcribe`` with many files do."""
    transcriber = Transcriber(model, quality=quality, max_waiting=len(notes))
    try:
        await transcriber.transcribe(Recording(notes[0].samples))
        began_s = time.process_time()
        heard = await asyncio.gather(*(transcriber.transcribe(Recording(note.samples)) for note in notes))
        cpu_s = time.process_time() - began_s
    finally:
        await transcriber.close()
    whole_s = sum(note.duration_s for note in notes)
    return Result(
        f"Starling, {quality}, all at once",
        [normalised(transcript.text, note.language) for transcript, note in zip(heard, notes, strict=True)],
        [cpu_s * note.duration_s / whole_s for note in notes],
        at_once=True,
    )


def error_rate(result: Result, notes: Sequence[Note], language: str | None = None) -> float:
    """The word error rate in percent, over all notes or over those in ``language``."""
    pairs = [
        (note.words, heard)
        for note, heard in zip(notes, result.heard, strict=True)
        if language in (None, note.language)
    ]
    return 100 * float(jiwer.wer([said for said, _ in pairs], [heard for _, heard in pairs]))


def mean_error_rate(result: Result, notes: Sequence[Note]) -> float:
    """The mean of the notes' own error rates, in percent: each note counts the same, however long it is."""
    return statistics.mean(_error_rates(result, notes))


def much_worse(result: Result, than: Result, notes: Sequence[Note]) -> int:
    """How many notes have an error rate more than 20 points above their rate in ``than``."""
    pairs = zip(_error_rates(result, notes), _error_rates(than, notes), strict=True)
    return sum(own > other + 20 for own, other in pairs)


def _error_rates(result: Result, notes: Sequence[Note]) -> list[float]:
    return [100 * float(jiwer.wer(note.words, heard)) for note, heard in zip(notes, result.heard, strict=True)]


def cpu_s_without_outliers(result: Result, notes: Sequence[Note]) -> float:
    """The processor time of all notes, where an outlier counts as if it took the median time per second of sound."""
    shares = [cpu_s / note.duration_s for cpu_s, note in zip(result.cpu_s, notes, strict=True)]
    usual = statistics.median(shares)
    return sum(
        min(share, usual if share > OUTLIER * usual else share) * note.duration_s
        for share, note in zip(shares, notes, strict=True)
    )


def table(results: Sequence[Result], notes: Sequence[Note]) -> str:
    """``results`` as a table in Markdown; the speed-up is relative to the first of them, both without outliers."""
    languages = sorted({note.language for note in notes})
    head = ["way", "CPU s", "without outliers", "speed-up", f"median CPU ms, notes up to {SHORT_NOTE_S:.0f} s"]
    head += ["WER %", "mean of notes", "20 points worse"]
    head += [f"{language} ({sum(n.language == language for n in notes)})" for language in languages]
    rows = [head, ["---"] * len(head)]
    first_s = cpu_s_without_outliers(results[0], notes)
    for result in results:
        cpu_s = cpu_s_without_outliers(result, notes)
        short_s = [cpu_s for cpu_s, note in zip(result.cpu_s, notes, strict=True) if note.duration_s <= SHORT_NOTE_S]
        short = f"{1000 * statistics.median(short_s):.0f}" if short_s and not result.at_once else "-"
        rows.append([result.name, f"{sum(result.cpu_s):.1f}", f"{cpu_s:.1f}", f"{first_s / cpu_s:.1f}", short])
        rows[-1] += [f"{error_rate(result, notes):.1f}", f"{mean_error_rate(result, notes):.1f}"]
        rows[-1] += [str(much_worse(result, results[0], notes))]
        rows[-1] += [f"{error_rate(result, notes, language):.1f}" for language in languages]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


async def single(model: Path, notes: Sequence[Note]) -> list[Result]:
    return [
        await stock(model, "float32", notes),
        await stock(model, "int8", notes),
        await batched(model, notes),
        await starling(model, Quality.ACCURATE, notes),
        await starling(model, Quality.FAST, notes),
        await starling_at_once(model, Quality.ACCURATE, notes),
        await starling_at_once(model, Quality.FAST, notes),
    ]


async def compared(model: Path, notes: Sequence[Note]) -> list[Result]:
    return [
        await stock(model, "int8", notes),
        await starling(model, Quality.ACCURATE, notes),
        await starling(model, Quality.FAST, notes),
    ]


async def hinted(model: Path, notes: Sequence[Note]) -> list[Result]:
    return [
        await starling(model, Quality.ACCURATE, notes),
        await starling(model, Quality.ACCURATE, notes, hints=NAMES),
        await starling(model, Quality.FAST, notes),
        await starling(model, Quality.FAST, notes, hints=NAMES),
    ]


HARDER: dict[str, tuple[str, Callable[[Sequence[Note]], list[Note]]]] = {
    "turns": ("Three recordings a note, with pauses of 0.8 or 1.5 s behind each", in_turns),
    "hints": (f"Short notes, with 18 names that nobody says ({NAMES})", short),
    "whispers": ("Whispered", lambda notes: [whispered(note) for note in short(notes)]),
    "noise10": ("In pink noise, 10 dB below the voice", lambda notes: [in_noise(note, 10) for note in notes]),
    "noise5": ("In pink noise, 5 dB below the voice", lambda notes: [in_noise(note, 5) for note in notes]),
    "telephone": ("On the telephone", lambda notes: [on_the_telephone(note) for note in notes]),
}
"""The harder tables: for each, its title and how its notes are made from the recordings."""


async def main() -> None:
    parser = argparse.ArgumentParser(description="Compare Starling's transcription with stock faster-whisper.")
    parser.add_argument("folder", type=Path, nargs="?", default=RECORDINGS, help="recordings and transcripts.tsv")
    parser.add_argument("--tables", nargs="*", choices=["single", *HARDER], default=["single", *HARDER])
    parser.add_argument("--plot", type=Path, help="a PNG to draw the first table in")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    model = WeightsCache().verified("whisper-base")
    notes = notes_in(folder)
    print(f"{len(notes)} recordings, {sum(note.duration_s for note in notes):.0f} s, model base; {machine()}")
    for name in arguments.tables:
        if name == "single":
            await _print_single(model, notes, arguments.plot)
            continue
        title, made = HARDER[name]
        harder = made(notes)
        results = await (hinted if name == "hints" else compared)(model, harder)
        print(f"\n{title}: {len(harder)} notes, {sum(note.duration_s for note in harder):.0f} s:\n")
        print(table(results, harder), flush=True)


async def _print_single(model: Path, notes: Sequence[Note], plot_file: Path | None) -> None:
    results = await single(model, notes)
    print(f"\n{table(results, notes)}", flush=True)
    english = [note for note in notes if note.language == "en"]
    if (other := await sphinx(notes)) is not None:
        among = [_only(result, notes, "en") for result in results]
        print("\nThe English ones alone:\n")
        print(table([*among, other], english))
    if plot_file is not None:
        plot(results, notes, plot_file)
        print(f"\nDrawn in {plot_file}")


def _only(result: Result, notes: Sequence[Note], language: str) -> Result:
    """The part of ``result`` that is in one language."""
    kept = [number for number, note in enumerate(notes) if note.language == language]
    return Result(result.name, [result.heard[n] for n in kept], [result.cpu_s[n] for n in kept], result.at_once)


def plot(results: Sequence[Result], notes: Sequence[Note], file: Path) -> None:
    """Plot the processor time and the error rate of each method."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    seconds = sum(note.duration_s for note in notes)
    dearest = max(sum(result.cpu_s) for result in results)
    for result in results:
        own = result.name.startswith("Starling")
        cost, wrong = 1000 * sum(result.cpu_s) / seconds, error_rate(result, notes)
        axes.scatter(cost, wrong, s=90, color="#4752c4" if own else "#8a8f9c", zorder=3)
        side, x = ("left", 9) if sum(result.cpu_s) < 0.8 * dearest else ("right", -9)
        axes.annotate(result.name, (cost, wrong), textcoords="offset points", xytext=(x, 5), fontsize=9, ha=side)
    axes.set(
        xlabel="processor time for a second of speech, ms",
        ylabel="words wrong, %",
        title=f"{len(notes)} recordings, Whisper base: down and to the left is better",
    )
    axes.set_xlim(0, None)
    axes.margins(x=0.25, y=0.3)
    axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    asyncio.run(main())
