"""The health of workers, as ``starling health`` reports it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from bot.app.check import Check, CheckResult
from bot.app.health_report import (
    STALE_AFTER_S,
    forget_stale_workers,
    is_serving,
    read_report,
    report_file,
    worker_report_file,
    write_report,
)
from bot.app.work_watch import described, has_workers
from bot.settings import read_settings
from bot.work.bus.queues import QueueState
from bot.work.bus.work_request import Lane, WorkKind


def _age(path: Path) -> None:
    then = path.stat().st_mtime - 2 * STALE_AFTER_S
    os.utime(path, (then, then))


def test_workers_of_this_machine_are_told_of_until_they_are_forgotten(tmp_path: Path) -> None:
    settings = read_settings(data_folder=tmp_path)
    first, second = worker_report_file(tmp_path, 17), worker_report_file(tmp_path, 18)
    elsewhere = tmp_path / first.name.replace(socket.gethostname(), "another-machine")
    for path in (first, second, elsewhere):
        write_report(path, [Check(f"worker {path.stem[-2:]}", CheckResult.GOOD, "hear: 0 under way")])
    assert [check.what for check in read_report(settings)] == ["process", "worker 17", "worker 18", "disk"]
    assert is_serving(read_report(settings))

    _age(first)
    checks = {check.what: check for check in read_report(settings)}
    assert checks["worker 17"].finding is CheckResult.WARNING
    _age(second)
    assert not is_serving(read_report(settings)), "those elsewhere say nothing of this machine"

    write_report(report_file(settings), [Check("gateway", CheckResult.GOOD, "connected")])
    assert is_serving(read_report(settings)), "a gateway is there"
    _age(elsewhere)
    forget_stale_workers(tmp_path)
    assert [check.what for check in read_report(settings)] == ["process", "gateway", "disk"]


def test_it_is_told_what_waits_and_who_would_take_it() -> None:
    hears = QueueState(WorkKind.HEAR, Lane.LONG, 3, 2, 0)
    alone = QueueState(WorkKind.SPEAK, Lane.BULK, 1, 0, 0)
    assert described((hears, alone)) == "3 to hear (long), 1 to speak (bulk) waiting, 2 under way, 0 free to take more"
    assert has_workers((hears, alone)) and not has_workers((alone,))
