"""The composition root: the one place where services are created and wired together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import hikari
import structlog

from bot.app.answering import Answering, build_answering
from bot.app.background import StartTask, background_tasks
from bot.app.catching_up import build_catch_up
from bot.app.chat import models_named_in
from bot.app.chat_watch import ChatWatch
from bot.app.connection import serve
from bot.app.discord_json import discord_json
from bot.app.foundation import Foundation
from bot.app.gateways import Duty, GatewayLocks, gateway_locks
from bot.app.health import Health, Watched
from bot.app.host_alert import HostAlert
from bot.app.learning import Learning, build_learning
from bot.app.metrics import served_metrics
from bot.app.screens import Screens
from bot.app.shared_parts import require_shared_parts
from bot.app.single_instance import only_one_on
from bot.app.speech import SpeechServices, build_speech, require_work_parts
from bot.app.stores import Stores, build_stores
from bot.app.work_watch import WorkWatch
from bot.privacy.retention import run_retention
from bot.settings import Settings
from bot.training.local.inference_priority import InferencePriority
from bot.ui.command_reply import respond
from bot.ui.error_report import report_error
from bot.ui.pace import Pace, keep_pace
from bot.usage.store import Clock
from bot.weights.weights import WeightsCache
from bot.work.bus.work_bus import WorkBus
from bot.work.invocations import Invocations, RestartingError
from bot.work.jobs import JobRunner
from bot.work.sealed import SealedProcesses
from bot.work.shards import ShardShare

log = structlog.get_logger()


MAX_PREPARED = 16
"""How many guilds, on average per gateway, have their corrections prepared for recall at the start; others are prepared
when somebody asks."""
COMMANDS_AT_ONCE = 2
"""How many commands one user may have running."""


def build_intents(settings: Settings) -> hikari.Intents:
    """The intents for guilds (their names and languages), for messages (where people talk to the bot) and, if the
    settings ask for it, for message content."""
    intents = hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.DM_MESSAGES
    return intents | hikari.Intents.MESSAGE_CONTENT if settings.message_content_intent else intents


class Starling:
    """One bot with all its services."""

    def __init__(
        self,
        settings: Settings,
        token: str,
        api_url: str | None,
        *,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        """``api_url``: another server that speaks Discord's REST API, with the version in the path; None for Discord's
        own.
        ``clock`` says which day it is for budgets."""
        self._settings = settings
        self._clock = clock
        self._identity = token, api_url
        self._share = ShardShare(settings.gateway, settings.gateways, settings.shards)
        self._bot = hikari.GatewayBot(
            token,
            rest_url=api_url,
            # By default hikari opens a connection for each request, which takes three round trips for TLS before it is
            # sent.
            http_settings=hikari.impl.HTTPSettings(force_close_transports=False),
            dumps=discord_json,
            intents=build_intents(settings),
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
        )
        keep_pace(self._bot, Pace(settings.discord_requests_per_s * self._share.fraction))
        inference_priority = InferencePriority(settings.inference_priority)
        self._invocations = Invocations(at_once=COMMANDS_AT_ONCE, during=inference_priority.held)
        self._runner = JobRunner(
            at_once=settings.answers_at_once, waiting=settings.answers_waiting, during=inference_priority.held
        )

    async def run(self, stop: asyncio.Event, ready: Callable[[hikari.OwnUser], None]) -> None:
        """Serve until ``stop`` is set; ``ready`` is called once Discord has said who we are.

        Raises:
            StarlingError: it cannot start, or the connection is closed for good.
        """
        settings, share = self._settings, self._share
        require_work_parts(settings)
        if not share.is_whole:
            require_shared_parts(settings, f"GATEWAYS={share.gateways}")
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(only_one_on(settings, *self._identity))
            weights, sealed = WeightsCache(settings.models_folder), SealedProcesses()
            base = Foundation(
                settings=settings, weights=weights, bot=self._bot, runner=self._runner, sealed=sealed,
                clock=self._clock, stack=stack,
            )  # fmt: skip
            stores = await build_stores(settings, stack, clock=self._clock, share=share)
            locks = await stack.enter_async_context(gateway_locks(share, stores.database))
            speech = await build_speech(settings, weights, stack, stores, self._bot.rest)
            answering = await build_answering(base, stores, speech)
            learning = build_learning(base, stores, answering)
            catch_up = build_catch_up(base, stores, answering, learning)
            parts = (stores, speech, answering, answering.chat, answering.rules, answering.notes, learning, catch_up)
            screens = Screens(self._bot, settings, self._invocations, answering, parts)
            start = await stack.enter_async_context(background_tasks())
            self._watch(base, stores, speech, answering, start)
            self._begin_to_forget(stores, learning, locks, start)
            stack.enter_context(screens.served())

            async def started() -> None:
                await self._take_up(stores, answering, learning)
                if locks is not None:
                    start(locks.alone(Duty.FOLLOWING_TRAININGS, learning.trainings.follow))
                start(answering.resumer.whenever_interrupted())
                start(catch_up.deletions.end_what_is_left())
                start(catch_up.missed.begin())
                me = self._bot.get_me()
                assert me is not None, "Discord says who we are before the first shard counts as started"
                ready(me)

            await serve(
                self._bot, screens.client, stop, load=screens.load, started=started,
                stopping=lambda: self._stop(speech.bus, settings.stop_timeout_s),
                aborting=lambda: self._stop(speech.bus, 0.0),
                share=share, locks=locks, watch=None if (held := locks or stores.lock) is None else held.watch,
            )  # fmt: skip

    def _begin_to_forget(
        self, stores: Stores, learning: Learning, locks: GatewayLocks | None, start: StartTask
    ) -> None:
        """Start deleting what has expired; of several gateways, one does it for all."""

        async def forget() -> None:
            retention = timedelta(days=self._settings.retention_days)
            await run_retention(learning.personal_data, stores.preferences.retention_days, retention)

        if locks is None:
            start(forget())
        else:
            start(locks.alone(Duty.FORGETTING, forget))

    def _watch(
        self, base: Foundation, stores: Stores, speech: SpeechServices, answering: Answering, start: StartTask
    ) -> None:
        """Start the health checks, and report them to the host, to ``starling health`` and to Prometheus."""
        chat = ChatWatch(answering.chat.models, answering.outcomes, models_named_in(base.settings))
        work = None if speech.bus is None else WorkWatch(speech.bus)
        watched = Watched(
            bot=self._bot, database=stores.database, runner=self._runner, outcomes=answering.outcomes, chat=chat,
            is_demonstration=answering.chat.chat.is_demonstration, work=work,
        )  # fmt: skip
        told = base.settings.data_folder / f"host-told{base.settings.of_gateway}.json"
        alert = HostAlert(self._bot.rest, answering.rules.locales, base.settings.owner_id, told)
        health = Health(watched, base.settings, alert)
        base.stack.enter_context(served_metrics(base.settings, watched, health))
        start(health.run())
        start(chat.run())
        if work is not None:
            start(work.run())

    async def _take_up(self, stores: Stores, answering: Answering, learning: Learning) -> None:
        """Resume what the last stop interrupted, and prepare what will be asked for."""
        self._runner.start()
        await answering.resumer.after_start()
        await answering.chat.serving.prepare()
        if self._share.is_whole:
            await learning.trainings.resume()
        for guild in await stores.corrections.taught_guilds(MAX_PREPARED * self._share.gateways):
            if self._share.owns(guild):
                answering.recall.prepare(guild)

    async def _stop(self, bus: WorkBus | None, timeout_s: float) -> None:
        """Give answers and commands in progress ``timeout_s`` to finish, then tell the users of unfinished commands.
        Tasks that workers have go on."""
        if bus is not None:
            bus.leave_running()
        _, late = await asyncio.gather(self._runner.stop(timeout_s), self._invocations.drain(timeout_s))
        for context in late:
            locale = str(context.interaction.locale)
            report = report_error(RestartingError(), locale, interaction=context.interaction.id)
            with contextlib.suppress(hikari.HTTPError):
                await respond(context, report.text, ephemeral=True)
