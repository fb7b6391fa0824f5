"""Translations of voice notes, in the languages that a server wants below each transcript in a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import hikari
import structlog

from bot.answering.long_notes import Card, spoken_in, to_do_lines
from bot.answering.recordings import HeardRecording, RecordingReader, joined
from bot.answering.summarizing import Summary, extract
from bot.answering.translating import BY_WHISPER, WHISPER_LANGUAGE, CannotTranslateError, Translator
from bot.errors import StarlingError
from bot.i18n.translation import translate, translate_error
from bot.preferences.preferences import Preferences
from bot.ui.long_note import lines_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NoteTranslations:
    """The translations of one message's notes."""

    texts: tuple[tuple[str, str], ...] = ()
    """Pairs of a language code and the translation."""
    remarks: tuple[str, ...] = ()
    """Further remarks, in the reader's language."""


class NoteTranslator:
    """Translates notes into the languages of a channel's transcripts."""

    def __init__(self, translator: Translator, reader: RecordingReader, preferences: Preferences) -> None:
        self._translator = translator
        self._reader = reader
        self._preferences = preferences
        self._told: dict[int, tuple[str, ...]] = {}
        """Channels that were told that translation is not possible, with the languages chosen at that time."""

    async def wanted(self, heard: Sequence[HeardRecording], guild: int | None, channel: int) -> tuple[str, ...]:
        """The ``channel``'s languages in which some of what was ``heard`` is not spoken."""
        return tuple(one for one in await self._chosen(guild, channel) if _foreign(heard, one))

    async def translate(
        self,
        heard: Sequence[HeardRecording],
        *,
        guild: int,
        channel: int,
        sender: hikari.Snowflakeish,
        locale: str,
        card: Card | None = None,
    ) -> NoteTranslations:
        """What was ``heard``, or the ``card`` of a long note, in each language that is ``wanted``; recordings that are
        already in the language are left out. The tokens or the recordings are counted for ``sender``. That the model
        cannot translate is said only once per channel and choice of languages."""
        texts: list[tuple[str, str]] = []
        remarks: list[str] = []
        by_model = await self._translator.can_translate(guild)
        for language in await self.wanted(heard, guild, channel):
            foreign = _foreign(heard, language)
            try:
                if by_model and card is not None:
                    said = await self._of_card(card, language, user=sender, guild=guild)
                elif by_model:
                    said = await self._translator.translate(joined(foreign), language, user=sender, guild=guild)
                elif language == WHISPER_LANGUAGE:
                    files = [one.file for one in foreign]
                    heard_anew = await self._reader.read(
                        files, guild=guild, sender=sender, to_english=True, is_asked=False
                    )
                    said = joined(heard_anew) if card is None else _extract(heard_anew).text
                    remarks += [translate(BY_WHISPER, locale)] if said else []
                else:
                    remarks += self._cannot(channel, await self._chosen(guild, channel), locale)
                    continue
            except StarlingError as error:
                log.info("a note was not translated", error=type(error).__name__, why=str(error))
                remarks.append(translate_error(error, locale))
                continue
            if said:
                texts.append((language, said))
        return NoteTranslations(tuple(texts), tuple(dict.fromkeys(remarks)))

    async def _of_card(self, card: Card, language: str, *, user: int, guild: int) -> str:
        to_dos = to_do_lines(card.summary)
        lines = [card.summary.text, *(words for _mark, words in to_dos)]
        first, *others = await self._translator.translate_lines(lines, language, user=user, guild=guild)
        return "\n".join([first, *(f"{mark}{words}" for (mark, _), words in zip(to_dos, others, strict=True))])

    async def _chosen(self, guild: int | None, channel: int) -> tuple[str, ...]:
        return (await self._preferences.guild(guild)).transcript_languages.get(channel, ())

    def _cannot(self, channel: int, chosen: tuple[str, ...], locale: str) -> list[str]:
        if self._told.get(channel) == chosen:
            return []
        self._told[channel] = chosen
        return [translate_error(CannotTranslateError(), locale)]


def _extract(heard: Sequence[HeardRecording]) -> Summary:
    transcripts = spoken_in(heard)
    return extract(lines_of(transcripts, [""] * len(transcripts)))


def _foreign(heard: Sequence[HeardRecording], language: str) -> list[HeardRecording]:
    """The recordings in which somebody speaks another language."""
    return [one for one in heard if one.text and one.transcript is not None and one.transcript.language != language]
