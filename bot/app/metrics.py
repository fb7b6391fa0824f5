"""The metrics of a gateway, for Prometheus."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from importlib.metadata import version

import psutil
from prometheus_client import Gauge

from audio.recognition.recognizers import RECOGNIZERS
from audio.synthesis.engines import ENGINES
from bot.answering.outcomes import AnswerPart
from bot.app.check import free_mb
from bot.app.health import Health, Watched
from bot.app.metrics_port import collected, served_on_port
from bot.errors import StarlingError
from bot.settings import Settings
from bot.ui.pace import pace_of
from bot.work.metrics import ANSWERS, FAILURES, REGISTRY, TOKENS, WAITS_S


def _gauge(name: str, detail: str, *labels: str) -> Gauge:
    return Gauge(f"starling_{name}", detail, labels, registry=REGISTRY)


INFO = _gauge("info", "1, with what is in use in its labels.", "version", "chat_model", "recognizer", "voices")
CONNECTED = _gauge("gateway_connected", "Whether every shard is connected to Discord.")
DISCORD_LEFT = _gauge("discord_requests_left", "The share of Discord's limit for all requests that is left: 0 to 1.")
GUILDS = _gauge("guilds", "Servers that Starling is on.")
DATABASE_UP = _gauge("database_up", "Whether the database answered when it was last looked at.")
PART_UP = _gauge("part_up", "Whether chat, recognition or voice did what was wanted, the last time.", "part")
RUNNING = _gauge("queue_running", "Answers and transcripts that are being made.")
WAITING = _gauge("queue_waiting", "Those that wait for a place.")
LONGEST_WAIT = _gauge("queue_longest_wait_seconds", "How long the one that waits longest has waited.")
IN_A_ROW = _gauge("failures_in_a_row", "Answers that failed since one went well, where the host may have to see to it.")
LAST_ANSWER = _gauge("last_answer_timestamp_seconds", "When an answer last came to its end; 0: none yet.")
FREE_DISK = _gauge("disk_free_bytes", "What is free on the disk of the data folder.")
CHILDREN_MEMORY = _gauge("children_memory_bytes", "Memory of the processes that Starling has started: decoder, engine.")


@contextlib.contextmanager
def served_metrics(settings: Settings, watched: Watched, health: Health) -> Iterator[None]:
    """Serve the metrics while the block runs, if the settings ask for it.

    Raises:
        MetricsPortError: the port is taken.
    """
    if settings.metrics_port is not None:
        _connect(settings, watched, health)
    with contextlib.ExitStack() as stack:
        if watched.work is not None:
            stack.enter_context(collected(watched.work))
        stack.enter_context(served_on_port(settings))
        yield


def _connect(settings: Settings, watched: Watched, health: Health) -> None:
    """Make the gauges show the current values when they are read. A thread reads them, so each reads a single
    number."""
    outcomes, runner = watched.outcomes, watched.runner
    INFO.clear()
    INFO.labels(
        version("starling"),
        settings.chat_model or "demonstration",
        ", ".join(one.name for one in RECOGNIZERS.chosen(settings.stt_engine, settings)),
        ", ".join(one.name for one in ENGINES.chosen(settings.tts_engine, settings)),
    ).set(1)
    shown: dict[Gauge, Callable[[], float]] = {
        CONNECTED: lambda: health.is_connected,
        DISCORD_LEFT: lambda: 1.0 if (pace := pace_of(watched.bot.rest)) is None else pace.left,
        GUILDS: lambda: len(watched.bot.cache.get_guilds_view()),
        DATABASE_UP: lambda: health.is_database_up,
        RUNNING: lambda: runner.running,
        WAITING: lambda: runner.waiting,
        LONGEST_WAIT: lambda: runner.longest_wait_s,
        IN_A_ROW: lambda: outcomes.failures_in_a_row,
        LAST_ANSWER: lambda: 0 if outcomes.last_answer_at is None else outcomes.last_answer_at.timestamp(),
        FREE_DISK: lambda: free_mb(settings.data_folder) << 20,
        CHILDREN_MEMORY: _children_memory,
    }
    for gauge, shows in shown.items():
        gauge.set_function(shows)
    for part in AnswerPart:
        PART_UP.labels(part).set_function(lambda part=part: outcomes.broken(part) is None)  # type: ignore[misc]
    _begin_at_zero(settings.chat_model)


def _begin_at_zero(chat_model: str | None) -> None:
    """Create the series that are known in advance: Prometheus sees no increase in a series that begins with its first
    count, and would miss the first failures of a night."""
    for outcome in ("done", "failed", "cancelled"):
        ANSWERS.labels(outcome)
    for stage in ("queue", "transcript", "first_word", "answer"):
        WAITS_S.labels(stage)
    for direction in ("in", "out") if chat_model else ():
        TOKENS.labels(chat_model, direction)
    kinds = [StarlingError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    for name in {kind.__name__ for kind in kinds if kind.concerns_host}:
        FAILURES.labels(name, "host")


def _children_memory() -> float:
    total = 0
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += child.memory_info().rss
    return total
