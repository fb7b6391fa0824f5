"""The buttons Stop, Answer anew and Try again."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.answering.service import Inbox


async def stop(context: yuyo.components.Context, inbox: alluka.Injected[Inbox]) -> None:
    """Let the answer end here.

    Raises:
        NotTheAskerError: it is not theirs.
        AnswerGoneError: it is complete already.
    """
    interaction = context.interaction
    await inbox.stop(context.id_metadata, interaction.member or interaction.user)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)


async def again(context: yuyo.components.Context, inbox: alluka.Injected[Inbox]) -> None:
    """Have the question answered anew.

    Raises:
        NotTheAskerError: it is not theirs.
        AnswerGoneError: the question is no longer known.
        JobQueueFullError: too many wait.
    """
    interaction = context.interaction
    # Acknowledged first: the answer may be edited at once.
    await inbox.require_theirs(context.id_metadata, interaction.member or interaction.user)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
    await inbox.again(context.id_metadata)
