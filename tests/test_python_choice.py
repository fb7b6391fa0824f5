"""``make run`` and ``make test`` set up .venv with the most suitable Python on the PATH."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

QUICK = f'exec {sys.executable} "$@"'
SLOW = f'exec {sys.executable} -X tracemalloc=1 "$@"'
"""A script that runs Python with tracemalloc, which makes it several times slower."""
TOO_OLD = f"""exec {sys.executable} -c 'import sys; sys.version_info = (3, 9, 2); exec(sys.argv[2])' "$@" """


def chosen(folder: Path, **programs: str) -> str:
    """The name of the Python that make would use for .venv if ``programs`` were the only ones."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make on this machine")
    for name, script in programs.items():
        program = folder / name.replace("_", ".")
        program.write_text(f'#!/bin/sh\necho tried >>"$0.tried"\n{script}\n')
        program.chmod(0o755)
    done = subprocess.run(
        [make, "--silent", "BIN=no-such-folder", "--eval", "chosen: ; @:$(info $(PYTHON))$(info $(PYTHON))", "chosen"],
        cwd=ROOT, env={"PATH": str(folder)}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first == second
    for tried in folder.glob("*.tried"):
        assert tried.read_text().count("tried") == 1, "what takes long now and then must not be chosen anew"
        tried.unlink()
    assert not first or Path(first).parent == folder
    return Path(first).name


def test_the_newest_is_chosen_unless_another_is_much_quicker(tmp_path: Path) -> None:
    assert chosen(tmp_path, python3_12=QUICK, python3_13=SLOW) == "python3.12"
    assert chosen(tmp_path, python3_11=SLOW, python3_13=QUICK, python3_12=SLOW) == "python3.13"


def test_one_that_cannot_is_passed_over(tmp_path: Path) -> None:
    assert chosen(tmp_path, python3_13="exit 1", python3_12=TOO_OLD, python3=SLOW) == "python3"
    (tmp_path / "python3").unlink()
    assert chosen(tmp_path, python3_11="exit 127") == ""
