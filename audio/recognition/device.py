"""Which processor the speech model runs on."""

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
    """A graphics card where one can be used, else the processor."""
    CPU = "cpu"
    CUDA = "cuda"


_LIBRARY = "libcublas.so.12"
"""What ctranslate2 loads at the first word, and its wheel does not bring along."""

_LIBRARY_OF_IT = "libcublasLt.so.12"
"""What that one needs."""

LIBRARY_REMEDY = "pip install nvidia-cublas-cu12"


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """Where the model runs, and why not on a graphics card."""

    name: Device
    """Not ``auto``."""
    index: int
    obstacle: str = ""
    """What keeps a graphics card that is there from being used; empty when nothing does."""

    @property
    def label(self) -> str:
        """For people."""
        return f"graphics card {self.index}" if self.name is Device.CUDA else "processor"


def chosen_device(device: Device, index: int = 0) -> DeviceChoice:
    """What ``device`` and the number of a graphics card mean on this machine.

    Raises ``GraphicsCardUnavailableError`` when one is asked for that cannot be used.
    """
    if device is Device.CPU:
        return DeviceChoice(Device.CPU, 0)
    # A quarter of a second that only those who transcribe should pay.
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
    """In which of ctranslate2's types a graphics card works best: half precision, which old ones do not know."""
    import ctranslate2

    return "float16" if "float16" in ctranslate2.get_supported_compute_types("cuda", index) else "float32"


def _is_loadable(library: str) -> bool:
    """Whether ``library`` can be loaded, which it is then: whoever asks for it by its name gets that one."""
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
    """Where NVIDIA's wheels have it, which the loader does not know of by itself."""
    packages = importlib.util.find_spec("nvidia")
    for folder in (packages and packages.submodule_search_locations) or ():
        yield from sorted(Path(folder).glob(f"*/lib/{library}"))
