"""The file in which a running Starling reports its health every few seconds, and how ``starling health`` reads it.

Nothing here imports what only a running Starling needs: a container asks every half a minute.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bot.app.check import Check, CheckResult, check_disk
from bot.settings import Settings

_WORKER_FILE = "health-worker-"
BEAT_S = 5.0
"""How often a report is written."""
STALE_AFTER_S = 60.0
"""A Starling that has reported nothing for so long is not running, or hangs."""
BLOCK_BYTES = 8192
"""Reports are padded to a multiple of this, so that the next one fits where the last one stands."""
PROCESS, GATEWAY, DATABASE, DISK, WORKER = "process", "gateway", "database", "disk", "worker"
ESSENTIAL = frozenset({PROCESS, GATEWAY, DATABASE})
"""If one of these fails, nobody is answered, and a restart may help."""


def report_file(settings: Settings) -> Path:
    """The file's path; each of several gateways has its own."""
    return settings.data_folder / f"health{settings.of_gateway}.json"


def worker_report_file(data_folder: Path, process: int) -> Path:
    """The report file of the worker with the process id ``process`` on this machine. Its name has the host's name as
    well, since workers of other machines may use the same folder, and have the same process ids."""
    return data_folder / f"{_WORKER_FILE}{socket.gethostname()}-{process}.json"


def forget_stale_workers(data_folder: Path) -> None:
    """Delete the reports of workers that have died, of this machine and others."""
    for path in data_folder.glob(f"{_WORKER_FILE}*.json"):
        if time.time() - path.stat().st_mtime > STALE_AFTER_S:
            path.unlink(missing_ok=True)


def write_report(path: Path, checks: Sequence[Check]) -> None:
    """Write the report to ``path``. On a full disk, it is written over the last report, which has room for it."""
    fresh = path.with_suffix(".new")
    report = json.dumps([asdict(check) for check in checks], ensure_ascii=False).encode()
    report += b" " * (-len(report) % BLOCK_BYTES)
    try:
        fresh.write_bytes(report)
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
            with path.open("r+b") as stream:
                stream.write(report)


def read_report(settings: Settings) -> list[Check]:
    """The health of the Starling with these settings, and of the workers beside it: their last reports, and what can be
    seen from here."""
    data_folder = settings.data_folder
    age_s, checks = _said(report_file(settings))
    workers = [check for path in _worker_reports(data_folder) for check in _of_worker(path)]
    if not checks and any(each.finding is not CheckResult.WARNING for each in workers):
        process = Check(PROCESS, CheckResult.GOOD, f"on {data_folder} workers run, and no gateway")
    elif not checks:
        last = "" if age_s is None else f"; it last said {age_s / 60:.0f} min ago that it does"
        which = f"no gateway {settings.gateway}" if settings.of_gateway else "no Starling"
        detail = f"{which} runs on {data_folder}{last}"
        process = Check(PROCESS, CheckResult.BAD, detail, "Start it: starling run. Its log says why it ended.")
    else:
        process = Check(PROCESS, CheckResult.GOOD, f"runs on {data_folder}")
    seen = [each for each in checks if each.what != DISK]
    return [process, *seen, *workers, check_disk(DISK, data_folder)]


def _said(path: Path) -> tuple[float | None, list[Check]]:
    """The age of a report, if it can be read; and its checks, unless it is stale."""
    try:
        age_s = time.time() - path.stat().st_mtime
        said = json.loads(path.read_text(encoding="utf-8")) if age_s < STALE_AFTER_S else []
    except (OSError, ValueError):
        return None, []
    return age_s, [Check(**{**each, "finding": CheckResult(each["finding"])}) for each in said]


def _worker_reports(data_folder: Path) -> list[Path]:
    """The reports of this machine's workers; those of other machines are not shown here."""
    return sorted(data_folder.glob(f"{_WORKER_FILE}{socket.gethostname()}-*.json"))


def _of_worker(path: Path) -> list[Check]:
    age_s, checks = _said(path)
    if age_s is None or checks:
        return checks
    what = f"{WORKER} {path.stem.rpartition('-')[2]}"
    return [Check(what, CheckResult.WARNING, f"has said nothing for {age_s / 60:.0f} min", "Start another one.")]


def is_serving(checks: Sequence[Check]) -> bool:
    """Whether people can be answered at all, as far as this machine is concerned."""
    return not any(each.what in ESSENTIAL and each.finding is CheckResult.BAD for each in checks)


def is_well(checks: Sequence[Check]) -> bool:
    """Whether nothing needs the host's attention."""
    return not any(each.finding is CheckResult.BAD for each in checks)
