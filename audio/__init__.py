"""Speech in and out: recordings to words, words to voice messages. Usable alone, without the bot."""

from audio.decoding.decoder import Decoder
from audio.decoding.decoding import decode
from audio.decoding.limits import DecodingLimits
from audio.errors import (
    AudioError,
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
    TranscriberBusyError,
    TranscriberClosedError,
    UnknownCodecError,
    UnknownLanguageError,
    UnknownVoiceError,
    VoiceFailedError,
)
from audio.language import detect_language
from audio.recognition.options import TranscriptionOptions
from audio.recognition.progress import OnProgress, TranscriptionProgress
from audio.recognition.recognizer import Recognizer
from audio.recognition.subtitles import subrip, webvtt
from audio.recognition.transcriber import Transcriber
from audio.recognition.transcript import Segment, Transcript
from audio.recognition.whisper_languages import LANGUAGES
from audio.recording import Recording, Sound
from audio.synthesis.clips import SynthesizedClip
from audio.synthesis.edge import EdgeEngine
from audio.synthesis.encoding import encode
from audio.synthesis.engine import Engine
from audio.synthesis.espeak import EspeakEngine
from audio.synthesis.loudness import loudness_lufs
from audio.synthesis.normalization import normalize_for_speech
from audio.synthesis.piper import PiperEngine
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.sentences import sentences
from audio.synthesis.speaker import Speaker
from audio.synthesis.speech import Speech
from audio.synthesis.streaming import StreamingSynthesis
from audio.synthesis.streaming_markdown import StreamingMarkdown
from audio.synthesis.synthesizer import Synthesizer
from audio.synthesis.voices import Gender, Voice

__all__ = [
    "LANGUAGES",
    "PLAIN",
    "AudioError",
    "DamagedFileError",
    "Decoder",
    "DecoderFailedError",
    "DecodingLimits",
    "DecodingTooSlowError",
    "EdgeEngine",
    "EmptyFileError",
    "Engine",
    "EngineFailedError",
    "EspeakEngine",
    "Gender",
    "LanguageNotSpokenError",
    "ModelUnavailableError",
    "NoSoundTrackError",
    "NotAudioError",
    "NothingToSayError",
    "OnProgress",
    "PiperEngine",
    "Prosody",
    "Recognizer",
    "Recording",
    "RecordingError",
    "SampleRateTooHighError",
    "Segment",
    "Sound",
    "Speaker",
    "Speech",
    "SpeechUnavailableError",
    "StreamingMarkdown",
    "StreamingSynthesis",
    "SynthesizedClip",
    "Synthesizer",
    "TooLargeError",
    "TooLongError",
    "TooManyChannelsError",
    "TooShortError",
    "Transcriber",
    "TranscriberBusyError",
    "TranscriberClosedError",
    "Transcript",
    "TranscriptionOptions",
    "TranscriptionProgress",
    "UnknownCodecError",
    "UnknownLanguageError",
    "UnknownVoiceError",
    "Voice",
    "VoiceFailedError",
    "decode",
    "detect_language",
    "encode",
    "loudness_lufs",
    "normalize_for_speech",
    "sentences",
    "subrip",
    "webvtt",
]
