"""Routing of forms (Discord's modals) to their handlers, with their errors reported like all others."""

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


class FormExpiredError(StarlingError):
    """Raised when someone submits a form that no code serves any more."""

    sentence = _("This form no longer works. Please open it again.")


class _Form(yuyo.modals.AbstractModal):
    __slots__ = ("_submitted",)

    def __init__(self, submitted: Handler) -> None:
        self._submitted = submitted

    async def execute(self, ctx: yuyo.modals.Context, /) -> None:
        await ctx.client.alluka.call_with_async_di(self._submitted, ctx)


class Forms(yuyo.ModalClient):
    """yuyo's modal client; a form whose handler fails, or that has none, is answered with a sentence."""

    __slots__ = ("_guard", "_handlers", "_invocations")

    def serve(self, handlers: Mapping[str, Handler], invocations: Invocations, guard: Guard) -> None:
        """Call the handler that ``handlers`` has for a custom id's text before the first colon, unless ``guard``
        refuses the interaction or the person has as many under way as ``invocations`` allows."""
        self._invocations, self._guard, self._handlers = invocations, guard, handlers
        for custom_id, handler in handlers.items():
            self.register_modal(custom_id, _Form(handler), timeout=None)

    async def on_gateway_event(self, event: hikari.InteractionCreateEvent, /) -> None:
        """Serve one submitted form."""
        interaction = event.interaction
        if not isinstance(interaction, hikari.ModalInteraction):
            return
        try:
            handler = self._handlers.get(interaction.custom_id.partition(":")[0])
            if handler is None or not is_served(handler, interaction.custom_id):
                raise FormExpiredError
            await self._guard(interaction)
            with self._invocations.held(interaction.user.id, interaction.custom_id.partition(":")[0]):
                await super().on_gateway_event(event)
        except Exception as error:
            await report_error_privately(interaction, error)


def texts_in(interaction: hikari.ModalInteraction) -> dict[str, str]:
    """What was typed into the fields of a form, by custom id, without surrounding whitespace."""
    return {
        str(field.custom_id): (field.value or "").strip() for row in interaction.components for field in row.components
    }


def text_row(
    custom_id: str,
    label: str,
    *,
    value: str = "",
    placeholder: str = "",
    max_chars: int = 4000,
    long: bool = True,
    required: bool = True,
) -> hikari.api.ModalActionRowBuilder:
    """One text field; ``label`` is cut to 45 characters, ``placeholder`` to 100 and ``value`` to ``max_chars``."""
    row = hikari.impl.ModalActionRowBuilder()
    return row.add_text_input(
        custom_id,
        label[:45],
        style=hikari.TextInputStyle.PARAGRAPH if long else hikari.TextInputStyle.SHORT,
        value=value[:max_chars] or hikari.UNDEFINED,
        placeholder=placeholder[:100] or hikari.UNDEFINED,
        required=required,
        max_length=max_chars,
    )
