"""Weights are downloaded once and always verified."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.weights.weights import (
    ModelsFolderError,
    UnknownWeightsError,
    WeightsCache,
    WeightsDamagedError,
    WeightsMissingError,
)


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownWeightsError, match="whisper-base"):
        WeightsCache(tmp_path).fetch("whisper-huge")


def test_weights_that_were_never_fetched_are_missed_with_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match="starling models fetch piper-joe"):
        WeightsCache(tmp_path).verified("piper-joe")


def test_a_damaged_file_is_found_before_it_is_loaded(tmp_path: Path, piper_joe: Path) -> None:
    folder = tmp_path / "piper-joe"
    shutil.copytree(piper_joe.parent, folder)
    with (folder / piper_joe.name).open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"!")
    with pytest.raises(WeightsDamagedError, match=piper_joe.name):
        WeightsCache(tmp_path).verified("piper-joe")


def test_fetching_mends_a_damaged_copy(tmp_path: Path, piper_joe: Path) -> None:
    folder = tmp_path / "piper-joe"
    shutil.copytree(piper_joe.parent, folder)
    (folder / (piper_joe.name + ".json")).write_text("{}")
    cache = WeightsCache(tmp_path)
    assert cache.fetch("piper-joe") == folder / piper_joe.name
    assert cache.verified("piper-joe") == folder / piper_joe.name
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["piper-joe"]


def test_a_folder_that_nothing_can_be_written_into_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (Path("/proc/models"), tmp_path / "file" / "models"):
        with pytest.raises(ModelsFolderError, match=f"The models folder {folder} cannot be used: .* MODELS_FOLDER"):
            WeightsCache(folder).fetch("piper-joe")
