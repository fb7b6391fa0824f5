"""Routing of buttons and selects to their handlers, with their errors reported like all others."""

from __future__ import annotations

from collections.abc import Mapping

import hikari
import yuyo

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.access import Guard
from bot.ui.private_reply import report_error_privately
from bot.ui.screen import Handler, is_served
from bot.work.invocations import Invocations


class ButtonExpiredError(StarlingError):
    """Raised when someone uses a button that no code serves any more."""

    sentence = _("This button no longer works. Please ask me again.")


class Buttons(yuyo.ComponentClient):
    """yuyo's component client; a callback that fails, or a button without a handler, is answered with a sentence."""

    __slots__ = ("_guard", "_handlers", "_invocations")

    def serve(self, handlers: Mapping[str, Handler], invocations: Invocations, guard: Guard) -> None:
        """Call the handler that ``handlers`` has for a custom id's text before the first colon, unless ``guard``
        refuses the interaction or the person has as many under way as ``invocations`` allows."""
        self._invocations, self._guard, self._handlers = invocations, guard, handlers
        for custom_id, handler in handlers.items():
            self.register_executor(yuyo.components.SingleExecutor(custom_id, handler), timeout=None)

    async def on_gateway_event(self, event: hikari.InteractionCreateEvent, /) -> None:
        """Serve one use of a button or a select."""
        interaction = event.interaction
        if not isinstance(interaction, hikari.ComponentInteraction):
            return
        # yuyo would delete an expired executor of a message twice, which raises and answers nobody.
        if (entry := self._message_executors.get(interaction.message.id)) and entry[0].has_expired:
            del self._message_executors[interaction.message.id]
        handler = self._handlers.get(interaction.custom_id.partition(":")[0])
        try:
            if handler is None and interaction.message.id not in self._message_executors:
                raise ButtonExpiredError
            if handler is not None and not is_served(handler, interaction.custom_id, interaction.values):
                raise ButtonExpiredError
            await self._guard(interaction)
            with self._invocations.held(interaction.user.id, interaction.custom_id.partition(":")[0]):
                await super().on_gateway_event(event)
        except Exception as error:
            await report_error_privately(interaction, error)
