"""Chunks are decoded in short windows, and again if the words look wrong; long recordings keep their order."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from audio import (
    Recording,
    Segment,
    Transcriber,
    TranscriberBusyError,
    Transcript,
    TranscriptionProgress,
    UnknownLanguageError,
    decode,
)
from audio.recognition.attempts import FALLBACK_BEAMS
from audio.recognition.batch import ChunkRequest, Quality, decode_batch
from audio.recognition.chunking import SpeechChunk
from audio.recognition.hallucinations import has_gained_names, is_hallucination, is_loop, max_tokens
from audio.recognition.log_mel import FULL_WINDOW_FRAMES, Features
from audio.recognition.openers import Openers
from audio.recognition.opening import OpenedRecording
from audio.recognition.options import TranscriptionOptions
from audio.recognition.stages import Stages
from audio.recognition.voice_activity import Span
from audio.recognition.whisper import MAX_TOKENS, DecodingOptions, Hypothesis, Whisper
from audio.recording import RECORDING_RATE_HZ, Samples
from tests.audio.made_recordings import WAV, file_of, silence
from tests.conftest import RECORDINGS
from tests.spoken import AMERICANS, JFK, PISETS, SAOIRSE, is_heard, word_error_rate, words


@dataclass
class Asked:
    """A request to a model."""

    frames: int
    beams: int
    max_tokens: int
    hints: str = ""


class ScriptedWhisper(Whisper):
    """Returns the given hypotheses, and records the requests."""

    def __init__(self, *hypotheses: Hypothesis) -> None:
        self.languages = ("en",)
        self.asked: list[Asked] = []
        self._hypotheses = list(hypotheses)
        self._frames = 0

    def encoded(self, sounds: Sequence[Samples], frames: int) -> Any:
        self._frames = frames

    def some_of(self, encoded: Any, numbers: Sequence[int]) -> Any:
        return encoded

    is_on_card = False

    def decode(
        self, encoded: Any, options: Sequence[DecodingOptions], *, beams: int, max_tokens: int = MAX_TOKENS
    ) -> list[Hypothesis]:
        self.asked.append(Asked(self._frames, beams, max_tokens, options[0].hints))
        return [self._hypotheses.pop(0) for _ in options]

    def mean_logprob_of(
        self, encoded: Any, options: DecodingOptions, tokens: Sequence[int], duration_s: float
    ) -> float:
        return self.fit

    fit = -9.0
    """How well the hints' words fit the sound alone."""


def hypothesis(text: str, *, tokens: int = 30, mean_logprob: float = -0.2, no_speech: float = 0.1) -> Hypothesis:
    return Hypothesis((1,) * tokens, text, mean_logprob, no_speech)


def whole(recording: Recording, *spoken_s: tuple[float, float], is_doubtful: bool = False) -> SpeechChunk:
    """All of ``recording`` as one chunk, in which somebody speaks throughout or at the given times."""
    everything = Span(0, len(recording.samples))
    spoken = [Span(round(start_s * 16_000), round(end_s * 16_000)) for start_s, end_s in spoken_s] or [everything]
    return SpeechChunk(everything, tuple(spoken), is_doubtful)


def heard_by(
    whisper: Whisper,
    recording: Recording,
    quality: Quality = Quality.FAST,
    chunk: SpeechChunk | None = None,
    hints: str = "",
) -> tuple[Segment, ...]:
    request = ChunkRequest(chunk or whole(recording), recording.samples, quality, language="en", hints=hints)
    (result,) = decode_batch(whisper, [request])
    return result.segments


@pytest.mark.parametrize(("quality", "beams"), [(Quality.FAST, 1), (Quality.ACCURATE, 5)])
def test_a_note_is_heard_once_in_a_short_window(quality: Quality, beams: int, jfk_sound: Recording) -> None:
    whisper = ScriptedWhisper(hypothesis("Ask not."))

    (segment,) = heard_by(whisper, jfk_sound, quality)

    assert segment.text == "Ask not."
    assert whisper.asked == [Asked(1400, beams, max_tokens(11))]


