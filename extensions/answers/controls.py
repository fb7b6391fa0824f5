"""The buttons Stop, Regenerate, Try again, Answer now and Continue."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.answering.asking import CommandAnswers
from bot.answering.service import AnswerService
from bot.answering.stoppable_tasks import StoppableTasks
from bot.ui.answer_buttons import AGAIN_ID, GO_ON_ASKED_ID, GO_ON_ID, STOP_ID, STOP_TASK_ID
from bot.ui.screen import ROW_ID, SNOWFLAKE, Screen

screen = Screen()


@screen.button(STOP_ID, state=ROW_ID)
async def stop(context: yuyo.components.Context, answers: alluka.Injected[AnswerService]) -> None:
    """Stop the answer that is being written.

    Raises:
        NotPermittedError: the person neither asked nor may manage messages.
        AnswerGoneError: it is not being written any more.
    """
    interaction = context.interaction
    await answers.stop(context.id_metadata, interaction)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)


@screen.button(STOP_TASK_ID)
async def stop_task(context: yuyo.components.Context, stoppable_tasks: alluka.Injected[StoppableTasks]) -> None:
    """Stop the transcription of a recording.

    Raises:
        NotPermittedError: the person neither asked nor may manage messages.
        TaskEndedError: it has already ended.
    """
    interaction = context.interaction
    stoppable_tasks.stop(context.id_metadata, interaction)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)


@screen.button(AGAIN_ID, state=ROW_ID)
async def again(context: yuyo.components.Context, answers: alluka.Injected[AnswerService]) -> None:
    """Have the question answered again.

    Raises:
        NotPermittedError: the person neither asked nor may manage messages.
        AnswerGoneError: the question is no longer known.
        JobQueueFullError: too many questions are waiting.
    """
    interaction = context.interaction
    # Acknowledged first, because the answer may be edited at once.
    await answers.require_theirs(context.id_metadata, interaction)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
    await answers.again(context.id_metadata)


@screen.button(GO_ON_ID, state=ROW_ID)
async def go_on(context: yuyo.components.Context, answers: alluka.Injected[AnswerService]) -> None:
    """Continue an answer that reached its length limit.

    Raises:
        NotPermittedError: the person neither asked nor may manage messages.
        AnswerGoneError: the answer is no longer known.
        JobQueueFullError: too many questions are waiting.
    """
    interaction = context.interaction
    await answers.require_theirs(context.id_metadata, interaction)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
    await answers.go_on(context.id_metadata)


@screen.button(GO_ON_ASKED_ID, state=SNOWFLAKE)
async def go_on_with_command(context: yuyo.components.Context, answers: alluka.Injected[CommandAnswers]) -> None:
    """Continue the answer to a command, in a message of its own.

    Raises:
        NotPermittedError: the person neither asked nor may manage messages.
        AnswerGoneError: the answer is no longer known.
    """
    await answers.go_on(context.interaction, int(context.id_metadata))
