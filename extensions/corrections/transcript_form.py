"""The form in which a transcript is corrected, and what is done with it."""

from __future__ import annotations

from dataclasses import replace

import alluka
import hikari
import lightbulb
import yuyo
from cachetools import TTLCache

from bot.answering.voice_notes import VoiceNoteTranscriber, recordings_in
from bot.conversation.exchanges import ExchangeStore
from bot.corrections.feedback import FeedbackKind, FeedbackStore
from bot.corrections.rights import require_corrector
from bot.corrections.vocabulary import new_words, with_words
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.choices import MAX_VOCABULARY_CHARS
from bot.preferences.preferences import Preferences
from bot.ui.command_reply import locale_of
from bot.ui.modal_router import FormExpiredError, text_row, texts_in
from bot.ui.permissions import guild_of
from bot.ui.private_reply import answer_privately
from bot.ui.screen import SNOWFLAKE, Screen

screen = Screen()

FORM_ID = "transcript"
TITLE = _("Correct the transcript")
LABEL = _("What was said; new names and words are kept")
LEARNT = _("Thank you! From now on I listen here for: {words}.")
SUGGESTED = _("Thank you! I have passed these on to the people who look after me here: {words}.")
NOTHING_NEW = _("Thank you! There was no word in it that I did not know.")
NO_ROOM = _("I cannot remember any more words of this server. Make room with /hearing vocabulary for: {words}.")
_QUOTE = "> 🎙️ "
_MOST, _KEPT_S = 256, 3600.0


class NoTranscriptError(StarlingError):
    """Raised when someone corrects the transcript of a message that has none, or none any more."""

    sentence = _(
        "I have no transcript of this message. Choose Transcribe in its menu first, or correct one of my replies with "
        "a transcript."
    )


@screen.service
class TranscriptForms:
    """Opens the forms, and keeps the transcripts that they correct for an hour."""

    def __init__(self, voice_notes: VoiceNoteTranscriber, exchanges: ExchangeStore) -> None:
        self._voice_notes = voice_notes
        self._exchanges = exchanges
        self._heard: TTLCache[tuple[int, int], str] = TTLCache(_MOST, _KEPT_S)
        """By channel and message."""

    async def open(self, context: lightbulb.Context, message: hikari.Message) -> None:
        """Open the form in which the caller corrects what is said in ``message``.

        Raises:
            NoTranscriptError: it has no transcript.
        """
        heard = await self._transcript_of(message, context)
        if not heard:
            raise NoTranscriptError
        self._heard[context.channel_id, message.id] = heard
        locale = locale_of(context)
        row = text_row("said", translate(LABEL, locale), value=heard)
        await context.respond_with_modal(translate(TITLE, locale), f"{FORM_ID}:{message.id}", components=[row])

    def heard_in(self, channel: int, message: int) -> str:
        """
        Raises:
            FormExpiredError: the form was opened too long ago, or in another channel.
        """
        heard = self._heard.get((channel, message))
        if heard is None:
            raise FormExpiredError
        return heard

    async def _transcript_of(self, message: hikari.Message, context: lightbulb.Context) -> str:
        if message.author.id == context.interaction.application_id:
            lines = (message.content or "").splitlines()
            quoted = [line.removeprefix(_QUOTE) for line in lines if line.startswith(_QUOTE)]
            return quoted[0].strip() if quoted else ""
        recordings = recordings_in(message)
        if not recordings:
            return ""
        asked = await self._exchanges.of_messages([message.id])
        if (exchange := asked.get(message.id)) is not None:
            return exchange.prompt
        known = [await self._voice_notes.remembered(one, guild=context.guild_id) for one in recordings]
        return "\n".join(one.text for one in known if one is not None)


@screen.form(FORM_ID, state=SNOWFLAKE)
async def take(
    context: yuyo.modals.Context,
    forms: alluka.Injected[TranscriptForms],
    feedback: alluka.Injected[FeedbackStore],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Learn the new words if the person may approve; otherwise suggest them.

    Raises:
        FormExpiredError: it was opened too long ago.
        OnServersOnlyError, NotPermittedError, TooMuchFeedbackError
    """
    interaction = context.interaction
    guild, locale = guild_of(interaction), str(interaction.locale)
    person = await require_corrector(interaction, preferences)
    words = new_words(
        forms.heard_in(interaction.channel_id, int(context.id_metadata)), texts_in(interaction).get("said", "")
    )
    said = ", ".join(words)
    if not words:
        reply = translate(NOTHING_NEW, locale)
    elif person.approves:
        vocabulary = (await preferences.guild(guild)).vocabulary
        vocabulary, added = with_words(vocabulary, words, MAX_VOCABULARY_CHARS)
        await preferences.change_guild(guild, lambda chosen: replace(chosen, vocabulary=vocabulary))
        reply = translate(LEARNT, locale, words=", ".join(added)) if added else translate(NO_ROOM, locale, words=said)
    else:
        await feedback.add(guild, interaction.user.id, said, FeedbackKind.WORDS)
        reply = translate(SUGGESTED, locale, words=said)
    await answer_privately(interaction, reply)
