"""The result of a check, as ``starling doctor`` and ``starling health`` report it."""

from __future__ import annotations

import enum
import shutil
from dataclasses import dataclass
from pathlib import Path

FREE_WANTED_MB = 500
"""The free space that the database and the models' cache need."""


class CheckResult(enum.StrEnum):
    """How serious a check's result is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking one thing."""

    what: str
    finding: CheckResult
    detail: str
    remedy: str = ""


def free_mb(folder: Path) -> int:
    """The free space on the disk of ``folder``, which need not exist yet, in MiB."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free >> 20


def check_disk(what: str, folder: Path) -> Check:
    """Check whether there is room in ``folder``."""
    free = free_mb(folder)
    if free < FREE_WANTED_MB:
        return Check(what, CheckResult.BAD, f"{free} MB free in {folder}", f"Free at least {FREE_WANTED_MB} MB there.")
    return Check(what, CheckResult.GOOD, f"{free:,} MB free in {folder}")