def test_words_that_one_beam_is_unsure_of_are_looked_at_again_with_more(jfk_sound: Recording) -> None:
    whisper = ScriptedWhisper(hypothesis("As not.", mean_logprob=-0.5), hypothesis("Ask not.", mean_logprob=-0.45))

    (segment,) = heard_by(whisper, jfk_sound)

    assert segment.text == "Ask not."
    first, second = whisper.asked
    assert (first.beams, second.beams) == (1, FALLBACK_BEAMS)
    assert first.frames == second.frames < FULL_WINDOW_FRAMES


@pytest.mark.parametrize(
    "loop", [hypothesis("so it goes " * 30), hypothesis("Hm.", tokens=200)], ids=["phrase", "tokens"]
)
def test_a_loop_is_decoded_again_in_the_full_window(loop: Hypothesis, jfk_sound: Recording) -> None:
    whisper = ScriptedWhisper(loop, hypothesis("Ask not."))

    (segment,) = heard_by(whisper, jfk_sound)

    assert segment.text == "Ask not."
    assert whisper.asked[1:] == [Asked(FULL_WINDOW_FRAMES, 5, max_tokens(11))]


def test_a_pause_that_was_taken_for_the_end_is_cut_and_both_sides_are_heard(jfk_sound: Recording) -> None:
    whisper = ScriptedWhisper(hypothesis("Ask not.", tokens=9), hypothesis("And so."), hypothesis("Ask not."))

    segments = heard_by(whisper, jfk_sound, chunk=whole(jfk_sound, (0, 5), (5.5, 11)))

    assert [segment.text for segment in segments] == ["And so.", "Ask not."]
    assert [segment.start_s for segment in segments] == [0, 5.5]


def test_words_that_are_too_few_are_looked_for_in_the_full_window_and_kept_when_there_are_no_more(
    jfk_sound: Recording,
) -> None:
    whisper = ScriptedWhisper(hypothesis("Ask not.", tokens=9), hypothesis("Ask.", tokens=5))

    (segment,) = heard_by(whisper, jfk_sound)

    assert segment.text == "Ask not."
    assert whisper.asked[1:] == [Asked(FULL_WINDOW_FRAMES, 5, max_tokens(11))]


NAMES = "i7-12700, i9-12900"


@pytest.mark.parametrize(
    "misled",
    [
        hypothesis("i9-12900, i7-12700, " * 20),
        hypothesis("i9-12900, i7-12700"),
        hypothesis("Ask the i9-12900 for your country", mean_logprob=-0.9),
        hypothesis("Asked not.", mean_logprob=-0.1),
    ],
    ids=["loop", "echo", "doubtful", "other-words"],
)
def test_hints_that_mislead_are_left_out(misled: Hypothesis, jfk_sound: Recording) -> None:
    whisper = ScriptedWhisper(hypothesis("Ask not."), misled)

    (segment,) = heard_by(whisper, jfk_sound, hints=NAMES)

    assert segment.text == "Ask not."
    assert [asked.hints for asked in whisper.asked] == ["", NAMES]


@pytest.mark.parametrize(("quality", "beams"), [(Quality.FAST, [1, 1]), (Quality.ACCURATE, [5, 5])])
def test_hints_that_were_said_stay(quality: Quality, beams: list[int], jfk_sound: Recording) -> None:
    said = hypothesis("i9-12900")
    whisper = ScriptedWhisper(hypothesis("I nine twelve nine hundred"), said)
    whisper.fit = -1.2

    (segment,) = heard_by(whisper, jfk_sound, quality, hints=NAMES)

    assert segment.text == "i9-12900"
    assert [asked.beams for asked in whisper.asked] == beams


