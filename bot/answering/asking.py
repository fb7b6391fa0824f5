"""Questions that are asked with a command, a form or a button; the response to the interaction is the answer."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import hikari

from bot.answering.generator import AnswerGenerator
from bot.answering.remembering import Memory
from bot.answering.request import AnswerGoneError, AnswerRequest, MessageSource
from bot.answering.stoppable_tasks import StoppableTasks
from bot.answering.voice_notes import is_recording
from bot.preferences.choices import SpeakMode
from bot.ui.answer_buttons import stop_row
from bot.ui.deferred_reply import defer, follow_up
from bot.ui.error_report import report_error
from bot.ui.graphemes import beginning
from bot.ui.permissions import ASKER, require_owner
from bot.ui.reply_target import InteractionTarget, ReplyGoneError
from bot.ui.splitting import MESSAGE_LIMIT
from bot.ui.streaming_reply import StreamingReply
from bot.work.cancellation import CancellationToken

_SHOWN = 300
"""How many characters of the question are shown above the answer: Discord shows who used which command, but not its
arguments."""

AskingInteraction = hikari.CommandInteraction | hikari.ModalInteraction | hikari.ComponentInteraction


@dataclass(frozen=True, slots=True)
class CommandQuestion:
    """The question of an interaction."""

    text: str
    files: tuple[hikari.Attachment, ...] = ()
    about: hikari.Message | None = None
    """A message that the question is about."""
    speak: SpeakMode | None = None
    """When to speak, if the question specified it."""
    is_private: bool = False
    """Whether only the asker sees the answer."""
    continued: str = ""
    """The existing text of the answer, which is to be continued."""
    is_given: bool = False
    """See ``Exchange``."""
    source: MessageSource | None = None
    """The message that is answered."""

    @property
    def heading(self) -> str:
        """The question as it is quoted above the answer."""
        shown = " ".join(self.text.split())
        if not shown or self.continued:
            return ""
        return f"> 💬 {shown if len(shown) <= _SHOWN else f'{beginning(shown, _SHOWN)} …'}\n"


class CommandAnswers:
    """Answers interactions. Such an answer is not resumed after a restart; the asker is told so then."""

    def __init__(self, generator: AnswerGenerator, stoppable_tasks: StoppableTasks, memory: Memory) -> None:
        self._generator = generator
        self._stoppable_tasks = stoppable_tasks
        self._memory = memory

    async def answer(self, interaction: AskingInteraction, question: CommandQuestion) -> None:
        """Answer ``interaction``, which was deferred, with a stop button for as long as the answer grows. An error is
        reported to the asker alone, together with the question, and nothing else is left of the answer.

        Raises:
            hikari.HTTPError: Discord refuses.
        """
        with self._stoppable_tasks.running(interaction.user.id, interaction.channel_id) as (id_, stop):
            reply = _reply(interaction, question, id_)
            try:
                await self._generator.answer(_request(interaction, question, reply, stop))
                return
            except ReplyGoneError:
                return
            except Exception as error:
                failure = error
        await _take_back(interaction, reply, failure)

    async def go_on(self, interaction: hikari.ComponentInteraction, reply_id: int) -> None:
        """Continue the answer that begins with the message ``reply_id``, as the response to ``interaction``: visible to
        those who saw the beginning.

        Raises:
            NotPermittedError: the answer belongs to someone else.
            AnswerGoneError: it is no longer known.
            hikari.HTTPError: Discord refuses.
        """
        exchange, is_private = await self._memory.of_reply(reply_id)
        if exchange is None or exchange.channel_id != interaction.channel_id:
            raise AnswerGoneError
        require_owner(interaction, exchange.user_id, ASKER)
        await defer(interaction, ephemeral=is_private)
        is_of_message = exchange.prompt_message_id != exchange.reply_message_id
        question = CommandQuestion(
            exchange.prompt,
            speak=SpeakMode.NEVER,
            is_private=is_private,
            continued=exchange.reply,
            source=MessageSource(exchange.prompt_message_id, exchange.said_by) if is_of_message else None,
        )
        await self.answer(interaction, question)


async def _unstored(_ids: tuple[int, ...]) -> None:
    """Does nothing: such an answer cannot be resumed."""


def _reply(interaction: AskingInteraction, question: CommandQuestion, task: str) -> StreamingReply:
    reply = StreamingReply(
        InteractionTarget(interaction, private=question.is_private),
        locale=str(interaction.locale),
        on_posted=_unstored,
        streaming_row=stop_row(task, str(interaction.locale)),
    )
    reply.heading = question.heading
    return reply


def _request(
    interaction: AskingInteraction, question: CommandQuestion, reply: StreamingReply, stop: CancellationToken
) -> AnswerRequest:
    guild = interaction.get_guild() if interaction.guild_id is not None else None
    return AnswerRequest(
        asker=interaction.member or interaction.user,
        channel_id=interaction.channel_id,
        guild_id=interaction.guild_id,
        guild_name=None if guild is None else guild.name,
        text=question.text,
        recordings=tuple(filter(is_recording, question.files)),
        reply=reply,
        files=question.files,
        about=question.about,
        answers_long=True,
        speak=question.speak,
        is_direct=interaction.context is hikari.ApplicationContextType.BOT_DM,
        continued=question.continued,
        is_apart=bool(question.continued),
        remembered=not question.is_private,
        cancellation=stop,
        is_given=question.is_given,
        answered=question.source,
    )


async def _take_back(interaction: AskingInteraction, reply: StreamingReply, error: Exception) -> None:
    """Delete the answer, and tell the asker why."""
    report = report_error(error, reply.locale, user=interaction.user.id, channel=interaction.channel_id)
    with contextlib.suppress(hikari.NotFoundError):
        await (reply.withdraw() if reply.message_ids else interaction.delete_initial_response())
    # A message in place of the deferred response would be as public as that response.
    text = beginning(reply.heading, MESSAGE_LIMIT - len(report.text)) + report.text
    await follow_up(interaction, text, ephemeral=True)
