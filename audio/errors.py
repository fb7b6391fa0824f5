"""Every error that speech in and out raises on purpose."""

from __future__ import annotations

from bot.errors import StarlingError
from bot.errors import translatable as _


class AudioError(StarlingError):
    """Raised when speech cannot be transcribed or spoken, for a reason that can be shown to people."""

    sentence = _("Something went wrong with the sound. Please try again.")


class RecordingError(AudioError):
    """Raised when a file cannot be used as a recording; another file may work."""

    sentence = _("This recording cannot be used. Please try another one.")


class EmptyFileError(RecordingError):
    """Raised when the file has no bytes."""

    sentence = _("This file is empty. Please record it again.")


class NotAudioError(RecordingError):
    """Raised when the first bytes match none of the supported containers: text, a playlist, anything else."""

    sentence = _("This file is not a recording that I can read. I read {containers}; please save it as MP3.")

    def __init__(self, containers: str) -> None:
        super().__init__(containers=containers)


class DamagedFileError(RecordingError):
    """Raised when the container is known but nothing in it can be decoded."""

    sentence = _("This {container} file is damaged: no sound in it can be read. Please record or export it again.")

    def __init__(self, container: str) -> None:
        super().__init__(container=container)


class NoSoundTrackError(RecordingError):
    """Raised when the file can be read but has no audio track, only video for example."""

    sentence = _("This {container} file has no sound track, so there is nothing to hear in it.")

    def __init__(self, container: str) -> None:
        super().__init__(container=container)


class UnknownCodecError(RecordingError):
    """Raised when the sound track uses a codec that is not supported."""

    sentence = _("The sound in this {container} file is in a form that I cannot read ({codec}). Please send it as MP3.")

    def __init__(self, container: str, codec: str) -> None:
        super().__init__(container=container, codec=codec)


class TooShortError(RecordingError):
    """Raised when the recording is too short to contain a syllable."""

    sentence = _("This recording is too short: it lasts {duration_s:.2f} s, and at least {limit_s:.1f} s is needed.")

    def __init__(self, duration_s: float, limit_s: float) -> None:
        super().__init__(duration_s=duration_s, limit_s=limit_s)


class TooLongError(RecordingError):
    """Raised when the recording declares a duration above the limit, or turns out to be longer than the limit.

    ``duration_s`` is the declared duration, or else how much of the file had been decoded.
    """

    sentence = _("This recording is too long: it lasts {duration_s:.0f} s or more, and the limit is {limit_s:.0f} s.")

    def __init__(self, duration_s: float, limit_s: float) -> None:
        super().__init__(duration_s=duration_s, limit_s=limit_s)


class TooLargeError(RecordingError):
    """Raised when the file has more bytes than the limit."""

    sentence = _("This file is too large: it has {size_mib:.1f} MiB, and the limit is {limit_mib:.1f} MiB.")

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(size_mib=size_bytes / 2**20, limit_mib=limit_bytes / 2**20)


class TooManyChannelsError(RecordingError):
    """Raised when the sound track has more channels than the limit."""

    sentence = _("This recording has {channels} channels, and the limit is {limit}. Please mix it down first.")

    def __init__(self, channels: int, limit: int) -> None:
        super().__init__(channels=channels, limit=limit)


class SampleRateTooHighError(RecordingError):
    """Raised when the sampling rate of the sound track is above the limit."""

    sentence = _("This recording has {rate_hz} samples a second, and the limit is {limit_hz}. Please convert it first.")

    def __init__(self, rate_hz: int, limit_hz: int) -> None:
        super().__init__(rate_hz=rate_hz, limit_hz=limit_hz)


class DecodingTooSlowError(RecordingError):
    """Raised when decoding takes more processor time than the limit."""

    sentence = _("This file takes too long to read: more than {limit_s:.0f} s. Please convert it to Ogg Opus or MP3.")

    def __init__(self, limit_s: float) -> None:
        super().__init__(limit_s=limit_s)


class DecoderFailedError(RecordingError):
    """Raised when a decoder crashed on the file, or needed more memory than it is allowed."""

    sentence = _("Reading this {container} file failed. Please export it again, or convert it to Ogg Opus or MP3.")

    def __init__(self, container: str) -> None:
        super().__init__(container=container)


