"""All traffic between sandboxes and bots gets one verdict, whichever process it passed in."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from tests.conformance.differences import Difference
from tests.conformance.gateway import GatewayDescription
from tests.conformance.gateway_schemas.events import EVENTS
from tests.conformance.openapi import SPEC, Description
from tests.conformance.recorder import Recorder, Violation
from tests.conformance.verdict import Evidence, verdicts
from tests.conftest import ROOT

TWO_FILES = {
    "test_first.py": """
        from bot.sandbox import Sandbox
        from bot.sandbox.observer import Frame

        def test_a_bot_says_what_no_schema_has():
            Sandbox.observer.frame(Frame('{"op": 99, "d": null}', sent=False, account=None))
        """,
    "test_second.py": """
        def test_nothing_is_said():
            pass
        """,
}
FRAMES, EVENTS_SEEN = "every_frame_was_as_discord_describes_it", "every_event_that_has_a_schema_was_seen"


def run(folder: Path, *arguments: str, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run pytest with our plugins on ``files``."""
    for name, text in files.items():
        (folder / name).write_text(textwrap.dedent(text))
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conformance.plugin", "-p", "tests.processes"]
    command += ["-p", "no:cacheprovider"]
    # Under CI, pytest repeats the failures at length in its summary.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CI"))}
    return subprocess.run(
        [*command, *arguments, str(folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_is_not_as_described_fails_the_run_whichever_process_saw_it(tmp_path: Path, processes: str) -> None:
    done = run(tmp_path, "--processes", processes, files=TWO_FILES)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "op 99 from the application: frame (all of it): there is no schema for 99" in done.stdout
    assert "in test_first.py::test_a_bot_says_what_no_schema_has" in done.stdout
    assert f"verdict.py::{FRAMES}" in done.stdout
    assert done.stdout.count("1 sorts of differences") == 1


def wrong(evidence: Evidence, rest: Description | None = None) -> set[str]:
    return {name for name, problem in verdicts(evidence, rest) if problem}


def test_what_one_process_has_not_seen_another_may_have() -> None:
    events = list(EVENTS)
    first, second = Evidence(seen=Counter(events[:9])), Evidence(seen=Counter(events[8:]))
    assert wrong(first) == wrong(second) == {EVENTS_SEEN}
    assert wrong(Evidence.of_all([first, second])) == set()
    assert Evidence.of_all([first, second]).seen[events[8]] == 2


def test_where_a_part_of_the_tests_did_not_run_nothing_is_missed() -> None:
    assert wrong(Evidence.of_all([Evidence(), Evidence(is_whole=False)])) == set()


def test_what_is_handed_over_is_whole() -> None:
    violation = Violation("op 99", "frame", Difference("/d", "type", "5 is no string"), "test_x.py::test_y")
    evidence = Evidence(False, Counter({"READY": 3}), (violation,), frozenset({"a rule"}), 0.5)
    assert pickle.loads(pickle.dumps(evidence)) == evidence


@pytest.mark.skipif(not SPEC.is_file(), reason=f"Discord's description is not in {SPEC}")
def test_routes_and_corrections_that_nothing_needed_are_told() -> None:
    rest = Description()
    seen_nothing = Evidence.of(Recorder(rest, GatewayDescription()), is_whole=True)
    problems = dict(verdicts(seen_nothing, rest))
    assert "POST /channels/{channel_id}/messages" in problems["every_route_of_bots_was_seen_to_succeed"]
    widening = [rule.name for rule in rest.rules if rule.widens]
    assert all(name in problems["every_correction_of_the_description_is_still_needed"] for name in widening)
