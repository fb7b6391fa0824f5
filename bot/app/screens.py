"""Commands, buttons and forms: what they are given, and when they are served."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import hikari
import lightbulb

import extensions
from bot.app.answering import Answering
from bot.app.loading import load
from bot.app.services import Services
from bot.i18n.translation import localizations
from bot.settings import Settings
from bot.ui.access import InteractionAccess
from bot.ui.component_router import Buttons
from bot.ui.modal_router import Forms
from bot.work.invocations import Invocations


class Screens:
    """Everything that ``extensions`` declares, connected to one bot."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        settings: Settings,
        invocations: Invocations,
        answering: Answering,
        parts: Sequence[object],
    ) -> None:
        """``parts``: dataclasses of services, which are injected into handlers by type. Of several gateways, only the
        first registers the commands with Discord; they are the same for all."""
        self._invocations = invocations
        self._guard = InteractionAccess(answering.rules.access, bot.cache)
        self.client = lightbulb.client_from_app(
            bot,
            localization_provider=localizations,
            sync_commands=settings.gateway == 0,
            hooks=[*invocations.hooks, self._guard.hook, *answering.rules.locales.hooks],
        )
        """The client for commands; whoever starts and stops the bot starts and stops it as well."""
        self._services = Services(self.client, settings)
        for part in parts:
            self._services.provide_fields(part)
        container = self._services.container
        self._buttons = Buttons.from_gateway_bot(bot, alluka=container, event_managed=False)
        self._forms = Forms.from_gateway_bot(bot, alluka=container, event_managed=False)

    async def load(self) -> None:
        """Load every extension.

        Raises:
            BrokenExtensionError: an extension cannot be loaded.
            MissingServiceError: an extension needs a service that nothing provides.
        """
        loaded = await load(self.client, extensions)
        self._services.make(loaded.services)
        self._services.require_for(loaded)
        self._buttons.serve(loaded.buttons, self._invocations, self._guard.require)
        self._forms.serve(loaded.forms, self._invocations, self._guard.require)

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Serve buttons and forms while the block runs."""
        self._buttons.open()
        self._forms.open()
        try:
            yield
        finally:
            self._buttons.close()
            self._forms.close()