class TranscriberBusyError(AudioError):
    """Raised when too many recordings are waiting for another one to be accepted."""

    sentence = _("Too many recordings are waiting already ({waiting}). Please try again in about {wait_s:.0f} s.")
    is_transient = True

    def __init__(self, waiting: int, wait_s: float) -> None:
        """``wait_s``: the estimated time until all of them are transcribed; at least 5 s are shown."""
        super().__init__(waiting=waiting, wait_s=max(wait_s, 5.0))


class TranscriberClosedError(AudioError):
    """Raised when a recording is waiting or arrives while the transcriber is closing."""

    sentence = _("I am shutting down and stopped listening to this recording. Please send it again in a minute.")
    is_transient = True


class ModelUnavailableError(AudioError):
    """Raised when the speech model is neither a usable folder nor a name that can be downloaded."""

    sentence = _(
        "The speech model {model} cannot be loaded: {reason}. WHISPER_MODEL is the folder of a converted "
        "Whisper model, or one of these names while the network is up: {names}. WHISPER_COMPUTE_TYPE is int8, unless "
        "you know better."
    )
    concerns_host = True

    def __init__(self, model: str, reason: str, names: str) -> None:
        super().__init__(model=model, reason=reason, names=names)


class GraphicsCardUnavailableError(AudioError):
    """Raised when the settings ask for a graphics card that cannot be used."""

    sentence = _("The speech model cannot run on a graphics card: {reason}. Set WHISPER_DEVICE to cpu or auto.")
    concerns_host = True

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class UnknownLanguageError(AudioError):
    """Raised when the caller asks for a language that the speech model does not know."""

    sentence = _("The speech model does not know the language {language}. It knows: {known}.")

    def __init__(self, language: str, known: str) -> None:
        super().__init__(language=language, known=known)


class NothingToSayError(AudioError):
    """Raised when a text contains nothing that can be said aloud: it is empty, or only code and pictures."""

    sentence = _("There is nothing in this text that can be said aloud.")


class UnknownVoiceError(AudioError):
    """Raised when no voice has the requested name."""

    sentence = _("There is no voice named {voice}. Please choose one from the list of voices.")

    def __init__(self, voice: str) -> None:
        super().__init__(voice=voice)


class SpeechUnavailableError(AudioError):
    """Raised when every engine that speaks the language failed."""

    sentence = _("No voice can speak right now ({reasons}). Please try again in a few minutes.")
    is_transient = True
    concerns_host = True

    def __init__(self, reasons: str) -> None:
        super().__init__(reasons=reasons)


class LanguageNotSpokenError(AudioError):
    """Raised when no engine has a voice for the language."""

    sentence = _("No voice here speaks the language {language}.")

    def __init__(self, language: str) -> None:
        super().__init__(language=language)


class EngineFailedError(AudioError):
    """Raised when one voice engine cannot speak; the next one is tried then."""

    sentence = _("The voice engine {engine} failed: {reason}.")
    concerns_host = True

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(engine=engine, reason=reason)
        self.reason = reason


class RecognizerFailedError(AudioError):
    """Raised when one recognizer cannot transcribe; the next one is tried then."""

    sentence = _("The recognizer {recognizer} failed: {reason}.")
    concerns_host = True

    def __init__(self, recognizer: str, reason: str) -> None:
        super().__init__(recognizer=recognizer, reason=reason)
        self.recognizer = recognizer
        self.reason = reason


class RecognitionUnavailableError(AudioError):
    """Raised when every recognizer that was tried failed."""

    sentence = _("I cannot transcribe recordings right now ({reasons}). Please try again in a few minutes.")
    is_transient = True
    concerns_host = True

    def __init__(self, reasons: str) -> None:
        super().__init__(reasons=reasons)


class UnknownEngineError(AudioError):
    """Raised when a setting names a voice engine or a recognizer that does not exist."""

    sentence = _("The setting {setting} cannot be {name}. Please choose one of: {known}.")

    def __init__(self, setting: str, name: str, known: str) -> None:
        super().__init__(setting=setting, name=name, known=known)


class EngineNotConfiguredError(AudioError):
    """Raised when a setting chooses a voice engine or a recognizer for which another setting is missing."""

    sentence = _("The setting {setting} cannot be {name} without {needed}.")

    def __init__(self, setting: str, name: str, needed: str) -> None:
        super().__init__(setting=setting, name=name, needed=needed)


class VoiceFailedError(EngineFailedError):
    """Raised when one voice cannot speak, although other voices of its engine may."""
