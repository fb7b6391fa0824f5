"""The device of the speech model is chosen from what is available, and reported."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import ctranslate2
import pytest

from audio import AudioError
from audio.recognition import device
from audio.recognition.device import Device, DeviceChoice, card_type, chosen_device


def test_the_processor_is_always_there() -> None:
    assert chosen_device(Device.CPU, 3) == DeviceChoice(Device.CPU, 0)
    assert chosen_device(Device.CPU).label == "processor"


@pytest.mark.skipif(ctranslate2.get_cuda_device_count() > 0, reason="there is a graphics card here")
def test_without_a_graphics_card_the_processor_is_chosen_unless_one_is_insisted_on() -> None:
    assert chosen_device(Device.AUTO) == DeviceChoice(Device.CPU, 0)
    with pytest.raises(AudioError, match=r"sees 0 of them, and number 0 is asked for\. Set WHISPER_DEVICE to cpu"):
        chosen_device(Device.CUDA)


def test_a_card_without_its_library_is_left_alone_and_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 2)
    monkeypatch.setattr(device, "_LIBRARY", "libnobodyhasthis.so.12")

    choice = chosen_device(Device.AUTO, 1)

    assert choice.name == "cpu"
    assert "libnobodyhasthis.so.12 is missing: pip install nvidia-cublas-cu12" in choice.obstacle


def test_a_card_that_can_be_used_is_chosen_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 2)
    monkeypatch.setattr(device, "_LIBRARY", "libc.so.6")

    assert chosen_device(Device.AUTO, 1) == DeviceChoice(Device.CUDA, 1)
    assert chosen_device(Device.CUDA, 1).label == "graphics card 1"
    with pytest.raises(AudioError, match="number 2 is asked for"):
        chosen_device(Device.CUDA, 2)


@pytest.mark.parametrize(
    ("known", "best"), [({"float16", "float32", "int8"}, "float16"), ({"float32", "int8"}, "float32")]
)
def test_a_card_that_does_not_know_half_precision_works_in_single(
    known: set[str], best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda device, index: known)

    assert card_type(1) == best


def test_a_library_is_found_where_its_wheel_has_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no compiler makes a library here")
    folder = tmp_path / "nvidia" / "cublas" / "lib"
    folder.mkdir(parents=True)
    library = folder / "libnobodyhasthat.so.12"
    subprocess.run([compiler, "-shared", "-x", "c", "/dev/null", "-o", str(library)], check=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "nvidia", raising=False)
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(device, "_LIBRARY", library.name)

    assert chosen_device(Device.AUTO) == DeviceChoice(Device.CUDA, 0)
