"""The container image, the compose file and the systemd unit."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.settings import Settings
from tests.conftest import ROOT

SYSTEMD = shutil.which("systemd-analyze")
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


def test_the_compose_file_is_one_and_names_settings_that_there_are() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (ROOT / "compose.yaml").read_text()
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)) - {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
    assert named == {"DATABASE_URL", "METRICS_HOST", "METRICS_PORT", "STOP_TIMEOUT_S"}
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    volumes = set(re.findall(r"^      - \w+:(/\S+)$", text, re.MULTILINE))
    recipe = (ROOT / "Dockerfile").read_text()
    assert all(place in recipe for place in volumes - {"/var/lib/postgresql/data"})


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not installed: it comes with systemd")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    assert SYSTEMD is not None
    text = (ROOT / "docs" / "starling.service").read_text()
    assert set(re.findall(r"\b([A-Z]+_[A-Z_]+)\b", text)) <= {name.upper() for name in Settings.model_fields} | {
        "AF_UNIX",
        "AF_INET",
        "AF_NETLINK",
    }
    there = text.replace("/opt/starling/.venv/bin/starling", sys.executable).replace("/opt/starling", str(tmp_path))
    (tmp_path / "starling.service").write_text(there)
    verify = [SYSTEMD, "verify", "--man=no", str(tmp_path / "starling.service")]
    done = subprocess.run(verify, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_installed_in_it_is_named_by_version_and_hash_and_by_no_address() -> None:
    """Every requirement in ``pyproject.toml`` is in ``constraints.txt``, in a version that it allows."""
    written = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text()
    assert "://" not in written
    pinned: dict[str, list[str]] = defaultdict(list)
    for entry in re.split(r"\n(?=\S)", written):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
        pin = Requirement(entry.partition("\\")[0])
        pinned[canonicalize_name(pin.name)].append(str(pin.specifier).removeprefix("=="))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for wanted in map(Requirement, [*project["dependencies"], *extras["embedded"], *extras["postgresql"]]):
        versions = pinned[canonicalize_name(wanted.name)]
        told = f"{wanted} is not in constraints.txt: run make constraints"
        assert any(wanted.specifier.contains(version) for version in versions), told
