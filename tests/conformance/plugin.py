"""The pytest plugin that lets a recorder observe every sandbox of a run, and reports verdicts at its end.

If tests run in several processes, each hands over its recorder's evidence when it ends, and the process that all report
to gives the verdicts, which can fail the run as tests do.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from tests.conformance.gateway import GatewayDescription
from tests.conformance.openapi import SPEC, Description
from tests.conformance.recorder import Recorder
from tests.conformance.verdict import Evidence, verdicts

TESTS = Path(__file__).parents[1]
VERDICT = "tests/conformance/verdict.py"


class Conformance:
    """The evidence of this process, and what other processes have handed over."""

    def __init__(self) -> None:
        self.recorder = Recorder(Description() if SPEC.is_file() else None, GatewayDescription())
        self.is_whole = True
        self.others: list[Evidence] = []

    @property
    def own(self) -> Evidence:
        return Evidence.of(self.recorder, is_whole=self.is_whole)

    @property
    def evidence(self) -> Evidence:
        """The evidence of all processes. A process that only hands out tests has observed nothing itself, and has left
        out no test."""
        return Evidence.of_all([self.own, *self.others])


_CONFORMANCE = pytest.StashKey[Conformance]()


def pytest_configure(config: pytest.Config) -> None:
    conformance = config.stash[_CONFORMANCE] = Conformance()
    Sandbox.observer = conformance.recorder


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        item.config.stash[_CONFORMANCE].is_whole = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not {item.path for item in items}.issuperset(TESTS.rglob("test_*.py")):
        config.stash[_CONFORMANCE].is_whole = False


@pytest.hookimpl(optionalhook=True)
def pytest_hand_over(config: pytest.Config) -> Evidence:
    return config.stash[_CONFORMANCE].own


@pytest.hookimpl(optionalhook=True)
def pytest_handed_over(config: pytest.Config, known: Evidence | None) -> None:
    """Add the evidence of another process; if it crashed, its evidence is lost, and the run counts as incomplete."""
    conformance = config.stash[_CONFORMANCE]
    if known is None:
        conformance.is_whole = False
    else:
        conformance.others.append(known)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Report the verdicts as tests of their own, once every test is over."""
    result = yield
    conformance = session.config.stash[_CONFORMANCE]
    if session.config.option.collectonly:
        return result
    if session.shouldfail or session.shouldstop:
        conformance.is_whole = False
    for name, wrong in verdicts(conformance.evidence, conformance.recorder.rest):
        report = pytest.TestReport(
            nodeid=f"{VERDICT}::{name}",
            location=(VERDICT, None, name),
            keywords={},
            outcome="failed" if wrong else "passed",
            longrepr=wrong or None,
            when="call",
        )
        session.config.hook.pytest_runtest_logreport(report=report)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    conformance = config.stash[_CONFORMANCE]
    evidence = conformance.evidence
    if seen := evidence.seen.total():
        described = conformance.recorder.rest
        what = "requests and frames" if described else "frames (Discord's description of requests is not here)"
        terminalreporter.line(f"{seen} {what} were held against Discord's descriptions in {evidence.cost_s:.1f} s")


@pytest.fixture
def recorder(pytestconfig: pytest.Config) -> Recorder:
    """The recorder that has observed every request and frame of this process so far."""
    return pytestconfig.stash[_CONFORMANCE].recorder
