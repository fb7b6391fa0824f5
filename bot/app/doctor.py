"""Checks of everything that Starling needs, each with a remedy."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from audio.errors import EngineNotConfiguredError, UnknownEngineError
from audio.recognition.device import LIBRARY_REMEDY, Device, chosen_device
from audio.recognition.recognizers import RECOGNIZERS
from audio.synthesis.engines import ENGINES
from audio.synthesis.festival import has_russian
from bot.app.chat import build_endpoint_model, build_further_endpoints, models_named_in
from bot.app.chat_watch import answers, remedy_for
from bot.app.check import Check, CheckResult, check_disk
from bot.app.shared_parts import require_shared_parts
from bot.app.speech import require_work_parts, work_bus
from bot.app.token import MisshapenTokenError, has_token_shape
from bot.app.work_watch import START_ONE, WHAT, described, has_workers
from bot.conversation.chat import ChatModel
from bot.conversation.models import not_listed
from bot.errors import StarlingError
from bot.settings import Settings, unknown_names
from bot.storage.database import Database
from bot.training.registry import TRAINERS
from bot.weights.catalogue import CATALOGUE
from bot.weights.needed import needed_models
from bot.weights.weights import WeightsCache
from bot.work.bus.queues import queue_states
from bot.work.shards import ShardShare

EMBEDDED_REMEDY = "Install the embedded parts: .venv/bin/pip install --editable '.[embedded]'"

GOMP_REMEDY = "It needs a library of the system. On Debian or Ubuntu: apt-get install libgomp1"


async def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which a newcomer would fix them."""
    return [check async for check in _checks(settings)]


async def _checks(settings: Settings) -> AsyncIterator[Check]:
    yield _token(settings)
    for note in unknown_names():
        yield Check("settings", CheckResult.WARNING, note)
    cache = WeightsCache(settings.models_folder)
    with contextlib.suppress(UnknownEngineError, EngineNotConfiguredError):  # reported below
        for name in needed_models(settings):
            yield await asyncio.to_thread(_weights, cache, name)
    if settings.work_url is None:
        for check in _speech(settings):
            yield check
    else:
        yield await _workers(settings, settings.work_url)
    yield await _chat(settings)
    async for check in _further_chats(settings):
        yield check
    async for check in _named_models(settings):
        yield check
    yield await _database(settings)
    for check in _gateways(settings):
        yield check
    async for check in _training(settings, cache):
        yield check
    yield check_disk("data folder", settings.data_folder)
    yield check_disk("models folder", settings.models_folder)


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
        device = chosen_device(Device(settings.whisper_device), settings.whisper_device_index)
    except StarlingError as error:
        return Check(what, CheckResult.BAD, str(error), LIBRARY_REMEDY)
    if device.obstacle:
        obstacle = f"runs on the {device.label}; a graphics card cannot be used: {device.obstacle}"
        return Check(what, CheckResult.WARNING, obstacle, LIBRARY_REMEDY)
    return Check(what, CheckResult.GOOD, f"runs on the {device.label}")


def _speech(settings: Settings) -> Iterator[Check]:
    """Check recognizers and voice engines, the preferred ones first, and what they lack."""
    for what, registry, choice in (
        ("recordings", RECOGNIZERS, settings.stt_engine),
        ("voices", ENGINES, settings.tts_engine),
    ):
        try:
            chosen = registry.chosen(choice, settings)
        except StarlingError as error:
            yield Check(what, CheckResult.BAD, str(error), "Fix it in the environment or in .env.")
            continue
        for one in chosen:
            where = f"the network ({one.recipient(settings)})" if one.recipient is not None else "this machine"
            if one.is_installed:
                yield Check(what, CheckResult.GOOD, f"{one.described(settings)}, on {where}")
            else:
                yield Check(what, CheckResult.WARNING, f"{one.label} is not installed", EMBEDDED_REMEDY)
    yield _russian_voice(settings)
    yield _speech_device(settings)
    if (check := _chat_engine()) is not None:
        yield check
    if settings.piper_voices is not None:
        yield _piper_voices(settings.piper_voices)


async def _workers(settings: Settings, url: str) -> Check:
    """Check whether workers can be reached, and whether there are any."""
    try:
        require_work_parts(settings)
        async with work_bus(settings, url) as bus:
            states = await queue_states(bus.connection)
            where = bus.connection.address
    except StarlingError as error:
        return Check(WHAT, CheckResult.BAD, str(error), "docs/scaling.md says what workers need.")
    detail = f"{where} is good for the work, {described(states)}"
    if has_workers(states):
        return Check(WHAT, CheckResult.GOOD, detail)
    return Check(WHAT, CheckResult.WARNING, f"{detail}; no worker is there", START_ONE)


