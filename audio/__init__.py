"""Speech in and out: recordings to words, words to voice messages. Usable alone, without the bot."""

from audio.decoding import DecodingLimits, decode
from audio.encoding import encode
from audio.errors import (
    AudioError,
    BusyError,
    DamagedFileError,
    DecodingTooSlowError,
    EmptyFileError,
    EngineFailedError,
    LanguageNotSpokenError,
    ModelUnavailableError,
    NoSoundTrackError,
    NotAudioError,
    NothingToSayError,
    RecordingError,
    SampleRateTooHighError,
    SpeechUnavailableError,
    TooLargeError,
    TooLongError,
    TooManyChannelsError,
    TooShortError,
    TranscriberClosedError,
    UnknownLanguageError,
    UnknownVoiceError,
)
from audio.recording import Recording, Sound
from audio.speech import Speech
from audio.subtitles import subrip, webvtt
from audio.transcribing import Transcriber
from audio.transcript import Segment, Transcript
from audio.whisper_languages import LANGUAGES

__all__ = [
    "LANGUAGES",
    "AudioError",
    "BusyError",
    "DamagedFileError",
    "DecodingLimits",
    "DecodingTooSlowError",
    "EmptyFileError",
    "EngineFailedError",
    "LanguageNotSpokenError",
    "ModelUnavailableError",
    "NoSoundTrackError",
    "NotAudioError",
    "NothingToSayError",
    "Recording",
    "RecordingError",
    "SampleRateTooHighError",
    "Segment",
    "Sound",
    "Speech",
    "SpeechUnavailableError",
    "TooLargeError",
    "TooLongError",
    "TooManyChannelsError",
    "TooShortError",
    "Transcriber",
    "TranscriberClosedError",
    "Transcript",
    "UnknownLanguageError",
    "UnknownVoiceError",
    "decode",
    "encode",
    "subrip",
    "webvtt",
]