@pytest.mark.parametrize(
    ("hinted", "plain", "hints", "gained"),
    [
        ("Open Grafana.", "Open the graph on a.", "Grafana", True),
        ("Открой Графану.", "Открой граф Анну.", "Графана, Кубернетес", True),
        ("нейронные сети", "нейронной сети", "Поговорим про нейронные сети.", True),
        ("東京タワーに行く", "東京たわーに行く", "東京タワー", True),
        ("Ask Ada.", "Ask Ada", "Ada", False),
        ("in Canada", "in Kanada", "Ada", False),
        ("locked the door", "lock the door", "RTX 4070", False),
        ("a new RTX 4070", "a new RTX 4000 and 70", "RTX 4070", True),
    ],
)
def test_names_are_known_in_any_case(hinted: str, plain: str, hints: str, gained: bool) -> None:
    assert has_gained_names(hinted, plain, hints) == gained


@pytest.mark.parametrize(
    ("found", "heard"),
    [
        (hypothesis("Turn off the light.", mean_logprob=-0.3, no_speech=0.1), True),
        (hypothesis("Turn off the light.", mean_logprob=-0.3, no_speech=0.5), False),
        (hypothesis("Turn off the light.", mean_logprob=-1.0, no_speech=0.1), False),
        (hypothesis("1, 2, 3.", mean_logprob=-0.3, no_speech=0.1), False),
    ],
    ids=["sure", "no-speech", "improbable", "no-letters"],
)
def test_where_the_detector_hears_nobody_only_words_count_that_whisper_is_sure_of(
    found: Hypothesis, heard: bool, jfk_sound: Recording
) -> None:
    doubtful = whole(jfk_sound, is_doubtful=True)
    assert bool(heard_by(ScriptedWhisper(found), jfk_sound, Quality.ACCURATE, doubtful)) == heard


def test_words_that_the_model_itself_doubts_are_left_out(jfk_sound: Recording) -> None:
    doubtful = hypothesis("Thank you for watching.", mean_logprob=-1.3, no_speech=0.9)
    assert heard_by(ScriptedWhisper(doubtful, doubtful), jfk_sound) == ()


def test_loops_and_made_up_words_are_told_by_their_signs() -> None:
    assert is_loop("I am fine. " * 20, 80, 25)
    assert is_loop("a", 500, 30)
    assert not is_loop("And so, my fellow Americans, ask not what your country can do for you.", 24, 6)
    assert not is_loop("", 0, 0.5)
    assert is_hallucination(0.7, -1.1)
    assert not is_hallucination(0.7, -0.9)
    assert not is_hallucination(0.5, -1.1)


@dataclass
class Windows:
    """The windows that a real model was asked to encode."""

    frames: list[int]
    together: list[int]
    """How many sounds were encoded at once."""


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    windows = Windows([], [])
    encoded: Callable[[Whisper, Sequence[Samples], int], Any] = Whisper.encoded

    def counted(self: Whisper, sounds: Sequence[Samples], frames: int) -> Any:
        windows.frames.append(frames)
        windows.together.append(len(sounds))
        return encoded(self, sounds, frames)

    monkeypatch.setattr(Whisper, "encoded", counted)
    return windows


@pytest.fixture(scope="module")
def fast(whisper_base: Path) -> Iterator[Transcriber]:
    """A transcriber with two workers that favours speed."""
    transcriber = Transcriber(whisper_base, quality=Quality.FAST, workers=2)
    yield transcriber
    asyncio.run(transcriber.close())


async def test_both_qualities_hear_the_known_notes(
    transcriber: Transcriber,
    fast: Transcriber,
    jfk: bytes,
    americans: bytes,
    russian_note: bytes,
    windows: Windows,
) -> None:
    for hearing, note, said in ((transcriber, americans, AMERICANS), (fast, jfk, JFK)):
        english, russian = await hearing.transcribe(note), await hearing.transcribe(russian_note)
        assert word_error_rate(said, english.text) <= 0.1
        assert english.language == "en"
        assert word_error_rate(PISETS, russian.text) <= 0.25
        assert russian.language == "ru"
    # Language and words are decoded together, in windows for the 2 to 6 s of each utterance.
    assert all(frames <= 1200 for frames in windows.frames)
    assert sum(windows.together) <= 2 + 4


