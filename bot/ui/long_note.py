"""The buttons below the summary of a long voice note, and the transcript that comes with it as a file: a button that is
pressed later reads it there, so that nothing is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence

import hikari

from audio import Segment, Transcript
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.splitting import MESSAGE_LIMIT
from bot.ui.transcript_text import translated

TEXT_ID, ANSWER_ID, TRANSLATE_ID, ALOUD_ID = "note-text", "note-answer", "note-translate", "note-aloud"
FILE_NAME = "transcript.txt"

WHOLE, ANSWER_ME, TRANSLATE, SPEAK = _("Whole transcript"), _("Answer me"), _("Translate"), _("Speak the summary")

SHORTENED = _("The translations are shortened: the button Translate gives you all of it in your language.")

_LINE = re.compile(r"(?:(\d+):)?(\d+):(\d\d) (.*)")
LAST_S = 3.0
"""The assumed duration of a recording's last line."""


def note_row(locale: str) -> hikari.api.MessageActionRowBuilder:
    """The four buttons."""
    row = hikari.impl.MessageActionRowBuilder()
    for custom_id, label, emoji in (
        (TEXT_ID, WHOLE, "📄"),
        (ANSWER_ID, ANSWER_ME, "💬"),
        (TRANSLATE_ID, TRANSLATE, "🌐"),
        (ALOUD_ID, SPEAK, "🔊"),
    ):
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, custom_id, label=translate(label, locale), emoji=emoji)
    return row


def with_translations(card: str, texts: Sequence[tuple[str, str]], remarks: Sequence[str], locale: str) -> str:
    """``card`` with ``texts`` (pairs of a language code and the card's text in that language) and ``remarks`` below it,
    as one message, since its buttons read it. What does not fit is left out, and a remark says so."""
    notes = [f"-# {remark}" for remark in remarks]
    whole = "\n".join(part for part in (card, translated(texts, locale), *notes) if part)
    if len(whole) <= MESSAGE_LIMIT or not texts:
        return whole
    notes.append(f"-# {translate(SHORTENED, locale)}")
    room = (MESSAGE_LIMIT - len(card) - sum(len(note) + 1 for note in notes)) // len(texts)
    shown = [_fitting(translated([one], locale), room - 1) for one in texts]
    return "\n".join(part for part in (card, *shown, *notes) if part)


def _fitting(text: str, limit: int) -> str:
    """As many whole lines of ``text`` as fit, or else as much of the first line as does."""
    while len(text) > limit and "\n" in text:
        text = text.rpartition("\n")[0]
    return text if len(text) <= limit else text[: max(limit - 2, 0)].rpartition(" ")[0] + " …"


def time_of(time_s: float) -> str:
    """``4:12``, or ``1:04:12``."""
    minutes, seconds = divmod(int(time_s), 60)
    return f"{minutes}:{seconds:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def lines_of(transcripts: Sequence[Transcript], speakers: Sequence[str]) -> list[str]:
    """Each sentence after the time at which it begins. If there are several recordings, or the speaker is known, each
    recording has a heading with its number and speaker: ``speakers`` has a name, or an empty string, for each."""
    lines: list[str] = []
    for number, (transcript, speaker) in enumerate(zip(transcripts, speakers, strict=True), 1):
        if len(transcripts) > 1 or speaker:
            lines.append(f"— {number} · {speaker} —" if speaker else f"— {number} —")
        lines += [f"{time_of(segment.start_s)} {segment.text}" for segment in transcript.segments]
    return lines


def file_of(lines: Sequence[str]) -> hikari.Bytes:
    return hikari.Bytes("\n".join(lines).encode(), FILE_NAME, "text/plain; charset=utf-8")


def segments_of(text: str) -> list[tuple[Segment, ...]]:
    """The sentences in such a file with their times, one tuple for each recording."""
    recordings: list[list[tuple[float, str]]] = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None or not recordings:
            recordings.append([])
        if match is not None:
            start_s = float(int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3]))
            recordings[-1].append((start_s, match[4]))
    return [_ended(found) for found in recordings if found]


def _ended(found: Sequence[tuple[float, str]]) -> tuple[Segment, ...]:
    """Each sentence as a segment that ends where the next one begins."""
    ends = [*(start_s for start_s, _text in found[1:]), found[-1][0] + LAST_S] if found else []
    return tuple(Segment(start_s, end_s, said) for (start_s, said), end_s in zip(found, ends, strict=True))


def words_of(text: str) -> str:
    """The text of such a file without the times."""
    return "\n".join(match[4] if (match := _LINE.fullmatch(line)) else line for line in text.splitlines())


def summary_in(content: str) -> str:
    """The summary in the text of a card."""
    lines = content.splitlines()
    begins = next((number for number, line in enumerate(lines) if line.startswith("### ")), len(lines))
    summary: list[str] = []
    for line in lines[begins + 1 :]:
        if line.startswith(("### ", "-# ", "> 🌐")):
            break
        summary.append(line)
    return "\n".join(summary).strip()
