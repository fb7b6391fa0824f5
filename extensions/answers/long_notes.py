"""The buttons below the summary of a long voice note."""

from __future__ import annotations

import contextlib

import alluka
import hikari
import yuyo

from audio import SpeechSynthesizer, Transcript, subrip, webvtt
from bot.answering.asking import CommandAnswers, CommandQuestion
from bot.answering.translating import Translator
from bot.i18n.translation import language_of
from bot.preferences.voices import ChosenVoices
from bot.ui import voice_message
from bot.ui.bounded_download import LinkExpiredError
from bot.ui.deferred_reply import defer
from bot.ui.long_note import ALOUD_ID, ANSWER_ID, FILE_NAME, TEXT_ID, TRANSLATE_ID, segments_of, summary_in, words_of
from bot.ui.private_reply import private_text
from bot.ui.screen import Screen
from bot.ui.text_files import read_text_file
from bot.usage.budgets import Budgets

screen = Screen()

MAX_SUBTITLED = 4
"""The most recordings of one card for which subtitles are given: Discord accepts ten files."""


async def _transcript(interaction: hikari.ComponentInteraction) -> str:
    """The transcript in the card's file.

    Raises:
        LinkExpiredError: it is not there any more.
    """
    for attachment in interaction.message.attachments:
        if attachment.filename == FILE_NAME:
            return await read_text_file(attachment)
    raise LinkExpiredError


@screen.button(TEXT_ID)
async def whole(context: yuyo.components.Context) -> None:
    """Give the transcript as text and as subtitles, which only the person who asks can see.

    Raises:
        StarlingError: the file is gone.
    """
    interaction = context.interaction
    await defer(interaction, ephemeral=True)
    text = await _transcript(interaction)
    recordings = segments_of(text)[:MAX_SUBTITLED]
    forms = {"transcript.txt": words_of(text)}
    for number, segments in enumerate(recordings, 1):
        timed = Transcript("", None, 0.0, segments[-1].end_s, segments)
        name = "transcript" if len(recordings) == 1 else f"transcript-{number}"
        forms |= {f"{name}.srt": subrip(timed), f"{name}.vtt": webvtt(timed)}
    files = [hikari.Bytes(body.encode(), name, "text/plain; charset=utf-8") for name, body in forms.items() if body]
    await interaction.edit_initial_response(attachments=files)


@screen.button(ANSWER_ID)
async def answer(context: yuyo.components.Context, answers: alluka.Injected[CommandAnswers]) -> None:
    """Answer what is said in the note.

    Raises:
        StarlingError: see ``CommandAnswers.answer``; or the file is gone.
    """
    interaction = context.interaction
    await defer(interaction)
    await answers.answer(interaction, CommandQuestion(words_of(await _transcript(interaction))))


@screen.button(TRANSLATE_ID)
async def translate_note(context: yuyo.components.Context, translator: alluka.Injected[Translator]) -> None:
    """Translate the transcript into the language of the person who asks; only they see it.

    Raises:
        StarlingError: see ``Translator.translate``; or the file is gone.
    """
    interaction = context.interaction
    await defer(interaction, ephemeral=True)
    language = language_of(str(interaction.locale))
    text = await translator.translate(
        words_of(await _transcript(interaction)), language, user=interaction.user.id, guild=interaction.guild_id
    )
    await private_text(interaction, text, file_name="translation.txt")


@screen.button(ALOUD_ID)
async def speak(
    context: yuyo.components.Context,
    synthesizer: alluka.Injected[SpeechSynthesizer],
    voices: alluka.Injected[ChosenVoices],
    budgets: alluka.Injected[Budgets],
) -> None:
    """Speak the summary as a voice message.

    Raises:
        StarlingError: see ``SpeechSynthesizer.speak``.
    """
    interaction = context.interaction
    text = summary_in(interaction.message.content or "")
    await voice_message.defer(interaction)
    try:
        voice = await voices.of(interaction.user.id, interaction.guild_id)
        source = interaction.guild_id or interaction.user.id
        speech = await synthesizer.speak(text, hint=language_of(str(interaction.locale)), voice=voice, source=source)
    except Exception:
        with contextlib.suppress(hikari.HTTPError):
            await interaction.delete_initial_response()
        raise
    budgets.count_speech(interaction.user.id, interaction.guild_id, speech.engine, text)
    await voice_message.keep_promise(interaction, speech)
