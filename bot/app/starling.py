"""The composition root: the one place where services are made and joined."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import hikari
import lightbulb
import structlog

import extensions
from bot.app.answering import build_answering
from bot.app.chat_watch import ChatWatch
from bot.app.connection import serve
from bot.app.health import Health, Watched
from bot.app.host_alert import HostAlert
from bot.app.learning import build_learning
from bot.app.loading import load
from bot.app.metrics import served_metrics
from bot.app.services import Services
from bot.app.single_instance import only_one_on
from bot.app.speech import build_speech
from bot.app.stores import build_stores
from bot.i18n.translation import localizations
from bot.privacy.retention import run_retention
from bot.settings import Settings
from bot.training.local.inference_priority import InferencePriority
from bot.ui.access import InteractionAccess
from bot.ui.command_reply import respond
from bot.ui.component_router import Buttons
from bot.ui.error_report import report_error
from bot.ui.modal_router import Forms
from bot.usage.store import Clock
from bot.weights.weights import WeightsCache
from bot.work.invocations import Invocations, RestartingError
from bot.work.jobs import JobRunner
from bot.work.sealed import SealedProcesses

log = structlog.get_logger()


MAX_PREPARED = 16
"""Guilds whose corrections are made ready to be recalled at the start: others are when somebody asks."""
COMMANDS_AT_ONCE = 2
"""Commands that one user may have running."""


def build_intents(settings: Settings) -> hikari.Intents:
    """Guilds for their names and languages, and messages where people talk to the bot."""
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
        """``api_url``: another server that speaks Discord's REST API, with the version in the path; or None.
        ``clock`` says which day it is for budgets."""
        self._settings = settings
        self._clock = clock
        self._identity = token, api_url
        self._bot = hikari.GatewayBot(
            token,
            rest_url=api_url,
            intents=build_intents(settings),
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
        )
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
        settings, cache = self._settings, WeightsCache(self._settings.models_folder)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(only_one_on(settings.data_folder, *self._identity))
            stores = await build_stores(settings, stack, clock=self._clock)
            speech = await build_speech(settings, cache, stack, stores)
            sealed = SealedProcesses()
            answering = await build_answering(
                settings, cache, stack, stores, speech, sealed, self._bot, self._runner, clock=self._clock
            )
            learning = build_learning(settings, cache, stack, stores, answering, sealed, self._bot.rest)
            guard = InteractionAccess(answering.access, self._bot.cache)
            client = lightbulb.client_from_app(
                self._bot,
                localization_provider=localizations,
                hooks=[*self._invocations.hooks, guard.hook, *answering.locales.hooks],
            )
            services = Services(client, settings)
            for part in (stores, speech, answering, learning):
                services.provide_fields(part)
            buttons = Buttons.from_gateway_bot(self._bot, alluka=services.container, event_managed=False)
            forms = Forms.from_gateway_bot(self._bot, alluka=services.container, event_managed=False)

            async def load_extensions() -> None:
                loaded = await load(client, extensions)
                services.make(loaded.services)
                services.require_for(loaded)
                buttons.serve(loaded.buttons, self._invocations, guard.require)
                forms.serve(loaded.forms, self._invocations, guard.require)

            async def started() -> None:
                me = self._bot.get_me()
                assert me is not None, "Discord says who we are before the first shard counts as started"
                self._runner.start()
                await answering.answers.resume()
                await answering.transcripts.resume()
                await answering.serving.prepare()
                await learning.trainings.resume()
                background.append(asyncio.create_task(answering.missed.begin()))
                for guild in await stores.corrections.taught_guilds(MAX_PREPARED):
                    answering.recall.prepare(guild)
                ready(me)

            watch = ChatWatch(answering.models, answering.outcomes)
            watched = Watched(
                bot=self._bot, database=stores.database, runner=self._runner, outcomes=answering.outcomes, chat=watch,
                is_demonstration=answering.chat.is_demonstration,
            )  # fmt: skip
            alert = HostAlert(self._bot.rest, answering.locales, settings.owner_id)
            health = Health(watched, settings, alert)
            stack.enter_context(served_metrics(settings, watched, health))
            retention = timedelta(days=settings.retention_days)
            background: list[asyncio.Task[None]] = [
                asyncio.create_task(health.run()),
                asyncio.create_task(watch.run()),
                asyncio.create_task(
                    run_retention(learning.personal_data, stores.preferences.retention_days, retention)
                ),
            ]
            buttons.open()
            forms.open()
            try:
                await serve(self._bot, client, stop, load=load_extensions, started=started, stopping=self._stop)
            finally:
                buttons.close()
                forms.close()
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)

    async def _stop(self) -> None:
        """Let what runs come to its end, for as long as the settings say; then tell those who wait."""
        timeout_s = self._settings.stop_timeout_s
        _, late = await asyncio.gather(self._runner.stop(timeout_s), self._invocations.drain(timeout_s))
        for context in late:
            locale = str(context.interaction.locale)
            report = report_error(RestartingError(), locale, interaction=int(context.interaction.id))
            with contextlib.suppress(hikari.HTTPError):
                await respond(context, report.text, ephemeral=True)
