"""Festival: the Russian voice that Debian and Ubuntu package, if it is installed."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from pathlib import Path

import numpy as np
from anyascii import anyascii

from audio.child_environment import child_environment
from audio.errors import EngineFailedError, VoiceFailedError
from audio.recording import Samples, Sound
from audio.registry import Registration
from audio.synthesis.engines import ENGINES
from audio.synthesis.filtering import filtered
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.reading.read_out import read_out
from audio.synthesis.voices import Gender, Voice

LABEL = "Festival"
PROGRAM = "text2wave"
VOICES = Path("/usr/share/festival/voices")
"""Where distributions install voices."""
RUSSIAN = Voice("festival-ru-nsh", "ru-RU", Gender.MALE, "festival", LABEL)
"""Whisper base hears a third as many wrong words in it as in eSpeak's Russian (word error rates of 0.43 and 1.22, over
five sentences)."""
_FOLDER, _CHOICE = "russian/msu_ru_nsh_clunits", "(voice_msu_ru_nsh_clunits)"
"""The folder of that voice, and the command that selects it."""

_KNOWN = re.compile(r"[0-9A-Za-zА-Яа-яЁё\s.,!?:;\"'()-]")
"""The characters that the voice has rules for."""
_DASH = re.compile(r"\s+[—–-]+\s+")
_WORDLESS = re.compile(r"(?<!\S)[^0-9A-Za-zА-Яа-яЁё\s]+(?!\S)")
_QUOTED = "LTS_Ruleset"
"""Marks the program's message about a character without a rule; it quotes the word, so it is not passed on."""

RATE_HZ = 16_000
TIMEOUT_S = 60.0


def has_russian() -> bool:
    """Whether the program and the voice are installed."""
    return shutil.which(PROGRAM) is not None and (VOICES / _FOLDER).is_dir()


class FestivalEngine:
    """Starts a program for each text, which takes half a second."""

    name = "festival"
    batch_chars = 300

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        """Never uses the network."""
        return (RUSSIAN,) if has_russian() else ()

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        """The voice is made of recorded pieces, so its speed and pitch are changed afterwards."""
        if voice not in await self.voices():
            raise EngineFailedError(self.name, f"there is no voice {voice.name}")
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "-eval", _CHOICE, "-otype", "raw", "-F", str(RATE_HZ), "-o", "/dev/stdout",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=child_environment(),
        )  # fmt: skip
        try:
            async with asyncio.timeout(TIMEOUT_S):
                raw, told = await process.communicate(readable(read_out(text, voice.language)).encode())
                assert process.stdin
                # If it ended before it had read everything, that is reported below; older Pythons would log it as well.
                with contextlib.suppress(OSError):
                    await process.stdin.wait_closed()
        except TimeoutError as error:
            raise VoiceFailedError(self.name, "it took too long") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        samples = np.frombuffer(raw[: len(raw) // 2 * 2], np.int16).astype(np.float32) / np.float32(2**15)
        if not samples.any():
            words = told.decode(errors="replace")
            why = "it has no rule for a sign in the text" if _QUOTED in words else words[-200:]
            raise VoiceFailedError(self.name, why or f"{voice.name} stayed silent")
        return await asyncio.to_thread(_changed, samples, prosody)

    async def close(self) -> None:
        """Each program ends with its text."""


def readable(text: str) -> str:
    """``text`` in the characters that the voice has rules for: any other character makes it silent."""
    plain = re.sub("[«»“”„]", '"', _DASH.sub(", ", text).replace("…", "."))
    plain = "".join(
        char if _KNOWN.match(char) else anyascii(char) if char.isalpha() else " " for char in plain
    )  # fmt: skip
    return _WORDLESS.sub(" ", plain)


def _changed(samples: Samples, prosody: Prosody) -> Sound:
    # For a higher pitch the sound is played faster, and then stretched back to the requested speed.
    sound = Sound(samples, round(RATE_HZ * prosody.frequency_ratio))
    tempo = prosody.rate / prosody.frequency_ratio
    if abs(tempo - 1) < 0.01:
        return sound
    frames = filtered(sound, ("atempo", f"{tempo:.3f}"))
    return Sound(np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]), sound.rate_hz)


ENGINES.register(
    Registration(
        name=FestivalEngine.name,
        label=LABEL,
        preference=150,
        build=lambda _settings, _find: FestivalEngine(),
        is_here=has_russian,
    )
)