def joined(sounds: list[Recording], pause_s: float) -> tuple[Recording, list[float]]:
    """``sounds`` with pauses between them, and the start of each."""
    parts: list[Samples] = []
    starts_s: list[float] = []
    for sound in sounds:
        starts_s.append(sum(map(len, parts)) / RECORDING_RATE_HZ)
        parts += [sound.samples, silence(pause_s).samples]
    return Recording(np.concatenate(parts)), starts_s


def assert_in_order(transcript: Transcript) -> None:
    times_s = [time_s for segment in transcript.segments for time_s in (segment.start_s, segment.end_s)]
    assert times_s == sorted(times_s)
    assert times_s[0] >= 0 and times_s[-1] <= transcript.duration_s


async def test_a_minute_of_the_same_words_has_them_each_time_when_they_were_said(
    fast: Transcriber, americans_sound: Recording, windows: Windows
) -> None:
    minute, starts_s = joined([americans_sound] * 3, 18)
    assert minute.duration_s > 60

    transcript = await fast.transcribe(minute)

    assert word_error_rate(" ".join([AMERICANS] * 3), transcript.text) <= 0.1
    assert_in_order(transcript)
    assert [segment.start_s for segment in transcript.segments] == pytest.approx(starts_s, abs=1)
    assert sum(windows.together) >= 3


async def test_a_minute_of_different_sentences_keeps_them_in_order(transcriber: Transcriber, corpus: Path) -> None:
    rows = [row.split("\t") for row in (corpus / "transcripts.tsv").read_text(encoding="utf-8").splitlines()]
    said = {row[3]: words(row[4]) for row in rows if row[0] in ("LJ001-0001", "LJ001-0004", "LJ001-0005", "LJ001-0008")}
    recording, starts_s = joined([decode((corpus / file).read_bytes()) for file in said], 9)
    assert recording.duration_s > 60

    transcript = await transcriber.transcribe(recording)

    assert word_error_rate(" ".join(said.values()), transcript.text) < 0.12
    assert_in_order(transcript)
    for phrase, file in [
        ("printing", "LJ001-0001.ogg"),
        ("produced the block books", "LJ001-0004.ogg"),
        ("the invention", "LJ001-0005.ogg"),
        ("has never been surpassed", "LJ001-0008.ogg"),
    ]:
        start_s = starts_s[list(said).index(file)]
        segment = next(one for one in transcript.segments if is_heard(phrase, one.text))
        assert segment.start_s - 1 <= start_s + 0.5 <= segment.end_s + 1


async def test_a_short_note_is_answered_while_minutes_are_transcribed(
    fast: Transcriber, jfk_sound: Recording, americans: bytes
) -> None:
    await fast.load()
    began_s = time.perf_counter()
    await fast.transcribe(americans)
    alone_s = time.perf_counter() - began_s
    recording, begun = Recording(np.resize(jfk_sound.samples, 100 * 16_000)), asyncio.Event()

    def progress(done: TranscriptionProgress) -> None:
        if done.text:
            begun.set()

    minutes = asyncio.create_task(fast.transcribe(recording, TranscriptionOptions(progress=progress)))
    await asyncio.wait_for(begun.wait(), 60)
    assert not minutes.done()

    began_s = time.perf_counter()
    transcript = await fast.transcribe(americans)
    took_s = time.perf_counter() - began_s

    assert word_error_rate(AMERICANS, transcript.text) <= 0.2
    assert not minutes.done(), "the machine is faster than this test expects"
    # One worker is kept free of long recordings; the other shares the processor.
    assert took_s < 5 * alone_s + 1
    minutes.cancel()
    with pytest.raises(asyncio.CancelledError):
        await minutes


