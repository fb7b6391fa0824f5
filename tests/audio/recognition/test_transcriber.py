"""Real recordings are transcribed, silence is not, and the event loop stays free."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from audio import (
    LANGUAGES,
    Decoder,
    DecodingLimits,
    ModelUnavailableError,
    Recording,
    TooLongError,
    Transcriber,
    TranscriberBusyError,
    TranscriberClosedError,
    TranscriptionProgress,
    UnknownLanguageError,
    decode,
)
from audio.recognition.options import TranscriptionOptions
from audio.recognition.voice_activity import speech_probabilities
from tests.audio.made_recordings import (
    MP3,
    breath,
    click,
    dialled_digits,
    fainter,
    file_of,
    hum,
    music,
    noise,
    silence,
    tone,
    two_tracks,
)
from tests.spoken import AMERICANS, JFK, PISETS, is_heard, word_error_rate, words


async def test_an_english_note_is_transcribed_in_english(transcriber: Transcriber, jfk: bytes) -> None:
    transcript = await transcriber.transcribe(jfk)

    assert word_error_rate(JFK, transcript.text) <= 0.1
    assert transcript.language == "en"
    assert transcript.language_probability > 0.8
    assert transcript.duration_s == pytest.approx(11, abs=0.01)
    assert not transcript.truncated
    assert transcript.has_speech
    assert transcript.text == " ".join(segment.text for segment in transcript.segments)
    times_s = [time_s for segment in transcript.segments for time_s in (segment.start_s, segment.end_s)]
    assert times_s == sorted(times_s)
    assert times_s[0] >= 0 and times_s[-1] <= transcript.duration_s


async def test_a_russian_note_is_transcribed_in_russian(transcriber: Transcriber, russian_note: bytes) -> None:
    transcript = await transcriber.transcribe(russian_note)

    assert transcript.language == "ru"
    assert transcript.language_probability > 0.9
    assert word_error_rate(PISETS, transcript.text) <= 0.25


async def test_a_russian_note_is_translated_into_english(transcriber: Transcriber, russian_note: bytes) -> None:
    transcript = await transcriber.transcribe(russian_note, TranscriptionOptions(language="ru-RU", translate=True))

    assert transcript.language == "ru"
    assert transcript.language_probability == 1
    assert "good" in words(transcript.text).split()


async def test_a_note_that_breaks_off_is_transcribed_as_far_as_it_goes(transcriber: Transcriber, jfk: bytes) -> None:
    transcript = await transcriber.transcribe(jfk[: len(jfk) // 2])

    assert transcript.truncated
    assert is_heard(AMERICANS, transcript.text)
    assert "for your country" not in words(transcript.text)


@pytest.mark.parametrize("by_db", [0, 50])
@pytest.mark.parametrize(
    "sound", [silence, tone, noise, click, hum, breath, music, dialled_digits], ids=lambda sound: str(sound.__name__)
)
async def test_no_words_are_made_up_where_nobody_speaks(
    transcriber: Transcriber, sound: Callable[[float], Recording], by_db: float
) -> None:
    transcript = await transcriber.transcribe(fainter(sound(5), by_db))

    assert not transcript.has_speech
    assert (transcript.text, transcript.segments, transcript.language) == ("", (), None)
    assert transcript.duration_s == 5


async def test_a_faint_voice_is_heard(transcriber: Transcriber, americans_sound: Recording) -> None:
    transcript = await transcriber.transcribe(fainter(americans_sound, 60))
    assert word_error_rate(AMERICANS, transcript.text) <= 0.25


async def test_a_voice_is_heard_from_its_first_word_on_after_music(
    transcriber: Transcriber, americans_sound: Recording
) -> None:
    both = np.concatenate([3 * music(12).samples, fainter(americans_sound, 6).samples])

    transcript = await transcriber.transcribe(Recording(np.clip(both, -1, 1)))

    assert word_error_rate(AMERICANS, transcript.text) <= 0.25
    assert transcript.segments[0].start_s == pytest.approx(12.3, abs=1)


async def test_a_quiet_voice_after_a_loud_one_is_heard(transcriber: Transcriber, americans_sound: Recording) -> None:
    quiet = fainter(americans_sound, 30).samples
    both = Recording(np.concatenate([americans_sound.samples, silence(0.8).samples, quiet]))

    transcript = await transcriber.transcribe(both)

    assert word_error_rate(f"{AMERICANS} {AMERICANS}", transcript.text) <= 0.25


async def test_several_turns_are_all_heard_once(transcriber: Transcriber, corpus: Path) -> None:
    said = ["he was not an ill disposed young man", "in being comparatively modern", "lock the front door"]
    names = ["librivox-0880", "LJ001-0002", "s2p-en-04"]
    notes = [decode((corpus / f"{name}.ogg").read_bytes()).samples for name in names]
    turns = Recording(np.concatenate([part for note in notes for part in (note, silence(0.8).samples)]))

    transcript = await transcriber.transcribe(turns)

    assert word_error_rate(" ".join(said), transcript.text) <= 0.25
    assert len(transcript.segments) == 3
    starts_s = [sum(len(note) / 16_000 + 0.8 for note in notes[:number]) for number in range(3)]
    assert [segment.start_s for segment in transcript.segments] == pytest.approx(starts_s, abs=1)


async def test_speech_on_another_track_is_found_when_nobody_speaks_on_the_first(
    transcriber: Transcriber, americans_sound: Recording
) -> None:
    transcript = await transcriber.transcribe(two_tracks(music(3), americans_sound))
    assert word_error_rate(AMERICANS, transcript.text) <= 0.25


async def test_a_language_that_is_expected_changes_nothing_where_another_is_heard_for_sure(
    transcriber: Transcriber, russian_note: bytes
) -> None:
    transcript = await transcriber.transcribe(
        russian_note, TranscriptionOptions(expected_languages={"en-US": 9, "tlh": 1})
    )
    assert transcript.language == "ru"


@pytest.mark.parametrize(
    ("note", "language", "max_errors"),
    [("fleurs-ru", "ru", 0.4), ("fleurs-de-001", "de", 0.35), ("s2p-en-08", "en", 0.2)],
)
async def test_notes_of_the_corpus_are_heard_well(
    transcriber: Transcriber, corpus: Path, note: str, language: str, max_errors: float
) -> None:
    rows = (corpus / "transcripts.tsv").read_text(encoding="utf-8").splitlines()
    said = next(row.split("\t")[4] for row in rows if row.startswith(note + "\t"))

    transcript = await transcriber.transcribe((corpus / f"{note}.ogg").read_bytes())

    assert transcript.language == language
    assert word_error_rate(said, transcript.text) <= max_errors


async def test_a_long_recording_leaves_the_loop_free_and_stops_when_nobody_waits(
    transcriber: Transcriber, jfk_sound: Recording
) -> None:
    minutes = Recording(np.resize(jfk_sound.samples, 100 * 16_000))
    heard = asyncio.Event()

    def progress(done: TranscriptionProgress) -> None:
        if done.text:
            heard.set()

    await transcriber.load()
    lags_s: list[float] = []

    async def feel_the_loop() -> None:
        while True:
            began_s = time.perf_counter()
            await asyncio.sleep(0.01)
            lags_s.append(time.perf_counter() - began_s - 0.01)

    feeling = asyncio.create_task(feel_the_loop())
    transcribing = asyncio.create_task(transcriber.transcribe(minutes, TranscriptionOptions(progress=progress)))
    await asyncio.wait_for(heard.wait(), 60)
    assert not transcribing.done(), "the machine is faster than this test expects"
    transcribing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await transcribing
    # The workers are free once their current chunks are done: another note does not wait for minutes.
    async with asyncio.timeout(30):
        after = await transcriber.transcribe(silence(1))
    feeling.cancel()

    assert not after.has_speech
    assert max(lags_s) < 2


async def test_hours_are_not_opened_or_searched_any_further_when_nobody_waits(
    whisper_base: Path, jfk_sound: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    ends: asyncio.Queue[type[BaseException] | None] = asyncio.Queue()

    def observed(work: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **options: object) -> object:
            loop.call_soon_threadsafe(begun.set)
            try:
                found = work(*args, **options)
            except BaseException as error:
                loop.call_soon_threadsafe(ends.put_nowait, type(error))
                raise
            loop.call_soon_threadsafe(ends.put_nowait, None)
            return found

        return run

    monkeypatch.setattr(Decoder, "decode", observed(Decoder.decode))
    monkeypatch.setattr("audio.recognition.opening.speech_probabilities", observed(speech_probabilities))
    transcriber = Transcriber(whisper_base, workers=1, limits=DecodingLimits(max_duration_s=7300, max_bytes=50 << 20))
    two_hours = file_of(jfk_sound.samples, MP3) * 630
    try:
        for recording in (two_hours, Recording(np.resize(jfk_sound.samples, 1200 * 16_000))):
            begun.clear()
            transcribing = asyncio.create_task(transcriber.transcribe(recording))
            async with asyncio.timeout(60):
                await begun.wait()
                transcribing.cancel()
                assert await ends.get() is CancelledError
        # The decoder that was stopped has been replaced.
        assert (await transcriber.transcribe(file_of(silence(1).samples, MP3))).text == ""
    finally:
        await transcriber.close()


async def test_too_many_recordings_at_once_are_refused(whisper_base: Path) -> None:
    transcriber = Transcriber(whisper_base, workers=1, max_waiting=1)
    try:
        waiting = [asyncio.create_task(transcriber.transcribe(silence(2))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TranscriberBusyError, match=r"Too many recordings are waiting already \(2\)"):
            await transcriber.transcribe(silence(2))
        await asyncio.gather(*waiting)
        assert not (await transcriber.transcribe(silence(2))).has_speech
    finally:
        await transcriber.close()


async def test_what_waits_when_the_transcriber_closes_is_told_so(whisper_base: Path) -> None:
    transcriber = Transcriber(whisper_base, workers=1)
    waiting = [asyncio.create_task(transcriber.transcribe(noise(30))) for _ in range(3)]
    await asyncio.sleep(0)
    await transcriber.close()

    ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(ends[-1], TranscriberClosedError)
    with pytest.raises(TranscriberClosedError):
        await transcriber.transcribe(silence(1))


async def test_its_own_limits_hold(whisper_base: Path, jfk: bytes) -> None:
    transcriber = Transcriber(whisper_base, limits=DecodingLimits(max_duration_s=5))
    try:
        with pytest.raises(TooLongError, match="and the limit is 5 s"):
            await transcriber.transcribe(jfk)
    finally:
        await transcriber.close()


async def test_an_unknown_language_is_refused(transcriber: Transcriber, jfk: bytes) -> None:
    with pytest.raises(UnknownLanguageError, match=r"does not know the language tlh\. It knows: af, am"):
        await transcriber.transcribe(jfk, TranscriptionOptions(language="tlh"))


def test_the_languages_are_those_of_whisper() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert tuple(_LANGUAGE_CODES) == LANGUAGES


@pytest.mark.parametrize("model", ["no-such-model", "/no/such/folder", Path("no-such-folder")])
async def test_an_unknown_model_is_refused_with_what_to_do(model: str | Path) -> None:
    transcriber = Transcriber(model)
    with pytest.raises(
        ModelUnavailableError, match=r"there is no such folder and no such model\. WHISPER_MODEL is the folder"
    ):
        await transcriber.load()
    await transcriber.close()


async def test_a_folder_with_a_damaged_model_is_refused(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    transcriber = Transcriber(tmp_path)
    with pytest.raises(ModelUnavailableError, match="cannot be loaded"):
        await transcriber.load()
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelUnavailableError, match=r"the folder has no tokenizer\.json"):
        await transcriber.load()
    await transcriber.close()


async def test_a_model_that_the_hub_does_not_give_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    transcriber = Transcriber("Systran/faster-whisper-nobody-has-this")
    with pytest.raises(ModelUnavailableError, match="or one of these names while the network is up"):
        await transcriber.load()
    await transcriber.close()
