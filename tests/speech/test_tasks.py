"""The messages to workers and back."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from audio import Segment, Speech, Transcript, TranscriptionOptions, Voice
from audio.recognition.batch import Quality
from audio.recognition.transcript import Word
from audio.synthesis.voices import Gender
from bot.speech.tasks import HearTask, SpeakTask

OPTIONS = TranscriptionOptions(
    language="en", languages=("en", "ru"), expected_languages={"ru": 2.0}, translate=True, quality=Quality.FAST,
    hints="Ada", words=True, source=7,
)  # fmt: skip


def test_what_is_wished_arrives_as_it_was() -> None:
    sent = HearTask.of("https://cdn.discordapp.com/1", 10, OPTIONS)
    got = msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=HearTask)
    assert got.options == OPTIONS


def test_results_arrive_as_they_were() -> None:
    transcript = Transcript("Да.", "ru", 0.9, 1.5, (Segment(0.0, 1.0, "Да.", (Word(0.0, 1.0, "Да.", 0.5),)),), True)
    speech = Speech(b"OggS", 1.0, b"\x00\xff", "joe", "piper")
    voices = (Voice("joe", "en-US", Gender.MALE, "piper", "Joe"),)
    for result, kind in ((transcript, Transcript), (speech, Speech), (voices, tuple[Voice, ...])):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(result), type=kind) == result


def test_a_task_is_known_again_by_its_wish_and_not_by_what_changes_over_a_restart() -> None:
    wish = HearTask.of("https://cdn.discordapp.com/1", 10, OPTIONS).fingerprint
    signed_anew = HearTask.of("https://cdn.discordapp.com/2", 10, replace(OPTIONS, expected_languages=None))
    assert signed_anew.fingerprint == wish
    assert HearTask.of("https://cdn.discordapp.com/1", 10, replace(OPTIONS, hints="Eve")).fingerprint != wish
    spoken = SpeakTask(text="Yes.", voice="joe")
    assert spoken.fingerprint == SpeakTask(text="Yes.", voice="joe").fingerprint
    assert (
        len(
            {
                spoken.fingerprint,
                SpeakTask(text="No.", voice="joe").fingerprint,
                SpeakTask(text="Yes.", voice="eve").fingerprint,
            }
        )
        == 3
    )
