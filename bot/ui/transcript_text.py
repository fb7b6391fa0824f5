"""Transcripts as people read them on Discord."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from audio import Transcript, TranscriptionProgress
from bot.errors import translatable as _
from bot.i18n.translation import language_name, translate
from bot.ui.progress_bar import bar

QUOTE_LIMIT = 900
"""The most characters of a transcript that are quoted above an answer; the command Transcribe shows all of it."""

SHORTEST_QUOTE = 150
"""The least number of characters that is shown of each of several transcripts."""

LISTENING = _("I am listening to the recording …")
LISTENING_TO_ONE = _("I am listening to recording {number} of {count} …")
SHORTENED = _("Shortened: to read all of it, open your message's menu, Apps, Transcribe.")
DAMAGED_END = _("The end of this recording is damaged: I could hear only the first {duration_s:.0f} s.")
NO_SPEECH = _("I heard no speech in this recording.")


def quote(texts: Sequence[str], locale: str, *, labels: Sequence[str]) -> str:
    """The transcripts of recordings as quoted lines above an answer, each after its label; empty ones are left out. At
    most about 1,500 characters with the small print."""
    limit = max(QUOTE_LIMIT // max(len(texts), 1), SHORTEST_QUOTE)
    lines, is_shortened = [], False
    for label, said in zip(labels, texts, strict=True):
        text = " ".join(said.split())
        if len(text) > limit:
            text, is_shortened = text[:limit].rsplit(" ", 1)[0] + " …", True
        if text:
            lines.append(f"> 🎙️ {label}{text}")
    if is_shortened:
        lines.append(f"-# {translate(SHORTENED, locale)}")
    return "\n".join(lines)


def quote_of_begun(texts: Mapping[int, str], locale: str) -> str:
    """As ``quote``, for what was heard before somebody stopped it; the keys are the recordings' numbers, counted from
    0."""
    numbers = sorted(texts)
    labels = [f"{number + 1}. " if len(numbers) > 1 else "" for number in numbers]
    return quote([texts[number] for number in numbers], locale, labels=labels)


def damaged_end(transcript: Transcript, locale: str) -> str:
    """The sentence saying that the end of the recording is damaged."""
    return translate(DAMAGED_END, locale, duration_s=transcript.duration_s)


def so_far(done: TranscriptionProgress, locale: str, *, number: int = 1, count: int = 1) -> str:
    """How far the transcription of recording ``number`` of ``count`` is: a bar, and the last words that were heard."""
    sentence = LISTENING if count == 1 else LISTENING_TO_ONE
    heading = translate(sentence, locale, number=number, count=count)
    share = done.transcribed_s / done.duration_s if done.duration_s else 0.0
    text = " ".join(done.text.split())
    if len(text) > QUOTE_LIMIT:
        text = "… " + text[-QUOTE_LIMIT:].partition(" ")[2]
    return "\n".join([f"-# {heading}", bar(share), *([f"> 🎙️ {text}"] if text else [])])


def caption(transcript: Transcript, locale: str) -> str:
    """Small print below a transcript: its language, how sure that is, the length of the recording, and whether its end
    is damaged."""
    parts = [language_name(transcript.language or "", locale)]
    if transcript.language_probability < 1:
        parts[0] += f" ({transcript.language_probability:.0%})"
    minutes, seconds = divmod(round(transcript.duration_s), 60)
    parts.append(f"{minutes}:{seconds:02}")
    text = f"-# {' · '.join(parts)}"
    if transcript.truncated:
        text += f"\n-# {damaged_end(transcript, locale)}"
    return text


def timed(transcript: Transcript) -> str:
    """Each segment on a line of its own, after the time at which it begins."""
    return "\n".join(
        f"`{int(segment.start_s) // 60}:{int(segment.start_s) % 60:02}` {segment.text}"
        for segment in transcript.segments
    )


def translated(texts: Sequence[tuple[str, str]], locale: str) -> str:
    """Translations below a transcript, each as a quote after the name of its language; ``texts`` are pairs of a
    language code and a text."""
    parts = [(language_name(code, locale), text) for code, text in texts]
    return "\n".join(f"> 🌐 **{name[:1].upper()}{name[1:]}** {_quoted(text)}" for name, text in parts)


def _quoted(text: str) -> str:
    """``text`` for a quote: only list items keep a line of their own."""
    return re.sub(r"\s+(- )?", lambda found: "\n> - " if found[1] and "\n" in found[0] else " ", text.strip())
