"""``pytest --processes N``: run tests in N processes, forked after everything is imported and collected.

Each process that pytest-xdist starts imports and collects the tests again. For these tests, that takes ten seconds of
CPU time per process, another ten in the process that hands out tests, and four copies in memory of everything imported.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import time
import traceback
import warnings
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

LONGEST = ("tests/scaling/test_fleet.py::", "tests/training/local/test_learning.py::")
"""The files whose tests take minutes, the longest first."""
ENDING_S = 60.0
"""How long a process may take to tear down its fixtures after its last test."""
CRASH = "crash.txt"
"""The file, in a process's folder, to which a crashing process writes the stack of each of its threads."""


class ProcessesHooks:
    """Hooks through which other plugins take part in a run in several processes."""

    @pytest.hookspec
    def pytest_before_fork(self) -> None:
        """Prepare whatever all processes share."""

    @pytest.hookspec(firstresult=True)
    def pytest_hand_over(self, config: pytest.Config) -> object:
        """Return what this process knows when its tests are over, to be pickled."""

    @pytest.hookspec
    def pytest_handed_over(self, config: pytest.Config, known: object | None) -> None:
        """Receive what a process knew when it ended; None if it ended before it could hand that over."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(ProcessesHooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--processes", type=int, default=1, metavar="N", help="run the tests in N processes")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    options = session.config.option
    processes = min(options.processes, len(session.items))
    if processes < 2 or options.collectonly or session.testsfailed or not hasattr(os, "fork"):
        return None
    Distribution(session, shares(session.items, processes)).run()
    return True


def shares(items: Sequence[pytest.Item], processes: int) -> list[deque[int]]:
    """The indexes in ``items`` that each process starts with: parts of about equal size, each in the order of the
    items, preceded by the ``LONGEST`` files, since those started last would keep one process busy while the others have
    nothing left."""
    long = [[place for place, item in enumerate(items) if item.nodeid.startswith(name)] for name in LONGEST]
    rest = [place for place, item in enumerate(items) if not item.nodeid.startswith(LONGEST)]
    cuts = [cut(items, rest, round(len(rest) * part / processes)) for part in range(1, processes)]
    return [
        deque([*chain.from_iterable(long[process::processes]), *rest[begin:end]])
        for process, (begin, end) in enumerate(pairwise([0, *cuts, len(rest)]))
    ]


def cut(items: Sequence[pytest.Item], places: Sequence[int], near: int) -> int:
    """Where to split ``places`` in two, close to ``near``: between two files, since each process that runs some tests
    of a file sets up what they share; or exactly there if all are from one file."""
    files = [items[place].path for place in places]
    between = (here for here in range(1, len(files)) if files[here] != files[here - 1])
    return min(between, key=lambda here: abs(here - near), default=near)


@dataclass(frozen=True)
class Reported:
    """pytest's report on a phase of a test, serialised for another process."""

    report: Mapping[str, Any]


@dataclass(frozen=True)
class Warned:
    """The arguments of pytest's hook for a warning."""

    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """The first of the tests sent to a process has finished."""


@dataclass(frozen=True)
class Ended:
    """All tests of a process have finished; ``known`` is what it hands over."""

    known: object


@dataclass(frozen=True)
class Failed:
    """Something other than a test failed."""

    text: str


Message = Reported | Warned | Finished | Ended | Failed


@dataclass(eq=False)
class Child:
    """A process that runs tests."""

    process: BaseProcess
    folder: Path
    connection: Connection
    waiting: deque[int]
    """The tests meant for it and not yet sent."""
    sent: deque[int] = field(default_factory=deque)
    """The tests sent to it and not finished: the running one, and the next one, so that shared fixtures are kept."""
    has_ended: bool = False


