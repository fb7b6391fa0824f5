"""Asking about anyone's message: a form for the question, and the answer."""

from __future__ import annotations

import alluka
import hikari
import lightbulb
import yuyo
from cachetools import TTLCache

from bot.answering.asking import CommandAnswers, CommandQuestion
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.command_reply import locale_of
from bot.ui.deferred_reply import defer
from bot.ui.modal_router import text_row, texts_in
from bot.ui.screen import SNOWFLAKE, Screen

screen = Screen()

FORM_ID = "ask-about"
TITLE = _("Ask about this message")
QUESTION = _("Your question")
EXAMPLE = _("What does this mean?")

_MOST, _KEPT_S = 1000, 900.0


class MessageGoneError(StarlingError):
    """Raised when the message that a question is about cannot be read any more."""

    sentence = _("I can no longer read that message. Please choose Ask about this again.")


@screen.service
class AskedAbout:
    """Keeps the messages that open forms are about: where only a user has installed Starling, it cannot read them a
    second time."""

    def __init__(self) -> None:
        self._messages: TTLCache[int, hikari.Message] = TTLCache(_MOST, _KEPT_S)

    async def open(self, context: lightbulb.Context, message: hikari.Message) -> None:
        """Open the form in which the caller writes what they want to know about ``message``."""
        self._messages[message.id] = message
        locale = locale_of(context)
        row = text_row("question", translate(QUESTION, locale), placeholder=translate(EXAMPLE, locale))
        await context.respond_with_modal(
            translate(TITLE, locale), f"{FORM_ID}:{message.channel_id}:{message.id}", components=[row]
        )

    async def message(self, rest: hikari.api.RESTClient, channel: int, id_: int) -> hikari.Message:
        """
        Raises:
            MessageGoneError: the message is not kept any more and cannot be read.
        """
        if id_ in self._messages:
            return self._messages[id_]
        try:
            return await rest.fetch_message(channel, id_)
        except (hikari.NotFoundError, hikari.ForbiddenError) as error:
            raise MessageGoneError from error


@screen.form(FORM_ID, state=f"{SNOWFLAKE}:{SNOWFLAKE}")
async def answer(
    context: yuyo.modals.Context,
    answers: alluka.Injected[CommandAnswers],
    asked_about: alluka.Injected[AskedAbout],
) -> None:
    """Answer the question in the form.

    Raises:
        MessageGoneError: the message cannot be read any more, or is in another channel.
        StarlingError: see ``CommandAnswers.answer``.
    """
    interaction = context.interaction
    channel, _colon, message_id = context.id_metadata.partition(":")
    if channel != str(interaction.channel_id):
        raise MessageGoneError
    await defer(interaction)
    message = await asked_about.message(interaction.app.rest, int(channel), int(message_id))
    await answers.answer(interaction, CommandQuestion(texts_in(interaction)["question"], about=message))
