"""Choosing where the speech model runs: on the processor or on a graphics card."""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from audio.errors import GraphicsCardUnavailableError


class Device(StrEnum):
    """Where a model may run."""

    AUTO = "auto"
    """A graphics card if one can be used, else the processor."""
    CPU = "cpu"
    CUDA = "cuda"


_LIBRARY = "libcublas.so.12"
"""The library that ctranslate2 loads for the first word, and that its wheel does not include."""

_LIBRARY_OF_IT = "libcublasLt.so.12"
"""The library on which ``_LIBRARY`` depends."""

LIBRARY_REMEDY = "pip install nvidia-cublas-cu12"


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """Where the model runs and, if it is not on a graphics card, why."""

    name: Device
    """Not ``auto``."""
    index: int
    obstacle: str = ""
    """Why a graphics card that is present cannot be used; empty if it can, or if there is none or none was wanted."""

    @property
    def label(self) -> str:
        """The name shown to people."""
        return f"graphics card {self.index}" if self.name is Device.CUDA else "processor"


def chosen_device(device: Device, index: int = 0) -> DeviceChoice:
    """Where the model runs on this machine, given the wanted ``device`` and the number of a graphics card.

    Raises ``GraphicsCardUnavailableError`` if ``device`` is ``cuda`` and the card cannot be used.
    """
    if device is Device.CPU:
        return DeviceChoice(Device.CPU, 0)
    # Importing it takes a quarter of a second, which only those who transcribe should pay.
    import ctranslate2

    cards = ctranslate2.get_cuda_device_count()
    obstacle = "" if index < cards else f"ctranslate2 sees {cards} of them, and number {index} is asked for"
    if not obstacle and not _is_loadable(_LIBRARY):
        obstacle = f"{_LIBRARY} is missing: {LIBRARY_REMEDY}"
    if not obstacle:
        return DeviceChoice(Device.CUDA, index)
    if device is Device.CUDA:
        raise GraphicsCardUnavailableError(obstacle)
    return DeviceChoice(Device.CPU, 0, obstacle if cards else "")


def card_type(index: int) -> str:
    """The best of ctranslate2's compute types for a graphics card: half precision, unless it is too old for that."""
    import ctranslate2

    return "float16" if "float16" in ctranslate2.get_supported_compute_types("cuda", index) else "float32"


def _is_loadable(library: str) -> bool:
    """Try to load ``library``, and return whether that worked: whoever loads it by its name later gets this copy."""
    if _is_loaded(library):
        return True
    for path in _in_wheels(library):
        _is_loaded(str(path.with_name(_LIBRARY_OF_IT)))
        if _is_loaded(str(path)):
            return True
    return False


def _is_loaded(library: str) -> bool:
    try:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


def _in_wheels(library: str) -> Iterator[Path]:
    """The paths of ``library`` in NVIDIA's wheels, where the dynamic loader does not look by itself."""
    packages = importlib.util.find_spec("nvidia")
    for folder in (packages and packages.submodule_search_locations) or ():
        yield from sorted(Path(folder).glob(f"*/lib/{library}"))
