from .decoding.decoder import Decoder as Decoder
from .decoding.decoding import decode as decode
from .decoding.limits import DecodingLimits as DecodingLimits
from .errors import (
    AudioError as AudioError,
    DamagedFileError as DamagedFileError,
    DecoderFailedError as DecoderFailedError,
    DecodingTooSlowError as DecodingTooSlowError,
    EmptyFileError as EmptyFileError,
    EngineFailedError as EngineFailedError,
    LanguageNotSpokenError as LanguageNotSpokenError,
    ModelUnavailableError as ModelUnavailableError,
    NoSoundTrackError as NoSoundTrackError,
    NotAudioError as NotAudioError,
    NothingToSayError as NothingToSayError,
    RecordingError as RecordingError,
    SampleRateTooHighError as SampleRateTooHighError,
    SpeechUnavailableError as SpeechUnavailableError,
    TooLargeError as TooLargeError,
    TooLongError as TooLongError,
    TooManyChannelsError as TooManyChannelsError,
    TooShortError as TooShortError,
    TranscriberBusyError as TranscriberBusyError,
    TranscriberClosedError as TranscriberClosedError,
    UnknownCodecError as UnknownCodecError,
    UnknownLanguageError as UnknownLanguageError,
    UnknownVoiceError as UnknownVoiceError,
    VoiceFailedError as VoiceFailedError,
)
from .language import detect_language as detect_language
from .recognition.options import TranscriptionOptions as TranscriptionOptions
from .recognition.progress import (
    OnProgress as OnProgress,
    TranscriptionProgress as TranscriptionProgress,
)
from .recognition.recognizer import Recognizer as Recognizer
from .recognition.subtitles import (
    subrip as subrip,
    webvtt as webvtt,
)
from .recognition.transcriber import Transcriber as Transcriber
from .recognition.transcript import (
    Segment as Segment,
    Transcript as Transcript,
)
from .recognition.whisper_languages import LANGUAGES as LANGUAGES
from .recording import (
    Recording as Recording,
    Sound as Sound,
)
from .synthesis.clips import SynthesizedClip as SynthesizedClip
from .synthesis.edge import EdgeEngine as EdgeEngine
from .synthesis.encoding import encode as encode
from .synthesis.engine import Engine as Engine
from .synthesis.espeak import EspeakEngine as EspeakEngine
from .synthesis.loudness import loudness_lufs as loudness_lufs
from .synthesis.normalization import normalize_for_speech as normalize_for_speech
from .synthesis.piper import PiperEngine as PiperEngine
from .synthesis.prosody import (
    PLAIN as PLAIN,
    Prosody as Prosody,
)
from .synthesis.sentences import sentences as sentences
from .synthesis.speech_synthesizer import SpeechSynthesizer as SpeechSynthesizer
from .synthesis.speech import Speech as Speech
from .synthesis.streaming import StreamingSynthesis as StreamingSynthesis
from .synthesis.streaming_markdown import StreamingMarkdown as StreamingMarkdown
from .synthesis.synthesizer import Synthesizer as Synthesizer
from .synthesis.voices import (
    Gender as Gender,
    Voice as Voice,
)
