"""Piper: small neural voices that speak on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audio.errors import VoiceFailedError
from audio.recording import Samples, Sound
from audio.registry import FindWeights, Registration
from audio.speech_settings import SpeechSettings
from audio.synthesis.engines import ENGINES
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.reading.read_out import read_out
from audio.synthesis.voices import Gender, Voice

if TYPE_CHECKING:
    from piper import PiperVoice

_LOG = logging.getLogger(__name__)


BUNDLED_VOICE = "piper-joe"
"""Its name in the catalogue of weights."""

_FIXED_SHARE = 0.25
"""The share of a speech's duration that Piper's length scale does not change: each sound lasts a whole number of
frames, at least one. Measured with en_US-joe-medium at scales from 0.67 to 1.33."""


class PiperEngine:
    """Speaks with every Piper voice in some folders. Needs the extra package ``piper-tts``; has no voices without it.

    A voice is loaded when it is first needed (about half a second) and kept (about 80 MB).
    """

    name = "piper"
    batch_chars = 0

    def __init__(self, paths: Iterable[Path]) -> None:
        """``paths``: folders of voices, or ``.onnx`` files, each with an ``.onnx.json`` beside it."""
        self._paths = tuple(paths)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="piper")
        self._files: dict[Voice, Path] | None = None
        self._loaded: dict[Voice, PiperVoice] = {}

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        """Never uses the network."""
        if self._files is None:
            self._files = await asyncio.to_thread(_voice_files, self._paths)
        return tuple(self._files)

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        """Takes about an eighth of the speech's duration on one core.

        The models have no pitch control: for a higher pitch the text is said slower and played faster, so that the
        voice also sounds smaller. If it is to be both much faster and much lower, the speech does not quite reach the
        requested speed.
        """
        loop = asyncio.get_running_loop()
        try:
            await self.voices()
            model = await loop.run_in_executor(self._pool, self._load, voice)
            samples = await loop.run_in_executor(self._pool, _say, model, read_out(text, voice.language), prosody)
        except Exception as error:
            # A damaged or incompatible voice file fails in onnxruntime, json or Piper, each in its own way.
            raise VoiceFailedError(self.name, f"{voice.name}: {error}") from error
        if not samples.any():
            raise VoiceFailedError(self.name, f"{voice.name} stayed silent")
        return Sound(samples, round(model.config.sample_rate * prosody.frequency_ratio))

    async def load(self, voice: Voice) -> None:
        """Load ``voice``, so that nobody waits for it. Errors are left to ``speak``, which raises them."""
        await self.voices()
        with contextlib.suppress(Exception):
            await asyncio.get_running_loop().run_in_executor(self._pool, self._load, voice)

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        self._loaded.clear()

    def _load(self, voice: Voice) -> PiperVoice:
        assert self._files is not None
        if voice not in self._loaded:
            self._loaded[voice] = load_voice(self._files[voice])
        return self._loaded[voice]


def load_voice(file: Path) -> PiperVoice:
    """Load the voice in an .onnx ``file`` as ``PiperVoice.load`` does, but at a lower cost."""
    import onnxruntime
    from piper import PiperVoice
    from piper.config import PiperConfig

    options = onnxruntime.SessionOptions()
    # Its threads would spin while they wait for each other: a quarter of the work when others need the CPU too.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Further optimisation takes as long as two seconds of speech, and then saves nothing.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    config = PiperConfig.from_dict(json.loads(Path(f"{file}.json").read_text(encoding="utf-8")))
    return PiperVoice(onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"]), config)


def _say(model: PiperVoice, text: str, prosody: Prosody) -> Samples:
    from piper import SynthesisConfig

    duration = prosody.frequency_ratio / prosody.rate
    scale = model.config.length_scale * (duration - _FIXED_SHARE) / (1 - _FIXED_SHARE)
    # Double brackets would be taken for phonemes.
    plain = text.replace("[[", "[").replace("]]", "]")
    chunks = model.synthesize(plain, SynthesisConfig(length_scale=scale))
    return np.concatenate([np.zeros(0, np.float32), *(chunk.audio_float_array for chunk in chunks)])


def _voice_files(paths: Iterable[Path]) -> dict[Voice, Path]:
    try:
        import piper  # noqa: F401
    except ImportError:
        _LOG.info("piper-tts is not installed: no Piper voices")
        return {}
    found: dict[Voice, Path] = {}
    for path in paths:
        for file in sorted(path.glob("*.onnx")) if path.is_dir() else [path]:
            try:
                config = json.loads(Path(f"{file}.json").read_text(encoding="utf-8"))
                # Older voices state their language only in their names, such as en_US-joe-medium.
                language = config.get("language", {}).get("code") or file.stem.partition("-")[0]
            except (OSError, ValueError, AttributeError) as error:
                _LOG.warning("The Piper voice %s is left out: %s", file, error)
                continue
            tag = str(language).replace("_", "-")
            found[Voice(file.stem, tag, Gender.UNKNOWN, PiperEngine.name)] = file
    return found


def build_piper(settings: SpeechSettings, find: FindWeights) -> PiperEngine:
    """An engine with the bundled voice, followed by those of ``piper_voices``."""
    paths = [Path(find(BUNDLED_VOICE))]
    if settings.piper_voices is not None:
        paths += sorted(settings.piper_voices.glob("*.onnx"))
    return PiperEngine(paths)


ENGINES.register(
    Registration(
        name=PiperEngine.name,
        label="Piper",
        preference=100,
        build=build_piper,
        weights=lambda _settings: (BUNDLED_VOICE,),
        package="piper",
    )
)
