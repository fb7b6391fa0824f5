"""The command line."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.settings import Settings, read_settings, unknown_names
from bot.weights.needed import needed_models
from bot.weights.weights import CATALOGUE, EMBEDDED, WeightsCache

if TYPE_CHECKING:
    from audio import Segment, Transcript
    from audio.recognition.options import TranscriptionOptions
    from bot.app.check import Check

FILES_AT_ONCE = 8
"""Recordings of one call that are heard at the same time."""

app = typer.Typer(
    help="Starling: a Discord bot that people talk to and teach.",
    epilog="Examples:  starling run  |  starling transcribe note.ogg --json  |  starling say 'Hello' --out hello.ogg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
models = typer.Typer(help="The bundled models: list, fetch, path.", no_args_is_help=True)
app.add_typer(models, name="models")
out, err = Console(), Console(stderr=True)


class NoSuchFileError(StarlingError):
    """Raised when a file named on the command line cannot be read."""

    sentence = _("The file {path} cannot be read: {reason}.")

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path=path, reason=reason)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"starling {version('starling')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Options of every command."""


@app.command()
def run(
    fetch_first: Annotated[bool, typer.Option("--fetch", help="Download missing models before starting.")] = False,
) -> None:
    """Start Starling: on Discord with DISCORD_TOKEN, else in the sandbox on this machine.

    Example:  DISCORD_TOKEN=... starling run
    """
    from bot.app.logs import set_up_logs
    from bot.app.running import run_starling

    os.umask(0o077)  # what people said is in every file that is made from here on
    settings = read_settings()
    for note in unknown_names():
        err.print(f"[yellow]note[/]  {escape(note)}", highlight=False, soft_wrap=True)
    cache = WeightsCache(settings.models_folder)
    missing = [name for name in needed_models(settings) if cache.state(name) == "missing"]
    if fetch_first and missing:
        fetch(missing)
    set_up_logs(settings.log_level, settings.secrets)
    asyncio.run(_until_stopped(run_starling, settings))


@app.command()
def sandbox() -> None:
    """Start the sandbox alone: a local Discord for any bot.

    Example:  SANDBOX_PORT=9000 starling sandbox
    """
    from bot.app.logs import set_up_logs
    from bot.app.running import run_sandbox

    settings = read_settings()
    set_up_logs(settings.log_level, settings.secrets)
    asyncio.run(_until_stopped(run_sandbox, settings))


@app.command()
def worker(
    fetch_first: Annotated[bool, typer.Option("--fetch", help="Download missing models before starting.")] = False,
) -> None:
    """Hear and speak for Starlings on other machines, which ask by the NATS at WORK_URL; docs/scaling.md says how.

    It reads no token of Discord's and no password of a database. WORK_KINDS says what it does.

    Example:  WORK_URL=nats://worker:password@nats:4222 starling worker
    """
    from bot.app.logs import set_up_logs
    from bot.app.worker import read_worker_settings, run_worker
    from bot.weights.needed import needed_for_speech

    os.umask(0o077)
    settings = read_worker_settings()
    cache = WeightsCache(settings.models_folder)
    missing = [name for name in needed_for_speech(settings, settings.work_kinds) if cache.state(name) == "missing"]
    if fetch_first and missing:
        fetch(missing)
    set_up_logs(settings.log_level, settings.secrets)
    asyncio.run(_until_stopped(run_worker, settings))


async def _until_stopped(service, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    served = asyncio.ensure_future(service(settings, stop, typer.echo))

    def end() -> None:
        """Stop gently; whoever asks twice does not want to wait."""
        if stop.is_set():
            served.cancel()
        stop.set()

    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, end)
    with contextlib.suppress(asyncio.CancelledError):
        await served


@app.command()
def doctor() -> None:
    """Check what Starling needs, and say for each thing what to do.

    Exits with 1 when something that is needed is missing.
    """
    from bot.app.check import CheckResult
    from bot.app.doctor import examine

    bad = False
    for check in asyncio.run(examine(read_settings())):
        bad = bad or check.finding is CheckResult.BAD
        _show(check)
    raise typer.Exit(code=1 if bad else 0)


_MARKS = {"good": "[green]  ok[/]", "warning": "[yellow]note[/]", "bad": "[red] bad[/]"}
"""By the findings of checks."""


def _show(check: Check) -> None:
    line = f"{_MARKS[check.finding]}  [bold]{check.what}[/]: {escape(check.detail)}"
    out.print(line, highlight=False, soft_wrap=True)
    if check.remedy:
        out.print(f"      → {escape(check.remedy)}", highlight=False, soft_wrap=True)


