"""Long voice notes as a card: a summary, what is to be done, and the whole transcript as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import hikari

from audio import Transcript
from bot.answering.recordings import HeardRecording, remarks
from bot.answering.summarizing import OnSummary, Summarizer, Summary, SummaryProgress, ToDo, extract
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.live_text import LiveText
from bot.ui.long_note import file_of, lines_of, note_row
from bot.ui.progress_bar import bar
from bot.ui.streaming_reply import StreamingReply
from bot.ui.transcript_text import caption
from bot.work.cancellation import CancellationToken, CancelledByUserError

LONG_NOTE_S = 120.0
"""Recordings that are longer than this in total, in seconds, are summarised."""

MAX_CHARS = 1500
"""The limit on a summary with its tasks, in characters: with the small print it fits into one message."""

SUMMING_UP = _("I have heard all of it and am summing it up …")
IN_SHORT, TO_DO = _("In short"), _("To do")
EXTRACT = _("No chat model summed this up: these are its first and its most telling sentences.")
LEFT_OUT = _("The end is left out of this summary: it is longer than I can read at once.")


@dataclass(frozen=True, slots=True)
class Card:
    """The parts of the message."""

    text: str
    file: hikari.Bytes
    row: hikari.api.MessageActionRowBuilder
    summary: Summary


def spoken_in(heard: Sequence[HeardRecording]) -> list[Transcript]:
    """The transcripts of the recordings in which somebody speaks."""
    return [one.transcript for one in heard if one.transcript is not None and one.transcript.has_speech]


def is_long(heard: Sequence[HeardRecording]) -> bool:
    """Whether the recordings are long enough to be summarised."""
    return sum(one.duration_s for one in spoken_in(heard)) > LONG_NOTE_S


class LongNotes:
    """Makes the cards of long notes."""

    def __init__(self, summarizer: Summarizer) -> None:
        self._summarizer = summarizer

    async def card(
        self,
        heard: Sequence[HeardRecording],
        *,
        language: str,
        locale: str,
        user: int,
        guild: int | None,
        progress: OnSummary,
    ) -> Card:
        """The card of what was ``heard``, at least one recording of which has speech. Its summary is in ``language``
        and its other words are in ``locale``. The tokens are counted for ``user``; ``progress`` is called as the
        summary proceeds."""
        lines = _lines(heard)
        summary = await self._summarizer.sum_up(lines, language=language, user=user, guild=guild, progress=progress)
        return _card(heard, lines, summary, locale)

    async def shown_card(
        self,
        reply: StreamingReply,
        heard: Sequence[HeardRecording],
        *,
        language: str,
        user: int,
        guild: int | None,
        stop: CancellationToken,
    ) -> Card:
        """As ``card``, in the locale of ``reply``, which shows the progress; as ``card_without_model`` if the summary
        is stopped.

        Raises: as ``StreamingReply.show``.
        """
        live = LiveText(reply.show_progress)
        work = self.card(
            heard,
            language=language,
            locale=reply.locale,
            user=user,
            guild=guild,
            progress=lambda done: live.tell(summing_up(done, reply.locale)),
        )
        try:
            return await stop.unless_cancelled(work)
        except CancelledByUserError:
            return card_without_model(heard, reply.locale)
        finally:
            await live.end()


def card_without_model(heard: Sequence[HeardRecording], locale: str) -> Card:
    """The card of what was ``heard`` with an extract of its sentences, for people who do not wait for a summary."""
    lines = _lines(heard)
    return _card(heard, lines, extract(lines), locale)


def _lines(heard: Sequence[HeardRecording]) -> list[str]:
    speakers = [one.speaker for one in heard if one.transcript is not None and one.transcript.has_speech]
    return lines_of(spoken_in(heard), speakers)


def _card(heard: Sequence[HeardRecording], lines: Sequence[str], summary: Summary, locale: str) -> Card:
    captions = [caption(one, locale) for one in spoken_in(heard)]
    notes = [f"-# {remark}" for remark in remarks(heard, locale)]
    text = "\n".join([*captions, told(summary, locale), *notes])
    return Card(text, file_of(lines), note_row(locale), summary)


def summing_up(done: SummaryProgress, locale: str) -> str:
    """The progress of a summary: a bar if it is made in pieces, and its sentences so far."""
    lines = [f"-# {translate(SUMMING_UP, locale)}"]
    if done.pieces > 1:
        lines.append(bar((done.piece - 1) / (done.pieces + 1)))
    if done.text:
        lines.append(f"> {done.text}")
    return "\n".join(lines)


def told(summary: Summary, locale: str) -> str:
    """``summary`` as text for people, with headings and notes."""
    lines = [f"### {translate(IN_SHORT, locale)}", summary.text]
    if summary.to_dos:
        lines.append(f"### {translate(TO_DO, locale)}")
        for to_do in map(_to_do, summary.to_dos):
            if sum(map(len, lines)) + len(to_do) < MAX_CHARS:
                lines.append(to_do)
    lines += [
        f"-# {translate(note, locale)}"
        for note, holds in ((EXTRACT, summary.is_extract), (LEFT_OUT, summary.left_out))
        if holds
    ]
    return "\n".join(lines)


def to_do_lines(summary: Summary) -> list[tuple[str, str]]:
    """The tasks, one line each, as pairs of the line's prefix and its words."""
    return [(_mark(to_do), _words_of(to_do)) for to_do in summary.to_dos]


def _to_do(to_do: ToDo) -> str:
    return _mark(to_do) + _words_of(to_do)


def _mark(to_do: ToDo) -> str:
    return f"- `{to_do.time}` " if to_do.time else "- "


def _words_of(to_do: ToDo) -> str:
    who = f"**{to_do.who}**: " if to_do.who else ""
    when = f" — {to_do.when}" if to_do.when else ""
    return f"{who}{to_do.what}{when}"
