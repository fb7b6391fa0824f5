"""Speech in and out: recordings to words, words to voice messages. Usable alone, without the bot."""

from audio.decoder import Decoder
from audio.decoding import decode
from audio.decoding_limits import DecodingLimits
from audio.dictation import Dictation
from audio.edge import EdgeEngine
from audio.encoding import encode
from audio.engines import Engine
from audio.errors import (
    AudioError,
    BusyError,
    DamagedFileError,
    DecoderFailedError,
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
    UnknownCodecError,
    UnknownLanguageError,
    UnknownVoiceError,
    VoiceFailedError,
)
from audio.espeak import EspeakEngine
from audio.growing_text import GrowingText
from audio.language import detect_language
from audio.loudness import loudness_lufs
from audio.pieces import Piece
from audio.piper import PiperEngine
from audio.prosody import PLAIN, Prosody
from audio.recording import Recording, Sound
from audio.sentences import sentences
from audio.speakable import speakable
from audio.speaking import Speaker
from audio.speech import Speech
from audio.subtitles import subrip, webvtt
from audio.transcribing import Transcriber
from audio.transcript import Segment, Transcript
from audio.voices import Gender, Voice
from audio.whisper_languages import LANGUAGES

__all__ = [
    "LANGUAGES",
    "PLAIN",
    "AudioError",
    "BusyError",
    "DamagedFileError",
    "Decoder",
    "DecoderFailedError",
    "DecodingLimits",
    "DecodingTooSlowError",
    "Dictation",
    "EdgeEngine",
    "EmptyFileError",
    "Engine",
    "EngineFailedError",
    "EspeakEngine",
    "Gender",
    "GrowingText",
    "LanguageNotSpokenError",
    "ModelUnavailableError",
    "NoSoundTrackError",
    "NotAudioError",
    "NothingToSayError",
    "Piece",
    "PiperEngine",
    "Prosody",
    "Recording",
    "RecordingError",
    "SampleRateTooHighError",
    "Segment",
    "Sound",
    "Speaker",
    "Speech",
    "SpeechUnavailableError",
    "TooLargeError",
    "TooLongError",
    "TooManyChannelsError",
    "TooShortError",
    "Transcriber",
    "TranscriberClosedError",
    "Transcript",
    "UnknownCodecError",
    "UnknownLanguageError",
    "UnknownVoiceError",
    "Voice",
    "VoiceFailedError",
    "decode",
    "detect_language",
    "encode",
    "loudness_lufs",
    "sentences",
    "speakable",
    "subrip",
    "webvtt",
]
