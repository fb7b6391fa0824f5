"""Checks of what Starling needs, each with what to do."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import importlib.util
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from audio.errors import EngineNotConfiguredError, UnknownEngineError
from audio.recognition.device import LIBRARY_REMEDY, chosen_device
from audio.recognition.recognizers import RECOGNIZERS
from audio.synthesis.engines import ENGINES
from bot.app.token import MisshapenTokenError, has_token_shape
from bot.conversation.chat import ChatModel
from bot.errors import StarlingError
from bot.settings import OPENAI_URL, Settings, unknown_names
from bot.storage.database import Database
from bot.training.registry import TRAINERS
from bot.weights.needed import needed_models
from bot.weights.weights import CATALOGUE, WeightsCache

EMBEDDED_REMEDY = "Install the embedded parts: .venv/bin/pip install --editable '.[embedded]'"
FREE_WANTED_MB = 500
"""For the database and the models' cache."""


class CheckResult(enum.Enum):
    """How serious a check's result is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    finding: CheckResult
    told: str
    remedy: str = ""


async def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which a newcomer would mend them."""
    return [check async for check in _checks(settings)]


async def _checks(settings: Settings) -> AsyncIterator[Check]:
    yield _token(settings)
    for note in unknown_names():
        yield Check("settings", CheckResult.WARNING, note)
    cache = WeightsCache(settings.models_folder)
    with contextlib.suppress(UnknownEngineError, EngineNotConfiguredError):  # told of below
        for name in needed_models(settings):
            yield await asyncio.to_thread(_weights, cache, name)
    for check in _speech(settings):
        yield check
    yield await _chat(settings)
    yield await _database(settings)
    async for check in _training(settings, cache):
        yield check
    yield _disk("data folder", settings.data_folder)
    yield _disk("models folder", settings.models_folder)


def _token(settings: Settings) -> Check:
    what = "Discord token"
    if settings.discord_token is None:
        return Check(
            what,
            CheckResult.WARNING,
            "not set, so Starling runs in the sandbox on this machine",
            "To connect to Discord, put DISCORD_TOKEN=... into .env; the README says where to get it.",
        )
    if has_token_shape(settings.discord_token.get_secret_value()):
        return Check(what, CheckResult.GOOD, "has the shape of a token")
    return Check(
        what,
        CheckResult.BAD,
        str(MisshapenTokenError()),
    )


def _weights(cache: WeightsCache, name: str) -> Check:
    what = f"model {name}"
    try:
        cache.verified(name)
    except StarlingError as error:
        return Check(what, CheckResult.BAD, str(error), f"Run: starling models fetch {name}")
    return Check(what, CheckResult.GOOD, f"here and verified ({CATALOGUE[name].purpose})")


def _speech_device(settings: Settings) -> Check:
    """Where the speech model runs."""
    what = "speech model"
    try:
        device = chosen_device(settings.whisper_device, settings.whisper_device_index)
    except StarlingError as error:
        return Check(what, CheckResult.BAD, str(error), LIBRARY_REMEDY)
    if device.obstacle:
        obstacle = f"runs on the {device.label}; a graphics card cannot be used: {device.obstacle}"
        return Check(what, CheckResult.WARNING, obstacle, LIBRARY_REMEDY)
    return Check(what, CheckResult.GOOD, f"runs on the {device.label}")


def _speech(settings: Settings) -> Iterator[Check]:
    """What hears and what speaks, the preferred first, and what is missing for it."""
    for what, registry, choice in (
        ("recordings", RECOGNIZERS, settings.stt_engine),
        ("voices", ENGINES, settings.tts_engine),
    ):
        try:
            chosen = registry.chosen(choice, settings)
        except StarlingError as error:
            yield Check(what, CheckResult.BAD, str(error), "Mend it in the environment or in .env.")
            continue
        for one in chosen:
            where = f"the network ({one.recipient(settings)})" if one.recipient is not None else "this machine"
            if one.is_installed:
                yield Check(what, CheckResult.GOOD, f"{one.described(settings)}, on {where}")
            else:
                yield Check(what, CheckResult.WARNING, f"{one.label} is not installed", EMBEDDED_REMEDY)
    yield _speech_device(settings)
    if importlib.util.find_spec("xllamacpp") is None:
        yield Check("chat engine", CheckResult.WARNING, "not installed", EMBEDDED_REMEDY)
    if settings.piper_voices is not None:
        yield _piper_voices(settings.piper_voices)


def _piper_voices(folder: Path) -> Check:
    what, voices = "Piper voices", sorted(folder.glob("*.onnx"))
    lonely = [voice.name for voice in voices if not voice.with_suffix(".onnx.json").is_file()]
    if lonely or not voices:
        told = f"{', '.join(lonely)} without .onnx.json" if lonely else f"no *.onnx in {folder}"
        return Check(what, CheckResult.BAD, told, "Mend PIPER_VOICES or leave it empty.")
    return Check(what, CheckResult.GOOD, f"{len(voices)} in {folder}")


async def _chat(settings: Settings) -> Check:
    what = "chat model"
    if settings.embedded_chat:
        return Check(
            what,
            CheckResult.WARNING,
            "the embedded demonstration model answers, and is often wrong",
            "For good answers set OPENAI_BASE_URL or OPENAI_API_KEY, and CHAT_MODEL.",
        )
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    url = settings.openai_base_url or OPENAI_URL
    chat = ChatModel(url, key, settings.chat_model or "", timeout_s=10, max_reply_tokens=16, context_tokens=0)
    try:
        await chat.check()
    except StarlingError as error:
        return Check(what, CheckResult.BAD, str(error), "Check OPENAI_BASE_URL, OPENAI_API_KEY and CHAT_MODEL.")
    finally:
        await chat.close()
    return Check(what, CheckResult.GOOD, f"{settings.chat_model} at {url}")


async def _database(settings: Settings) -> Check:
    what = "database"
    try:
        database = await Database.open(settings.database)
    except StarlingError as error:
        return Check(what, CheckResult.BAD, str(error), "Check DATABASE_URL, or DATA_FOLDER and its permissions.")
    await database.close()
    return Check(what, CheckResult.GOOD, "opens, and its tables are up to date")


async def _training(settings: Settings, cache: WeightsCache) -> AsyncIterator[Check]:
    for one in TRAINERS.all().values():
        if not one.is_configured(settings):
            continue
        what, where = f"trainer {one.name}", one.label(settings)
        told = str(where)
        if not one.is_installed:
            yield Check(what, CheckResult.GOOD, f"not {told}, unless you run, in Starling's folder: {one.install}")
        elif not one.needs_network:
            yield Check(what, CheckResult.GOOD, told)
        else:
            trainer = one.build(settings, cache)
            try:
                await trainer.check()
            except StarlingError as error:
                needed = " and ".join(name.upper() for name in one.needs)
                yield Check(what, CheckResult.BAD, str(error), f"Check {needed}, and the other settings beside it.")
            else:
                yield Check(what, CheckResult.GOOD, told)
            finally:
                await trainer.close()


def _disk(what: str, folder: Path) -> Check:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free_mb = shutil.disk_usage(existing).free >> 20
    if free_mb < FREE_WANTED_MB:
        return Check(
            what, CheckResult.BAD, f"{free_mb} MB free in {folder}", f"Free at least {FREE_WANTED_MB} MB there."
        )
    return Check(what, CheckResult.GOOD, f"{free_mb:,} MB free in {folder}")