def _russian_voice(settings: Settings) -> Check:
    """Check whether Russian has a better offline voice than eSpeak's, which is hard to understand."""
    what, voices = "Russian without a network", settings.piper_voices
    if voices is not None and any(voices.glob("ru_*.onnx")):
        return Check(what, CheckResult.GOOD, "a Piper voice")
    if has_russian():
        return Check(what, CheckResult.GOOD, "Festival's voice")
    remedy = "Put a ru_RU voice of Piper into PIPER_VOICES, or: apt-get install festival festvox-ru"
    return Check(what, CheckResult.WARNING, "eSpeak's voice alone, which is hard to understand", remedy)


def _chat_engine() -> Check | None:
    """What keeps the embedded model's engine from starting; None if nothing is found here."""
    what = "chat engine"
    try:
        importlib.import_module("xllamacpp")
    except ModuleNotFoundError:
        return Check(what, CheckResult.WARNING, "not installed", EMBEDDED_REMEDY)
    except ImportError as error:
        return Check(what, CheckResult.WARNING, f"cannot be loaded: {error}", GOMP_REMEDY)
    return None


def _piper_voices(folder: Path) -> Check:
    what, voices = "Piper voices", sorted(folder.glob("*.onnx"))
    lonely = [voice.name for voice in voices if not voice.with_suffix(".onnx.json").is_file()]
    if lonely or not voices:
        detail = f"{', '.join(lonely)} without .onnx.json" if lonely else f"no *.onnx in {folder}"
        return Check(what, CheckResult.BAD, detail, "Fix PIPER_VOICES or leave it empty.")
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
    return await _endpoint(what, build_endpoint_model(settings), "OPENAI_BASE_URL")


async def _further_chats(settings: Settings) -> AsyncIterator[Check]:
    """Check the endpoints of ``CHAT_ENDPOINTS``, each with its first model."""
    for endpoint in build_further_endpoints(settings):
        where = f"base_url of {endpoint.name} in CHAT_ENDPOINTS"
        yield await _endpoint(f"chat endpoint {endpoint.name}", endpoint.chat, where)


async def _named_models(settings: Settings) -> AsyncIterator[Check]:
    """Check the models that settings name, as far as their endpoints list their models."""
    named = models_named_in(settings)
    if not named:
        return
    further = build_further_endpoints(settings)
    chats = {one.name: one.chat for one in further if not one.models}
    if not settings.embedded_chat:
        chats[""] = build_endpoint_model(settings)
    listed = {one.name: list(one.models) for one in further}
    for name, chat in chats.items():
        with contextlib.suppress(StarlingError):  # reported above
            listed[name] = sorted({*await chat.names(), *filter(None, [chat.model])})
        await chat.close()
    for setting, names in named.items():
        for name, near in not_listed(names, listed).items():
            remedy = f"Check the name in {setting}. There are: {', '.join(near)}."
            yield Check(setting, CheckResult.BAD, f"its endpoint does not list {name}", remedy)


async def _endpoint(what: str, chat: ChatModel, address: str) -> Check:
    """Ask ``chat`` something short; if it has no model, it is enough that its endpoint lists some. ``address``: the
    setting that holds the endpoint's address."""
    try:
        await answers(chat)
    except StarlingError as error:
        remedy = await remedy_for(chat, address, error)
        return Check(what, CheckResult.BAD, str(error), remedy)
    finally:
        await chat.close()
    ways = chat.profile.differences()
    detail = f"{chat.model} at {chat.base_url} answers" if chat.model else f"{chat.base_url} lists its models"
    return Check(what, CheckResult.GOOD, f"{detail}; it {', '.join(ways)}" if ways else detail)


def _gateways(settings: Settings) -> Iterator[Check]:
    """Check this gateway's share; nothing if there is only one gateway."""
    if settings.gateways == 1:
        return
    share = ShardShare(settings.gateway, settings.gateways, settings.shards)
    try:
        require_shared_parts(settings, f"GATEWAYS={settings.gateways}")
    except StarlingError as error:
        yield Check("gateways", CheckResult.BAD, str(error))
        return
    own = len(share.shard_ids or ())
    detail = (
        f"this is number {settings.gateway} of 0 to {settings.gateways - 1}, with {own} of {settings.shards} shards"
    )
    yield Check("gateways", CheckResult.GOOD, detail)


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
        detail = str(where)
        if not one.is_installed:
            yield Check(what, CheckResult.GOOD, f"not {detail}, unless you run, in Starling's folder: {one.install}")
        elif not one.needs_network:
            yield Check(what, CheckResult.GOOD, detail)
        else:
            trainer = one.build(settings, cache)
            try:
                await trainer.check()
            except StarlingError as error:
                needed = " and ".join(name.upper() for name in one.needs)
                yield Check(what, CheckResult.BAD, str(error), f"Check {needed}, and the other settings beside it.")
            else:
                yield Check(what, CheckResult.GOOD, detail)
            finally:
                await trainer.close()
