"""A worker: transcribes and speaks what gateways ask for through NATS, and knows neither Discord's token nor the
database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack

import psutil
import structlog

from audio.recognition.device import Device, chosen_device
from bot.app.background import background_tasks
from bot.app.garbage_collection import freeze_and_resume_garbage_collection
from bot.app.metrics_port import collected, served_on_port
from bot.app.speech_engines import build_recognizer, build_synthesizer
from bot.app.worker_health import WorkerHealth, WorkerMetrics
from bot.settings import Settings, read_settings
from bot.settings.errors import EXAMPLES, SettingsError
from bot.speech.file_hosts import FileHosts
from bot.speech.handlers import HearHandler, SpeakHandler
from bot.training.local.inference_priority import InferencePriority
from bot.weights.weights import WeightsCache
from bot.work.bus.work_request import Handler, Lane, Progress, WorkKind
from bot.work.bus.work_server import WorkServer

log = structlog.get_logger()

TASKS_A_CORE = 4
"""More than one per core, because recordings that wait together are transcribed in batches."""


def read_worker_settings(**given: object) -> Settings:
    """Read the settings, without those that a worker must not know, whatever the environment says.

    Raises:
        SettingsError, SettingsFileError: as ``read_settings``; or WORK_URL is not set.
    """
    unknown = dict.fromkeys(("discord_token", "database_url", "openai_base_url", "openai_api_key"))
    unknown |= {"training_base_url": None, "training_api_key": None, "judge_model": None, "chat_model": None}
    nothing = {"chat_endpoints": (), "chat_headers": {}, "gateways": 1, "gateway": 0}
    settings = read_settings(**unknown, **nothing, **given)
    if settings.work_url is None:
        raise SettingsError("WORK_URL", f"a worker needs it (such as WORK_URL={EXAMPLES['work_url']})")
    return settings


async def run_worker(settings: Settings, stop: asyncio.Event, tell: Callable[[str], None]) -> None:
    """Process tasks until ``stop`` is set; those in progress then have ``STOP_TIMEOUT_S`` to finish, and unfinished
    ones go to another worker.

    Raises:
        StarlingError: weights are missing or broken, no engine can be loaded, or NATS cannot be used.
    """
    assert settings.work_url is not None, "read_worker_settings sees to it"
    async with AsyncExitStack() as stack:
        handlers = await _handlers(settings, stack)
        at_once = settings.work_at_once or TASKS_A_CORE * (os.cpu_count() or 1)
        server = WorkServer(settings.work_url, handlers, at_once=at_once, drain_s=settings.stop_timeout_s)
        health = WorkerHealth(server, settings)
        stack.enter_context(collected(WorkerMetrics(server)))
        stack.enter_context(served_on_port(settings))
        start = await stack.enter_async_context(background_tasks())
        start(health.run())
        freeze_and_resume_garbage_collection()
        await server.serve(stop, ready=lambda: _tell_ready(server, settings, at_once, tell))
    tell("Stopped.")


async def _handlers(settings: Settings, stack: AsyncExitStack) -> dict[WorkKind, Handler]:
    """A handler for each kind of task, with its models loaded."""
    cache, handlers = WeightsCache(settings.models_folder), dict[WorkKind, Handler]()
    if WorkKind.HEAR in settings.work_kinds:
        recognizer = await asyncio.to_thread(build_recognizer, settings, cache)
        stack.push_async_callback(recognizer.close)
        await recognizer.load()
        hosts = FileHosts(settings.discord_api_url)
        handlers[WorkKind.HEAR] = HearHandler(recognizer, hosts, limit_bytes=settings.max_audio_bytes)
    if WorkKind.SPEAK in settings.work_kinds:
        synthesizer = await asyncio.to_thread(build_synthesizer, settings, cache)
        stack.push_async_callback(synthesizer.close)
        await synthesizer.load()
        handlers[WorkKind.SPEAK] = SpeakHandler(synthesizer)
    priority = InferencePriority(settings.inference_priority)
    return {kind: _going_first(handler, priority) for kind, handler in handlers.items()}


def _going_first(handler: Handler, priority: InferencePriority) -> Handler:
    """``handler``, during whose work trainings on this machine pause."""

    async def handle(body: bytes, tell: Progress) -> bytes:
        with priority.held():
            return await handler(body, tell)

    return handle


def _tell_ready(server: WorkServer, settings: Settings, at_once: int, tell: Callable[[str], None]) -> None:
    log.info(
        "the worker is ready",
        kinds=list(settings.work_kinds),
        device=chosen_device(Device(settings.whisper_device), settings.whisper_device_index).label,
        lanes=[str(lane) for lane in Lane],
        at_once=at_once,
        nats=server.connection.address,
        memory_mib=int(psutil.Process().memory_info().rss) >> 20,
    )
    tell(f"The worker is ready: it takes {' and '.join(settings.work_kinds)} from {server.connection.address}")
