"""``starling transcribe`` and ``say``: speech in and out, without Discord."""

from __future__ import annotations

import asyncio
import collections
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.app.allocation import allocate_in_one_arena
from bot.app.command_line.console import err
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.settings import Settings, read_settings
from bot.weights.weights import WeightsCache

if TYPE_CHECKING:
    from audio import Segment, Transcript
    from audio.recognition.options import TranscriptionOptions

FILES_AT_ONCE = 8
"""How many recordings of one call are transcribed at the same time."""

app = typer.Typer()


class NoSuchFileError(StarlingError):
    """Raised when a file named on the command line cannot be read."""

    sentence = _("The file {path} cannot be read: {reason}.")

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path=path, reason=reason)


@app.command()
def transcribe(
    files: Annotated[list[Path], typer.Argument(help="Recordings: audio, or video with sound.", metavar="FILE...")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
    model: Annotated[str | None, typer.Option(help="A bundled model, a faster-whisper name or a folder.")] = None,
    language: Annotated[str | None, typer.Option(help="The language, as Whisper's code, such as ru.")] = None,
    quality: Annotated[
        Literal["fast", "accurate"] | None, typer.Option(help="fast gets a few more words wrong.")
    ] = None,
    vocabulary: Annotated[str, typer.Option(help="Names and jargon that may be said.")] = "",
    words: Annotated[bool, typer.Option("--words", help="With the time of each word, for --json.")] = False,
    to_english: Annotated[bool, typer.Option("--to-english", help="Translate into English.")] = False,
) -> None:
    """Transcribe recordings.

    Example:  starling transcribe note.ogg talk.mp3 --json
    """
    allocate_in_one_arena()
    # Recognition takes a second to import, which no other command should wait for.
    from audio.recognition.batch import Quality
    from audio.recognition.options import TranscriptionOptions

    settings = read_settings(**({"whisper_model": model} if model else {}))
    failed = False
    options = TranscriptionOptions(
        language=language,
        quality=Quality(quality) if quality else None,
        hints=vocabulary,
        words=words,
        translate=to_english,
    )
    for result in _transcripts(files, settings, options):
        failed = failed or "error" in result
        if as_json:
            typer.echo(json.dumps(result, ensure_ascii=False))
        elif "error" in result:
            err.print(f"{result['file']}: {result['error']}", highlight=False, markup=False)
        else:
            typer.echo(result["text"] if len(files) == 1 else f"{result['file']}: {result['text']}")
    raise typer.Exit(code=1 if failed else 0)


def _transcripts(files: list[Path], settings: Settings, options: TranscriptionOptions) -> Iterator[dict[str, object]]:
    """One result for each file, in order, each as soon as it is ready; some are transcribed at the same time."""
    from bot.app.speech_engines import build_recognizer

    with asyncio.Runner() as runner:
        recognizer = build_recognizer(settings, WeightsCache(settings.models_folder))

        async def begin(file: Path) -> asyncio.Task[Transcript]:
            async def transcribed() -> Transcript:
                return await recognizer.transcribe(await asyncio.to_thread(_read, file), options)

            return asyncio.create_task(transcribed())

        async def end(task: asyncio.Task[Transcript]) -> Transcript:
            return await task

        coming = iter(files)
        under_way: collections.deque[tuple[Path, asyncio.Task[Transcript]]] = collections.deque()
        try:
            while True:
                for file in itertools.islice(coming, FILES_AT_ONCE - len(under_way)):
                    under_way.append((file, runner.run(begin(file))))
                if not under_way:
                    break
                file, task = under_way.popleft()
                try:
                    yield {"file": str(file), **_as_json(runner.run(end(task)))}
                except StarlingError as error:
                    yield {"file": str(file), "error": str(error)}
        finally:
            runner.run(recognizer.close())


def _as_json(transcript: Transcript) -> dict[str, object]:
    def part(of: Segment) -> dict[str, object]:
        times = {"start_s": round(of.start_s, 3), "end_s": round(of.end_s, 3), "text": of.text}
        if not of.words:
            return times
        return times | {
            "words": [
                {
                    "start_s": round(word.start_s, 3),
                    "end_s": round(word.end_s, 3),
                    "text": word.text,
                    "probability": round(word.probability, 3),
                }
                for word in of.words
            ]
        }

    return {
        "language": transcript.language,
        "language_probability": round(transcript.language_probability, 3),
        "duration_s": round(transcript.duration_s, 3),
        "truncated": transcript.truncated,
        "text": transcript.text,
        "segments": [part(segment) for segment in transcript.segments],
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoSuchFileError(path, error.strerror or type(error).__name__) from error


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What to say.")],
    file: Annotated[Path, typer.Option("--out", help="The Ogg Opus file to write.")],
    voice: Annotated[str | None, typer.Option(help="A voice's name; by default one of the text's language.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.5, max=2, help="How fast: 2 is twice as fast.")] = None,
    pitch: Annotated[float | None, typer.Option(min=-6, max=6, help="How high, in semitones.")] = None,
) -> None:
    """Speak text into a file.

    Example:  starling say 'Hello there' --out hello.ogg --voice en-US-AvaNeural
    """
    from bot.app.speech_engines import build_synthesizer

    async def speak() -> None:
        settings = read_settings()
        synthesizer = build_synthesizer(settings, WeightsCache(settings.models_folder))
        try:
            speech = await synthesizer.speak(text, voice=voice, prosody=synthesizer.prosody.altered(rate, pitch))
        finally:
            await synthesizer.close()
        file.write_bytes(speech.ogg)
        err.print(
            f"{file}: {speech.duration_s:.1f} s, {speech.voice} ({speech.engine})", highlight=False, soft_wrap=True
        )

    asyncio.run(speak())