@app.command()
def health(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for anything that you should see to.")] = False,
) -> None:
    """Say how the Starling that runs on the same DATA_FOLDER is.

    Exits with 1 when nobody can be answered and a new start may help: it does not run, or has lost Discord or its
    database. With --strict, for anything that is wrong.

    Example:  starling health --strict || mail -s 'Starling' you@example.org
    """
    from bot.app.health_report import is_serving, is_well, read_report

    checks = read_report(read_settings())
    serving, well = is_serving(checks), is_well(checks)
    if as_json:
        report = {"well": well, "serving": serving, "checks": [asdict(check) for check in checks]}
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        for check in checks:
            _show(check)
    raise typer.Exit(code=0 if (well if strict else serving) else 1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as /backups/starling-2026-11-26.tar.gz.")],
) -> None:
    """Write all that Starling keeps into one file, while it runs: database, files of people, trained models; no token
    and no key of a service.

    Beside it lies a list of who was forgotten since (starling-forgotten.jsonl), which a running Starling goes on
    writing: keep it with the backups, for a restore forgets those again.

    Example:  starling backup /backups/starling-$(date +%F).tar.gz
    """
    from bot.app.backup import make_backup

    os.umask(0o077)
    made = asyncio.run(make_backup(read_settings(), file))
    told = f"{sum(made.rows.values()):,} rows and {made.files:,} files, {file.stat().st_size / (1 << 20):.1f} MB"
    out.print(f"{file}: {told}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that starling backup made.")],
    forgotten: Annotated[
        Path | None, typer.Option(help="The list of who was forgotten since; by default the one beside FILE.")
    ] = None,
) -> None:
    """Bring a backup back into an empty DATA_FOLDER (and an empty DATABASE_URL, where one is set), on this machine or
    another one; who was forgotten since is forgotten again.

    Example:  DATA_FOLDER=data starling restore /backups/starling-2026-11-26.tar.gz
    """
    from bot.app import backup as backups

    os.umask(0o077)
    done = asyncio.run(backups.restore(read_settings(), file, forgotten))
    made = done.manifest
    lines = (
        f"Restored what Starling {made.starling} kept at {made.taken_at[:16]} UTC: "
        f"{sum(made.rows.values()):,} rows and {made.files:,} files.",
        f"Forgotten again, as they were since: people {done.users}, servers {done.guilds}, messages {done.messages}, "
        f"texts and votes {done.texts}.",
        "Start it: starling run",
    )
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command()
def move_database(
    url: Annotated[
        str, typer.Argument(help="An empty database: postgresql://user:password@host/name, sqlite:///path.")
    ],
) -> None:
    """Copy every row into another database, from SQLite to PostgreSQL or back. Stop Starling first.

    Example:  starling move-database postgresql://starling:password@localhost/starling
    """
    from bot.app.backup import move_database as move

    settings = read_settings()
    rows = asyncio.run(move(settings, url))
    lines = (
        f"{sum(rows.values()):,} rows in {len(rows)} tables are copied, and as many are there.",
        "Write DATABASE_URL with that address into .env, and start: starling run",
        "The old database stays as it is. Delete it once all is well: nobody is forgotten in it any more.",
    )
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command()
def transcribe(
    files: Annotated[list[Path], typer.Argument(help="Recordings: audio, or video with sound.", metavar="FILE...")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    model: Annotated[str | None, typer.Option(help="A bundled model, a faster-whisper name or a folder.")] = None,
    language: Annotated[str | None, typer.Option(help="Whisper's code of the language, such as ru.")] = None,
    quality: Annotated[
        Literal["fast", "accurate"] | None, typer.Option(help="fast has a few more wrong words.")
    ] = None,
    vocabulary: Annotated[str, typer.Option(help="Names and jargon that may be said.")] = "",
    words: Annotated[bool, typer.Option("--words", help="With the times of single words, for --json.")] = False,
    to_english: Annotated[bool, typer.Option("--to-english", help="Translate into English.")] = False,
) -> None:
    """Write down what is said in recordings.

    Example:  starling transcribe note.ogg talk.mp3 --json
    """
    # What hears takes a second to import, which no other command should wait for.
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
    """One result for each file, in order, each given as soon as it is there; some are heard at the same time."""
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


@models.command("list")
def list_models() -> None:
    """Show the bundled models and whether they are here."""
    cache = WeightsCache(read_settings().models_folder)
    table = Table("name", "for", "size", "licence", "state")
    for weights in CATALOGUE.values():
        table.add_row(
            weights.name, weights.purpose, f"{weights.size_mb} MB", weights.licence, cache.state(weights.name)
        )
    out.print(table)


@models.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Names; by default all that Starling needs.")] = None,
) -> None:
    """Download models and verify them; those that are here are only verified."""
    from bot.app.patience import still

    cache = WeightsCache(read_settings().models_folder)
    for name in names or EMBEDDED:
        if name in CATALOGUE and cache.state(name) == "missing":
            err.print(f"Fetching {name} ({CATALOGUE[name].size_mb} MB) ...", highlight=False, soft_wrap=True)
        with still(f"fetching {name}", lambda line: err.print(line, highlight=False)):
            place = cache.fetch(name)
        err.print(f"{name}: {place}", highlight=False, soft_wrap=True)


@models.command()
def path(name: Annotated[str, typer.Argument(help="A bundled model's name.")]) -> None:
    """Print where a model lies."""
    typer.echo(WeightsCache(read_settings().models_folder).verified(name))


def main() -> None:
    """Run the command line; an error that Starling names is one sentence and exit status 1."""
    try:
        app()
    except StarlingError as error:
        err.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
