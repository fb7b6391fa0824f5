"""``pytest --processes N``: tests run in N processes, which are forked when all is imported and collected.

pytest-xdist starts processes that import and collect the tests each for itself. For these that is ten seconds of a
processor in each, another ten in the process that hands tests out, and four copies in memory of all that is imported.
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
"""How long a process may take to take down its fixtures, once it has no more tests."""
CRASH = "crash.txt"
"""Where a process that crashes writes what each of its threads was at, in its folder."""


class ProcessesHooks:
    """What other plugins can do for a run in several processes."""

    @pytest.hookspec
    def pytest_before_fork(self) -> None:
        """Make what all processes share."""

    @pytest.hookspec(firstresult=True)
    def pytest_hand_over(self, config: pytest.Config) -> object:
        """Return what is known in a process whose tests are over, to be pickled."""

    @pytest.hookspec
    def pytest_handed_over(self, config: pytest.Config, known: object | None) -> None:
        """Take what is known in a process that has ended; None: it ended before it could say."""


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
    """The places in ``items`` of what each process begins with: parts of about one size, each in the order of the
    items, after the ``LONGEST`` files, which keep one process busy while the others have no more if they are begun
    last."""
    long = [[place for place, item in enumerate(items) if item.nodeid.startswith(name)] for name in LONGEST]
    rest = [place for place, item in enumerate(items) if not item.nodeid.startswith(LONGEST)]
    cuts = [cut(items, rest, round(len(rest) * part / processes)) for part in range(1, processes)]
    return [
        deque([*chain.from_iterable(long[process::processes]), *rest[begin:end]])
        for process, (begin, end) in enumerate(pairwise([0, *cuts, len(rest)]))
    ]


def cut(items: Sequence[pytest.Item], places: Sequence[int], near: int) -> int:
    """Where to cut ``places`` in two, near to that: between two files, for what the tests of a file share is made by
    each process that runs some of them; or just there, if they are all of one file."""
    files = [items[place].path for place in places]
    between = (here for here in range(1, len(files)) if files[here] != files[here - 1])
    return min(between, key=lambda here: abs(here - near), default=near)


@dataclass(frozen=True)
class Reported:
    """What pytest reports of a phase of a test, as it writes it down for another process."""

    report: Mapping[str, Any]


@dataclass(frozen=True)
class Warned:
    """What pytest is told of a warning."""

    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """The first of the tests that a process knows of is over."""


@dataclass(frozen=True)
class Ended:
    """All tests of a process are, and this it knows."""

    known: object


@dataclass(frozen=True)
class Failed:
    """Something that is no test went wrong."""

    text: str


Message = Reported | Warned | Finished | Ended | Failed


@dataclass(eq=False)
class Child:
    """A process that runs tests."""

    process: BaseProcess
    folder: Path
    connection: Connection
    waiting: deque[int]
    """What is meant for it."""
    sent: deque[int] = field(default_factory=deque)
    """What it knows of and has not finished: the test that it runs, and the next, for the fixtures that both share."""
    has_ended: bool = False


class Distribution:
    """Hands tests to processes, one after the other, and reports what comes of them."""

    def __init__(self, session: pytest.Session, shares: Sequence[deque[int]]) -> None:
        self._session, self._config = session, session.config
        self._children: dict[Connection, Child] = {}
        self._shares = shares
        self._begun = 0

    def run(self) -> None:
        """Returns when every test has been run, or pytest wants to stop."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.showfspath = False  # they are mixed
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
        # What it must not hold open: it would keep the others from noticing that we have gone.
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
        with contextlib.suppress(ConnectionError):  # it has died, which is heard next
            child.connection.send(item)

    def _take_over(self, child: Child) -> None:
        """About half of what is left to whom most is left to."""
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
    """What a forked process does."""
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
        pass  # nobody wants to know
    except BaseException:
        with contextlib.suppress(ConnectionError):
            connection.send(Failed(traceback.format_exc()))
    finally:
        session._setupstate.teardown_exact(None)
        atexit._run_exitfuncs()


def _separate(config: pytest.Config, folder: Path) -> None:
    """From the process that was forked: the folder of temporary files, what is captured, and the terminal."""
    folder.mkdir()
    faulthandler.enable((folder / CRASH).open("w", encoding="utf-8"))
    config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
    if (capture := config.pluginmanager.get_plugin("capturemanager")) is not None:
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
    config.get_terminal_writer()._file = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


class Telling:
    """The plugin that tells the process that reports what there is to report."""

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
