"""Transcripts as people read them on Discord."""

from __future__ import annotations

from audio import Transcript
from bot.errors import translatable as _
from bot.i18n.translation import language_name, translate

QUOTE_LIMIT = 900
"""Characters of a transcript that stand above an answer; the whole of it is for the command Transcribe."""

SHORTENED = _("Shortened: to read all of it, open your message's menu, Apps, Transcribe.")
DAMAGED_END = _("The end of this recording is damaged: I could hear only the first {duration_s:.0f} s.")
NO_SPEECH = _("I heard no speech in this recording.")


def quote(transcript: Transcript, locale: str) -> str:
    """The transcript as a quoted line above an answer, at most about 1,200 characters with its small print."""
    text = " ".join(transcript.text.split())
    notes = []
    if len(text) > QUOTE_LIMIT:
        text = text[:QUOTE_LIMIT].rsplit(" ", 1)[0] + " …"
        notes.append(translate(SHORTENED, locale))
    if transcript.truncated:
        notes.append(translate(DAMAGED_END, locale, duration_s=transcript.duration_s))
    return "\n".join([f"> 🎙️ {text}", *(f"-# {note}" for note in notes)])


def caption(transcript: Transcript, locale: str) -> str:
    """Small print below a transcript: its language, how sure that is, and the length of the recording."""
    parts = [language_name(transcript.language or "", locale)]
    if transcript.language_probability < 1:
        parts[0] += f" ({transcript.language_probability:.0%})"
    minutes, seconds = divmod(round(transcript.duration_s), 60)
    parts.append(f"{minutes}:{seconds:02}")
    text = f"-# {' · '.join(parts)}"
    if transcript.truncated:
        text += f"\n-# {translate(DAMAGED_END, locale, duration_s=transcript.duration_s)}"
    return text


def timed(transcript: Transcript) -> str:
    """Each segment on a line of its own, behind the time when it begins."""
    return "\n".join(
        f"`{int(segment.start_s) // 60}:{int(segment.start_s) % 60:02}` {segment.text}"
        for segment in transcript.segments
    )
