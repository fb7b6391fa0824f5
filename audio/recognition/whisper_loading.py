"""Loading a Whisper model from a folder, or by the name of one that can be downloaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from audio.errors import ModelUnavailableError
from audio.recognition.device import DeviceChoice

if TYPE_CHECKING:
    import tokenizers
    from ctranslate2.models import Whisper as Model

_FILES = ("model.bin", "config.json", "tokenizer.json")

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def load_model(
    model: str | Path, *, device: DeviceChoice, compute_type: str, threads: int, workers: int
) -> tuple[Model, tokenizers.Tokenizer]:
    """A converted model and its tokenizer, from a folder or by a name that faster-whisper downloads from the hub.

    Blocks for a second (base) or for the length of a download. Raises ``ModelUnavailableError``.
    """
    # Importing these takes a quarter of a second, which only those who transcribe should pay.
    import tokenizers
    from ctranslate2.models import Whisper as Model
    from faster_whisper.utils import available_models, download_model

    names = ", ".join(available_models())
    folder = Path(model)
    if not folder.exists() and (isinstance(model, Path) or not _is_name(model, available_models())):
        raise ModelUnavailableError(str(model), "there is no such folder and no such model", names)
    with told_as_unavailable(model):
        if not folder.exists():
            folder = Path(download_model(str(model)))
        if missing := [name for name in _FILES if not (folder / name).is_file()]:
            raise ModelUnavailableError(str(model), f"the folder has no {', '.join(missing)}", names)
        loaded = Model(
            str(folder),
            device=device.name,
            device_index=device.index,
            compute_type=compute_type,
            intra_threads=threads,
            inter_threads=workers,
        )
        return loaded, tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))


@contextmanager
def told_as_unavailable(model: str | Path) -> Iterator[None]:
    """Raise any error that occurs inside as a ``ModelUnavailableError`` for ``model``."""
    from faster_whisper.utils import available_models

    try:
        yield
    except ModelUnavailableError:
        raise
    except Exception as error:
        # The hub's client, the tokenizer and ctranslate2 raise errors of many kinds, some of them bare RuntimeErrors.
        raise ModelUnavailableError(str(model), _first_line(error), ", ".join(available_models())) from error


def _is_name(model: str, names: list[str]) -> bool:
    return model in names or _HUB_NAME.fullmatch(model) is not None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")[:200]
