"""Splitting the text of a chunk into sentences with times."""

from __future__ import annotations

import re
from collections.abc import Sequence

from audio.recognition.alignment import TimedWord
from audio.recognition.chunking import SpeechChunk
from audio.recognition.transcript import Segment, Word
from audio.recording import RECORDING_RATE_HZ

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")

SHORTEST_SENTENCE = 12
"""In characters; a shorter sentence is joined with its neighbour: "Yes. Of course." is read at once."""

SNAP_S = 1.0
"""A sentence that ends within this much speech of a pause ends at the pause: people pause between sentences."""


def segments_of(text: str, chunk: SpeechChunk, words: Sequence[TimedWord] = ()) -> tuple[Segment, ...]:
    """The sentences of ``text``, which is said in ``chunk``, with their times in the recording.

    ``words``: the words of ``text`` with their times in the chunk. Without them, each sentence gets a share of the
    spoken time in proportion to its length.
    """
    sentences = _sentences(text)
    if not sentences:
        return ()
    if words:
        groups = _by_sentence(words, sentences)
        # Around a broken character, the letters of the words and of the sentences may differ.
        texts = [*sentences[: len(groups) - 1], " ".join(sentences[len(groups) - 1 :])]
        return tuple(_segment_of(group, text, chunk) for group, text in zip(groups, texts, strict=True))
    shares = _shares(sentences)
    borders = [_border(chunk, share) for share in shares]
    starts = [chunk.spoken[0].start, *(after for _, after in borders)]
    ends = [*(before for before, _ in borders), chunk.spoken[-1].end]
    return tuple(
        Segment(start / RECORDING_RATE_HZ, max(start, end) / RECORDING_RATE_HZ, sentence)
        for start, end, sentence in zip(starts, ends, sentences, strict=True)
    )


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for sentence in filter(None, map(str.strip, _SENTENCE_END.split(text))):
        if found and (len(found[-1]) < SHORTEST_SENTENCE or len(sentence) < SHORTEST_SENTENCE):
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


def _shares(sentences: Sequence[str]) -> list[float]:
    """Where each sentence but the last ends, as a share of all characters."""
    whole, before = sum(map(len, sentences)), 0
    shares: list[float] = []
    for sentence in sentences[:-1]:
        before += len(sentence)
        shares.append(before / whole)
    return shares


def _border(chunk: SpeechChunk, share: float) -> tuple[int, int]:
    """The samples of the recording at which one sentence ends, after ``share`` of the speech, and the next begins."""
    wanted = round(share * sum(utterance.length for utterance in chunk.spoken))
    nearest: tuple[int, int, int] | None = None
    said = 0
    place = chunk.spoken[-1].end
    for number, utterance in enumerate(chunk.spoken):
        if said <= wanted <= said + utterance.length:
            place = utterance.start + wanted - said
        said += utterance.length
        if number + 1 < len(chunk.spoken):
            candidate = (abs(said - wanted), utterance.end, chunk.spoken[number + 1].start)
            nearest = candidate if nearest is None else min(nearest, candidate)
    if nearest is not None and nearest[0] <= SNAP_S * RECORDING_RATE_HZ:
        return nearest[1], nearest[2]
    return place, place


def _by_sentence(words: Sequence[TimedWord], sentences: Sequence[str]) -> list[list[TimedWord]]:
    """``words`` grouped by sentence, by counting letters; at most one group for each of ``sentences``."""
    groups: list[list[TimedWord]] = [[]]
    letters = 0
    for word in words:
        if letters >= _letters(sentences[len(groups) - 1]) and len(groups) < len(sentences):
            groups.append([])
            letters = 0
        groups[-1].append(word)
        letters += _letters(word.text)
    return groups


def _letters(text: str) -> int:
    return sum(not char.isspace() for char in text)


def _segment_of(words: Sequence[TimedWord], text: str, chunk: SpeechChunk) -> Segment:
    # The decoder counts the silence before the first word and after the last word as parts of these.
    first_s, last_s = chunk.spoken[0].start / RECORDING_RATE_HZ, chunk.spoken[-1].end / RECORDING_RATE_HZ

    def at(time_s: float) -> float:
        return min(max(chunk.time_in_recording_s(time_s), first_s), last_s)

    timed = tuple(Word(at(word.start_s), at(word.end_s), word.text, word.probability) for word in words)
    return Segment(timed[0].start_s, timed[-1].end_s, text, timed)
