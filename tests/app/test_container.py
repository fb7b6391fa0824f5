"""The container's recipe."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed: it has no wheel for this machine")
def test_the_recipe_has_nothing_that_its_linter_minds() -> None:
    assert HADOLINT is not None
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def test_it_runs_without_root_reports_its_health_and_copies_what_exists() -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\d+)$", recipe, re.MULTILINE) == ["10001"]
    assert 'CMD ["starling", "health"]' in recipe
    ignored = (ROOT / ".dockerignore").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name.removeprefix("./")).exists()
            assert f"!{name}" in ignored