class Distribution:
    """Hands tests to processes one by one, and reports the results."""

    def __init__(self, session: pytest.Session, shares: Sequence[deque[int]]) -> None:
        self._session, self._config = session, session.config
        self._children: dict[Connection, Child] = {}
        self._shares = shares
        self._begun = 0

    def run(self) -> None:
        """Return when every test has run, or when pytest wants to stop."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.showfspath = False  # the processes' tests are interleaved
        self._config.hook.pytest_before_fork()
        try:
            for share in self._shares:
                self._begin(share)
            while self._children:
                for ready in wait(list(self._children)):
                    assert isinstance(ready, Connection)
                    self._hear(self._children[ready])
        finally:
            self._end()
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._session.shouldstop:
            raise self._session.Interrupted(self._session.shouldstop)

    def _begin(self, waiting: deque[int]) -> None:
        context = get_context("fork")
        ours, theirs = context.Pipe()
        folder = self._config._tmp_path_factory.getbasetemp() / f"process{self._begun}"  # type: ignore[attr-defined]
        self._begun += 1
        # What the child must close: left open, it would keep the others from noticing that this process is gone.
        held = [*self._children, ours]
        process = context.Process(target=_run_tests, args=(self._session, theirs, held, folder), name=folder.name)
        process.start()
        theirs.close()
        child = self._children[ours] = Child(process, folder, ours, waiting)
        for _running_and_next in range(2):
            self._send(child)

    @property
    def _is_stopping(self) -> bool:
        return bool(self._session.shouldfail or self._session.shouldstop)

    def _send(self, child: Child) -> None:
        if not child.waiting and not self._is_stopping:
            self._take_over(child)
        item = child.waiting.popleft() if child.waiting and not self._is_stopping else None
        if item is not None:
            child.sent.append(item)
        with contextlib.suppress(ConnectionError):  # it has died, which ``_hear`` notices next
            child.connection.send(item)

    def _take_over(self, child: Child) -> None:
        """Take about half of the waiting tests of the process that has the most."""
        richest = max(self._children.values(), key=lambda other: len(other.waiting))
        left = cut(self._session.items, richest.waiting, len(richest.waiting) // 2)
        taken = [richest.waiting.pop() for _ in range(len(richest.waiting) - left)]
        child.waiting.extend(reversed(taken))

    def _hear(self, child: Child) -> None:
        try:
            message: Message = child.connection.recv()
        except (EOFError, ConnectionError):
            self._gone(child)
            return
        match message:
            case Reported(data):
                report = self._config.hook.pytest_report_from_serializable(config=self._config, data=data)
                self._config.hook.pytest_runtest_logreport(report=report)
            case Warned(arguments):
                self._config.hook.pytest_warning_recorded.call_historic(kwargs=arguments)
            case Finished():
                child.sent.popleft()
                self._send(child)
            case Ended(known):
                child.has_ended = True
                self._config.hook.pytest_handed_over(config=self._config, known=known)
            case Failed(text):
                self._session.shouldfail = f"{child.process.name}: {text}"

    def _gone(self, child: Child) -> None:
        del self._children[child.connection]
        child.connection.close()
        child.process.join()
        if child.has_ended:
            return
        self._config.hook.pytest_handed_over(config=self._config, known=None)
        if child.sent:
            item = self._session.items[child.sent.popleft()]
            crash = child.folder / CRASH
            where = crash.read_text(encoding="utf-8", errors="replace") if crash.exists() else ""
            why = f"{child.process.name} ended with exit status {child.process.exitcode} during this test\n{where}"
            crashed = pytest.TestReport(item.nodeid, item.location, {}, "failed", why.rstrip(), "call")
            self._config.hook.pytest_runtest_logreport(report=crashed)
        child.waiting.extendleft(reversed(child.sent))
        if child.waiting and not self._is_stopping:
            self._begin(child.waiting)

    def _end(self) -> None:
        until = time.monotonic() + ENDING_S
        for child in self._children.values():
            child.connection.close()
        for child in self._children.values():
            child.process.join(max(0.0, until - time.monotonic()))
            child.process.kill()


def _run_tests(session: pytest.Session, connection: Connection, held: Sequence[Connection], folder: Path) -> None:
    """The body of a forked process."""
    atexit._clear()
    for other in held:
        other.close()
    config = session.config
    _separate(config, folder)
    config.pluginmanager.register(Telling(config, connection))
    try:
        item = connection.recv()
        while item is not None:
            following = connection.recv()
            config.hook.pytest_runtest_protocol(
                item=session.items[item], nextitem=None if following is None else session.items[following]
            )
            connection.send(Finished())
            item = following
        connection.send(Ended(config.hook.pytest_hand_over(config=config)))
    except (EOFError, ConnectionError):
        pass  # the parent no longer listens
    except BaseException:
        with contextlib.suppress(ConnectionError):
            connection.send(Failed(traceback.format_exc()))
    finally:
        session._setupstate.teardown_exact(None)
        atexit._run_exitfuncs()


def _separate(config: pytest.Config, folder: Path) -> None:
    """Separate this process from its parent: its temporary folder, its captured output, and its terminal."""
    folder.mkdir()
    faulthandler.enable((folder / CRASH).open("w", encoding="utf-8"))
    config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
    if (capture := config.pluginmanager.get_plugin("capturemanager")) is not None:
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
    config.get_terminal_writer()._file = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


class Telling:
    """The plugin that sends everything to be reported to the parent process."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config, self._connection = config, connection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._connection.send(Reported(data))

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        told = warnings.WarningMessage(
            str(warning_message.message), warning_message.category, warning_message.filename, warning_message.lineno
        )
        self._connection.send(Warned({"warning_message": told, "when": when, "nodeid": nodeid, "location": location}))
