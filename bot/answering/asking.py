"""Questions that are asked by a command."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import hikari

from bot.answering.generator import AnswerGenerator
from bot.answering.hearings import Hearings
from bot.answering.remembering import Memory
from bot.answering.request import AnswerGoneError, AnswerRequest
from bot.answering.voice_notes import is_recording
from bot.preferences.choices import SpeakMode
from bot.ui.answer_buttons import hearing_row
from bot.ui.error_report import report_error
from bot.ui.graphemes import beginning
from bot.ui.permissions import ASKER, require_owner
from bot.ui.reply_target import InteractionTarget, ReplyGoneError
from bot.ui.splitting import MESSAGE_LIMIT
from bot.ui.streaming_reply import StreamingReply

_SHOWN = 300
"""Characters of what was asked that stand above the answer: Discord shows who called which command, not with what."""


async def ask(
    generator: AnswerGenerator,
    hearings: Hearings,
    interaction: hikari.CommandInteraction | hikari.ModalInteraction | hikari.ComponentInteraction,
    text: str,
    *,
    files: Sequence[hikari.Attachment] = (),
    about: hikari.Message | None = None,
    speak: SpeakMode | None = None,
    private: bool = False,
    continued: str = "",
    is_given: bool = False,
) -> None:
    """Answer ``text``, ``files`` or a question ``about`` a message, as the answer to ``interaction``, which was
    deferred; a button stops it for as long as it grows. What fails is told to the one who asked alone, with the
    question, and nothing else is left of it.

    ``continued``: what there is of the answer, which goes on from there. ``is_given``: see ``Exchange``.

    Raises:
        hikari.HTTPError: Discord refuses.
    """

    async def posted(_ids: tuple[int, ...]) -> None:
        """Nothing can take it up after a restart: whoever asks is told then."""

    guild = interaction.get_guild() if interaction.guild_id is not None else None
    hearing = contextlib.ExitStack()
    id_, stop = hearing.enter_context(hearings.running(interaction.user.id, interaction.channel_id))
    reply = StreamingReply(
        InteractionTarget(interaction, private=private),
        locale=str(interaction.locale),
        on_posted=posted,
        streaming_row=hearing_row(id_, str(interaction.locale)),
    )
    if (shown := " ".join(text.split())) and not continued:
        reply.heading = f"> 💬 {shown if len(shown) <= _SHOWN else f'{beginning(shown, _SHOWN)} …'}\n"
    request = AnswerRequest(
        asker=interaction.member or interaction.user,
        channel_id=interaction.channel_id,
        guild_id=interaction.guild_id,
        guild_name=None if guild is None else guild.name,
        text=text,
        recordings=tuple(filter(is_recording, files)),
        reply=reply,
        files=tuple(files),
        about=about,
        answers_long=True,
        speak=speak,
        is_direct=interaction.context is hikari.ApplicationContextType.BOT_DM,
        continued=continued,
        is_apart=bool(continued),
        remembered=not private,
        cancellation=stop,
        is_given=is_given,
    )
    try:
        with hearing:
            await generator.answer(request)
    except ReplyGoneError:
        return
    except Exception as error:
        report = report_error(error, reply.locale, user=int(interaction.user.id), channel=int(interaction.channel_id))
        with contextlib.suppress(hikari.NotFoundError):
            await (reply.withdraw() if reply.message_ids else interaction.delete_initial_response())
        # What takes the place of the promised answer would be as public as that.
        await interaction.execute(
            beginning(reply.heading, MESSAGE_LIMIT - len(report.text)) + report.text,
            flags=hikari.MessageFlag.EPHEMERAL, user_mentions=False, role_mentions=False, mentions_everyone=False,
        )  # fmt: skip


async def go_on_asked(
    generator: AnswerGenerator,
    hearings: Hearings,
    memory: Memory,
    interaction: hikari.ComponentInteraction,
    reply_id: int,
) -> None:
    """Let the answer that begins with the message ``reply_id`` go on, as the answer to ``interaction``: for those who
    saw the beginning.

    Raises:
        NotPermittedError: it is not theirs.
        AnswerGoneError: it is no longer known.
        hikari.HTTPError: Discord refuses.
    """
    exchange, is_private = await memory.of_reply(reply_id)
    if exchange is None or exchange.channel_id != interaction.channel_id:
        raise AnswerGoneError
    require_owner(interaction, exchange.user_id, ASKER)
    await interaction.create_initial_response(
        hikari.ResponseType.DEFERRED_MESSAGE_CREATE,
        flags=hikari.MessageFlag.EPHEMERAL if is_private else hikari.MessageFlag.NONE,
    )
    await ask(
        generator, hearings, interaction, exchange.prompt, speak=SpeakMode.NEVER, private=is_private,
        continued=exchange.reply,
    )  # fmt: skip
