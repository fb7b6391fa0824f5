"""The button Read aloud, below answers that were not spoken."""

from __future__ import annotations

import contextlib

import alluka
import hikari
import yuyo

from audio import SpeechSynthesizer
from bot.conversation.exchanges import ExchangeStore
from bot.i18n.translation import language_of
from bot.preferences.voices import ChosenVoices
from bot.ui import voice_message
from bot.ui.answer_buttons import ALOUD_ID
from bot.ui.screen import Screen
from bot.usage.store import UsageAmounts, UsageStore

screen = Screen()


@screen.button(ALOUD_ID)
async def read_aloud(
    context: yuyo.components.Context,
    synthesizer: alluka.Injected[SpeechSynthesizer],
    exchanges: alluka.Injected[ExchangeStore],
    voices: alluka.Injected[ChosenVoices],
    usage: alluka.Injected[UsageStore],
) -> None:
    """Speak the answer as a voice message."""
    interaction = context.interaction
    said = await exchanges.by_reply(interaction.message.id)
    text = said.reply if said else words_of_answer(interaction.message.content or "")
    is_private = bool(interaction.message.flags & hikari.MessageFlag.EPHEMERAL)
    await voice_message.defer(interaction, ephemeral=is_private)
    try:
        hint = said.language if said and said.language else language_of(str(interaction.locale))
        voice = await voices.of(interaction.user.id, interaction.guild_id)
        source = interaction.guild_id or interaction.user.id
        speech = await synthesizer.speak(text, hint=hint, voice=voice, source=source)
    except Exception:
        with contextlib.suppress(hikari.HTTPError):
            await interaction.delete_initial_response()
        raise
    usage.add(
        guild_id=interaction.guild_id,
        user_id=interaction.user.id,
        model=speech.engine,
        amounts=UsageAmounts(spoken_characters=len(text)),
    )
    await voice_message.keep_promise(interaction, speech)


def words_of_answer(content: str) -> str:
    """An answer's text without the quoted transcript above it and the small print below."""
    return "\n".join(line for line in content.splitlines() if not line.startswith(("> 🎙️", "> 💬", "-# "))).strip()