async def test_notes_that_come_at_once_are_heard_together_and_each_gets_its_own_words(
    transcriber: Transcriber, americans: bytes, russian_note: bytes, windows: Windows
) -> None:
    await transcriber.load()
    notes = [americans, russian_note] * 2
    heard = await asyncio.gather(*(transcriber.transcribe(note) for note in notes))
    assert [one.language for one in heard] == ["en", "ru"] * 2
    assert all(word_error_rate(AMERICANS, one.text) <= 0.2 for one in heard[::2])
    assert all(word_error_rate(PISETS, one.text) <= 0.25 for one in heard[1::2])
    # Half-minute chunks of an earlier test may still be in progress.
    together = [count for count, frames in zip(windows.together, windows.frames, strict=True) if frames < 2000]
    assert len(together) < sum(together)
    assert 1 < max(together) <= 4


async def test_the_stages_of_a_graphics_card_hear_the_same_words(
    whisper_base: Path, jfk: bytes, russian_note: bytes, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stages, "on_processor", lambda workers, together: Stages.on_card(together=8))
    monkeypatch.setattr(Whisper, "is_on_card", True)
    opened = Openers.opened

    def opened_apart(self: Openers, data: bytes) -> OpenedRecording | None:
        until_s = time.monotonic() + 60
        while (found := opened(self, data)) is None and time.monotonic() < until_s:
            # Otherwise it would be opened in this process until a child process is free.
            time.sleep(0.02)
        return found

    monkeypatch.setattr(Openers, "opened", opened_apart)
    transcriber = Transcriber(whisper_base, workers=1)
    try:
        await transcriber.load()
        english, russian = await asyncio.gather(*(transcriber.transcribe(note) for note in (jfk, russian_note)))
        assert (english.language, russian.language) == ("en", "ru")
        assert word_error_rate(JFK, english.text) <= 0.1
        assert word_error_rate(PISETS, russian.text) <= 0.25
        assert max(windows.together) > 1
    finally:
        await transcriber.close()


class CardWhisper(ScriptedWhisper):
    """Hears a loop in the first sound it gets, and hears it again only once ``others_are_told``."""

    def __init__(self) -> None:
        super().__init__()
        self.others_are_told = threading.Event()
        self.together: list[int] = []
        self._sounds = 0

    is_on_card = True
    bands = 80

    def spectrum(self, sound: Samples, frames: int) -> Features:
        self._sounds += 1
        return np.full((80, frames), self._sounds, np.float32)

    def encoded(self, sounds: Sequence[Samples], frames: int) -> Any:
        return [(int(sound.max()), frames) for sound in sounds]

    def language_probabilities(self, encoded: Any) -> list[dict[str, float]]:
        return [{"en": 1.0}] * len(encoded)

    def decode(
        self, encoded: Any, options: Sequence[DecodingOptions], *, beams: int, max_tokens: int = MAX_TOKENS
    ) -> list[Hypothesis]:
        self.together.append(len(encoded))
        if encoded[0] == (1, FULL_WINDOW_FRAMES):
            assert self.others_are_told.wait(30)
        return [
            hypothesis("so it goes " * 30 if number == 1 and frames < FULL_WINDOW_FRAMES else "Ask not.")
            for number, frames in encoded
        ]


@pytest.fixture
async def on_card(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[CardWhisper, Transcriber]]:
    """A model, and a transcriber with the stages of a GPU."""
    whisper = CardWhisper()
    monkeypatch.setattr(Stages, "on_processor", lambda workers, together: Stages.on_card())
    monkeypatch.setattr(Whisper, "load", lambda model, **options: whisper)
    transcriber = Transcriber("none", workers=1)
    yield whisper, transcriber
    whisper.others_are_told.set()
    await transcriber.close()


async def test_on_a_card_nobody_waits_for_what_is_decoded_again_for_another(
    on_card: tuple[CardWhisper, Transcriber], jfk_sound: Recording
) -> None:
    whisper, transcriber = on_card

    def told(progress: TranscriptionProgress) -> None:
        if progress.text:
            whisper.others_are_told.set()

    # Its utterances are decoded together, the longest first.
    heard = await transcriber.transcribe(jfk_sound, TranscriptionOptions(progress=told))
    assert whisper.together[0] > 1 and whisper.together[-1] == 1
    assert heard.text == " ".join(["Ask not."] * whisper.together[0])


