"""Which processor the speech model runs on."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Literal

from audio.errors import GraphicsCardUnavailableError

Device = Literal["auto", "cpu", "cuda"]
"""``auto`` is a graphics card where one can be used, else the processor."""

_LIBRARY = "libcublas.so.12"
"""What ctranslate2 loads at the first word, and its wheel does not bring along."""

LIBRARY_REMEDY = "pip install nvidia-cublas-cu12 nvidia-cudnn-cu12, and put their lib folders in LD_LIBRARY_PATH"


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """Where the model runs, and why not on a graphics card."""

    name: Literal["cpu", "cuda"]
    index: int
    obstacle: str = ""
    """What keeps a graphics card that is there from being used; empty when nothing does."""

    @property
    def label(self) -> str:
        """For people."""
        return f"graphics card {self.index}" if self.name == "cuda" else "processor"


def chosen_device(device: Device, index: int = 0) -> DeviceChoice:
    """What ``device`` and the number of a graphics card mean on this machine.

    Raises ``GraphicsCardUnavailableError`` when one is asked for that cannot be used.
    """
    if device == "cpu":
        return DeviceChoice("cpu", 0)
    # A quarter of a second that only those who transcribe should pay.
    import ctranslate2

    cards = ctranslate2.get_cuda_device_count()
    obstacle = "" if index < cards else f"ctranslate2 sees {cards} of them, and number {index} is asked for"
    if not obstacle and not _is_loadable(_LIBRARY):
        obstacle = f"{_LIBRARY} is missing: {LIBRARY_REMEDY}"
    if not obstacle:
        return DeviceChoice("cuda", index)
    if device == "cuda":
        raise GraphicsCardUnavailableError(obstacle)
    return DeviceChoice("cpu", 0, obstacle if cards else "")


def _is_loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
