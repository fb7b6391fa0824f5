"""eSpeak NG: about a hundred languages, robotic, always available."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from cachetools import cached

from audio.errors import EngineFailedError, VoiceFailedError
from audio.recording import Samples, Sound
from audio.registry import Registration
from audio.synthesis.engines import ENGINES
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.reading.read_out import read_out
from audio.synthesis.voices import Gender, Voice

_LOG = logging.getLogger(__name__)

LABEL = "eSpeak NG"
PACKAGE = "espeakng_loader"

# espeak-ng/speak_lib.h
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_RATE, _PITCH = 1, 3
_USUAL_RATE_WPM = 175
_USUAL_PITCH, _PITCH_STEPS_PER_OCTAVE = 50, 75
"""``pitch_adjust_tab`` of synthesize.c goes from half the voice's frequency at 0 to twice at 100, apart from the range
in which the voice moves: measured by autocorrelation, 75 steps change it by an octave, to within a semitone for up to
6."""
_GENDERS: dict[int, Gender] = {1: Gender.MALE, 2: Gender.FEMALE}

_LEFT_OUT = re.compile(r"ja|xex|.*-(latn|shaw)|.*-.*-.*", re.IGNORECASE)
"""The languages left out: Japanese, since it says "Chinese letter" for every kanji; its own test voice; unusual scripts
and dialects."""

_VARIANT = b"+m3"
"""The variant that is understood best: Whisper base mishears fewer letters than with the plain one, in English 5
instead of 7 % (5 texts), and at 150 words a minute in German 19 instead of 22 % (3 texts), in Russian 45 instead of 63
% (8 texts)."""


class _VoiceRecord(ctypes.Structure):
    """``espeak_VOICE``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("_private1", ctypes.c_ubyte),
        ("_private2", ctypes.c_int),
        ("_private3", ctypes.c_void_p),
    )


_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True, slots=True)
class _Library:
    """The loaded library; its state is global to the process, so ``lock`` is held during each call."""

    calls: ctypes.CDLL
    rate_hz: int
    voices: dict[Voice, bytes]
    """The library's identifier of each voice."""
    lock: threading.Lock

    def say(self, voice: Voice, text: str, prosody: Prosody) -> Samples:
        parts: list[Samples] = []

        def keep(samples: ctypes._Pointer[ctypes.c_short], count: int, _: int | None) -> int:
            if samples and count > 0:
                parts.append(np.ctypeslib.as_array(samples, (count,)).astype(np.float32) / np.float32(2**15))
            return 0

        callback = _SynthCallback(keep)
        utf8 = text.encode()
        pitch = _USUAL_PITCH + round(_PITCH_STEPS_PER_OCTAVE * prosody.pitch / 12)
        with self.lock:
            self.calls.espeak_SetSynthCallback(callback)
            failed = (
                self.calls.espeak_SetVoiceByName(self.voices[voice] + _VARIANT)
                or self.calls.espeak_SetParameter(_RATE, round(_USUAL_RATE_WPM * prosody.rate), 0)
                or self.calls.espeak_SetParameter(_PITCH, pitch, 0)
                or self.calls.espeak_Synth(utf8, len(utf8) + 1, 0, 0, 0, _CHARS_UTF8, None, None)
            )
            # The library keeps this pointer, which must not outlive the function behind it.
            self.calls.espeak_SetSynthCallback(None)
        if failed:
            raise VoiceFailedError(EspeakEngine.name, f"{voice.name} answered with code {failed}")
        return np.concatenate([np.zeros(0, np.float32), *parts])


# Two threads that initialised the library at once would free what the other one reads: the second waits.
@cached({}, condition=threading.Condition())
def _library() -> _Library | None:
    """The library, initialised with the data of its own wheel; None if it is not installed or cannot be loaded."""
    try:
        import espeakng_loader
    except ImportError:
        _LOG.info("espeakng-loader is not installed: no eSpeak NG voices")
        return None
    try:
        calls = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
    except (OSError, RuntimeError) as error:
        _LOG.warning("eSpeak NG cannot be loaded: %s", error)
        return None
    calls.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceRecord))
    calls.espeak_SetSynthCallback.argtypes = (ctypes.c_void_p,)
    calls.espeak_Synth.argtypes = (
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    rate_hz = calls.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_DONT_EXIT)
    if rate_hz <= 0:
        _LOG.warning("eSpeak NG cannot be initialised: it answered with code %s", rate_hz)
        return None
    return _Library(calls, rate_hz, _voices(calls), threading.Lock())


def _voices(calls: ctypes.CDLL) -> dict[Voice, bytes]:
    listed = calls.espeak_ListVoices(None)
    found: list[tuple[bytes, Voice]] = []
    for index in range(10_000):
        if not listed[index]:
            break
        record = listed[index].contents
        # The first byte is a priority among the languages of one voice.
        language = record.languages[1:].decode()
        if _LEFT_OUT.fullmatch(language):
            continue
        base, _, region = language.partition("-")
        tag = f"{base}-{region.upper()}" if region else base
        name = "espeak-" + record.identifier.decode().rpartition("/")[2]
        gender = _GENDERS.get(record.gender, Gender.UNKNOWN)
        found.append((record.identifier, Voice(name, tag, gender, EspeakEngine.name, LABEL)))
    # The shortest identifier of a language is its common form: zle/ru, before zle/ru-cl.
    return {voice: identifier for identifier, voice in sorted(found, key=lambda entry: (len(entry[0]), entry[0]))}


class EspeakEngine:
    """Speaks with eSpeak NG. Needs the extra package ``espeakng-loader``; has no voices without it."""

    name = "espeak"
    batch_chars = 0

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="espeak-ng")

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        """Never uses the network."""
        library = await asyncio.to_thread(_library)
        return tuple(library.voices) if library else ()

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        """Takes about a hundredth of the speech's duration."""
        loop = asyncio.get_running_loop()
        library = await asyncio.to_thread(_library)
        if library is None or voice not in library.voices:
            raise EngineFailedError(self.name, f"there is no voice {voice.name}")
        samples = await loop.run_in_executor(self._pool, library.say, voice, read_out(text, voice.language), prosody)
        if not samples.any():
            raise VoiceFailedError(self.name, f"{voice.name} stayed silent")
        return Sound(samples, library.rate_hz)

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)


ENGINES.register(
    Registration(
        name=EspeakEngine.name,
        label=LABEL,
        preference=200,
        build=lambda _settings, _find: EspeakEngine(),
        package=PACKAGE,
    )
)