async def test_what_cannot_be_heard_together_is_heard_in_halves(
    on_card: tuple[CardWhisper, Transcriber], jfk_sound: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper, transcriber = on_card
    hear, most = whisper.encoded, 2
    whisper.others_are_told.set()

    def encoded(sounds: Sequence[Samples], frames: int) -> Any:
        if len(sounds) > most:
            raise RuntimeError("CUDA failed with error out of memory")
        return hear(sounds, frames)

    monkeypatch.setattr(whisper, "encoded", encoded)
    short = Recording(jfk_sound.samples[: 3 * 16_000])
    notes = [transcriber.transcribe(short, TranscriptionOptions(language="en")) for _ in range(9)]
    assert {heard.text for heard in await asyncio.gather(*notes)} == {"Ask not."}
    assert max(whisper.together) <= most


async def test_words_have_their_times(transcriber: Transcriber, jfk: bytes, russian_note: bytes) -> None:
    transcript = await transcriber.transcribe(jfk, TranscriptionOptions(words=True))
    found = [word for segment in transcript.segments for word in segment.words]
    assert word_error_rate(JFK, " ".join(word.text for word in found)) <= 0.1
    times_s = [time_s for word in found for time_s in (word.start_s, word.end_s)]
    assert times_s == sorted(times_s)
    # The times in the recording; a word may be misheard, but has its time.
    spoken = {1.8: "americans", 4.0: "not", 6.0: "country", 10.1: "country"}
    heard = {at_s: [words(w.text) for w in found if w.start_s <= at_s <= w.end_s] for at_s in spoken}
    assert all(heard.values())
    (country, *_) = [w for w in found if words(w.text) == "country"]
    assert country.end_s == pytest.approx(6.2, abs=0.4)
    assert sum([word] == heard[at_s] for at_s, word in spoken.items()) >= 3
    assert [w for w in found if w.start_s == pytest.approx(3.3, abs=0.4)], "after a pause"
    assert all(0 < word.probability <= 1 for word in found)
    without = await transcriber.transcribe(russian_note)
    assert [segment.words for segment in without.segments] == [()] * len(without.segments)


async def test_a_name_given_beforehand_mends_what_is_misheard(transcriber: Transcriber) -> None:
    note = (RECORDINGS / "saoirse.ogg").read_bytes()
    alone = await transcriber.transcribe(note)
    assert word_error_rate(SAOIRSE, alone.text) <= 0.5 and not is_heard("saoirse", alone.text, 0)
    hinted = await transcriber.transcribe(note, TranscriptionOptions(hints="Saoirse Blackwood"))
    assert word_error_rate(SAOIRSE, hinted.text) <= 0.15 and is_heard("saoirse blackwood", hinted.text, 0)


async def test_only_the_languages_that_are_allowed_are_considered(
    transcriber: Transcriber, russian_note: bytes
) -> None:
    free = await transcriber.transcribe(russian_note)
    bound = await transcriber.transcribe(russian_note, TranscriptionOptions(languages=["uk", "en"]))
    assert free.language == "ru"
    assert bound.language == "en"
    with pytest.raises(UnknownLanguageError):
        await transcriber.transcribe(russian_note, TranscriptionOptions(languages=["tlh"]))


async def test_the_way_through_a_long_recording_is_told(
    whisper_base: Path, jfk_sound: Recording, americans_sound: Recording
) -> None:
    minutes = silence(70)
    for start_s, sound in ((0, jfk_sound), (25, americans_sound), (50, americans_sound)):
        minutes.samples[start_s * 16_000 :][: len(sound.samples)] = sound.samples
    told: list[TranscriptionProgress] = []
    loop = asyncio.get_running_loop()

    def progress(done: TranscriptionProgress) -> None:
        assert asyncio.get_running_loop() is loop
        told.append(done)

    transcriber = Transcriber(whisper_base, workers=2, together=1)
    try:
        heard = await transcriber.transcribe(minutes, TranscriptionOptions(progress=progress))
    finally:
        await transcriber.close()
    assert len(told) >= 3
    assert [one.transcribed_s for one in told] == sorted(one.transcribed_s for one in told)
    assert {one.duration_s for one in told} == {70.0}
    assert told[-1].transcribed_s == pytest.approx(70)
    assert is_heard(JFK, told[0].text)
    assert [one.text for one in told] == [heard.text[: len(one.text)] for one in told]
    assert told[-1].text == heard.text


async def test_the_first_words_of_a_long_file_are_told_before_all_of_it_is_opened(
    fast: Transcriber, americans_sound: Recording
) -> None:
    minutes = file_of(joined([americans_sound] * 2, 29.6)[0].samples, WAV)
    told: list[TranscriptionProgress] = []
    heard = await fast.transcribe(minutes, TranscriptionOptions(progress=told.append))
    assert told[0].transcribed_s == 0
    assert is_heard(AMERICANS, told[0].text)
    assert [len(one.text) for one in told] == sorted(len(one.text) for one in told)
    assert heard.language == "en"
    assert heard.duration_s == pytest.approx(65, abs=0.5)


async def test_who_sends_much_waits_for_those_who_send_little(whisper_base: Path, russian_note: bytes) -> None:
    transcriber = Transcriber(whisper_base, workers=1, together=1)
    try:
        await transcriber.load()
        order: list[str] = []

        async def send(source: str) -> None:
            await transcriber.transcribe(russian_note, TranscriptionOptions(source=source))
            order.append(source)

        busy = [asyncio.create_task(send("busy guild")) for _ in range(3)]
        await asyncio.sleep(0)
        quiet = asyncio.create_task(send("quiet guild"))
        await asyncio.gather(*busy, quiet)
        assert order.index("quiet guild") <= 2
    finally:
        await transcriber.close()


async def test_busy_tells_how_long_it_takes(whisper_base: Path, americans: bytes) -> None:
    transcriber = Transcriber(whisper_base, workers=1, max_waiting=3)
    try:
        notes: list[bytes | Recording] = [americans, silence(12), silence(12), silence(12)]
        waiting = [asyncio.create_task(transcriber.transcribe(note)) for note in notes]
        await asyncio.sleep(0)
        with pytest.raises(TranscriberBusyError) as refused:
            await transcriber.transcribe(americans)
        assert refused.value.params["waiting"] == 4
        assert 5 <= cast("float", refused.value.params["wait_s"]) < 60
        await asyncio.gather(*waiting)
    finally:
        await transcriber.close()


async def test_a_model_that_nobody_needs_leaves_memory_and_comes_back(whisper_base: Path, russian_note: bytes) -> None:
    transcriber = Transcriber(whisper_base, unload_after_s=0.3)
    try:
        await transcriber.transcribe(russian_note)
        assert transcriber.is_loaded
        async with asyncio.timeout(30):
            while transcriber.is_loaded:
                await asyncio.sleep(0.05)
        transcript = await transcriber.transcribe(russian_note)
        assert word_error_rate(PISETS, transcript.text) <= 0.25
    finally:
        await transcriber.close()


async def test_many_long_recordings_take_turns(fast: Transcriber, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[float] = []

    def counted(samples: Samples, probabilities: object) -> list[Any]:
        opened.append(len(samples) / RECORDING_RATE_HZ)
        return []

    monkeypatch.setattr("audio.recognition.opening.utterances", counted)
    # Silence, in which nothing can be decoded a second time.
    long = silence(61)

    ends = await asyncio.gather(*(fast.transcribe(long) for _ in range(8)))

    assert opened == [61] * 8
    assert not any(end.has_speech for end in ends)
