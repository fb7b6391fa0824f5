"""In a run with several processes, each test runs once, and a test that ends its process is named and holds up no
other."""

from __future__ import annotations

import copy
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT
from tests.processes import cut, shares

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")

MANY = """
    import os, pytest, warnings

    @pytest.fixture(scope="session")
    def folder(tmp_path_factory):
        return tmp_path_factory.mktemp("session")

    @pytest.mark.parametrize("number", range(40))
    def test_it_says_where_it_ran(number, folder, record_property):
        print("nobody sees this")
        warnings.warn(f"warned in {number % 2}")
        (folder / f"{number} {os.getpid()}").touch()
    """
"""Forty tests in one file."""


def command(folder: Path, *arguments: str, files: dict[str, str]) -> list[str]:
    """The command that runs pytest with our plugin on ``files`` in three processes."""
    for name, text in files.items():
        (folder / name).write_text(textwrap.dedent(text))
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    plugins = [
        "-p",
        "tests.processes",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "--basetemp",
        f"{folder}/t",
    ]
    return [sys.executable, "-m", "pytest", *plugins, "--processes", "3", *arguments, str(folder)]


def run(folder: Path, *arguments: str, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CI"))}
    return subprocess.run(
        command(folder, *arguments, files=files),
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_each_runs_once_in_one_of_the_processes_with_files_of_its_own(tmp_path: Path) -> None:
    done = run(tmp_path, files={"test_many.py": MANY})
    assert "40 passed, 40 warnings" in done.stdout, done.stdout + done.stderr
    assert "nobody sees this" not in done.stdout + done.stderr
    ran = [file.name.split() for file in tmp_path.glob("t/process*/session0/*")]
    assert sorted(int(number) for number, _process in ran) == list(range(40))
    assert len({process for _number, process in ran}) == len(list(tmp_path.glob("t/process*"))) == 3


def test_one_that_fails_and_one_that_ends_its_process_are_named_and_hold_up_no_other(tmp_path: Path) -> None:
    bad = """
        import os, signal

        def test_wrong():
            print("said before it failed")
            assert 1 + 1 == 3

        def test_killed():
            os.kill(os.getpid(), signal.SIGKILL)

        def test_left():
            os._exit(7)

        def test_crashed():
            os.kill(os.getpid(), signal.SIGSEGV)
        """
    done = run(tmp_path, files={"test_bad.py": bad, "test_many.py": MANY})
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "4 failed, 40 passed" in done.stdout, done.stdout + done.stderr
    assert "said before it failed" in done.stdout
    assert "assert (1 + 1) == 3" in done.stdout
    assert "ended with exit status -9 during this test" in done.stdout
    assert "ended with exit status 7 during this test" in done.stdout
    assert "Segmentation fault" in done.stdout
    assert re.search(r'test_bad.py", line \d+ in test_crashed', done.stdout)


def test_with_x_it_stops_after_the_first_failure(tmp_path: Path) -> None:
    done = run(tmp_path, "-x", files={"test_bad.py": "def test_wrong():\n    assert False\n", "test_many.py": MANY})
    assert "1 failed" in done.stdout, done.stdout + done.stderr
    assert "stopping after 1 failures" in done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) < 40


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_when_it_is_ended_none_of_its_processes_stays(tmp_path: Path, end: signal.Signals) -> None:
    slow = """
        import pytest, time

        @pytest.fixture(scope="session")
        def kept(tmp_path_factory):
            (tmp_path_factory.getbasetemp() / "begun").touch()
            yield
            (tmp_path_factory.getbasetemp() / "taken down").touch()

        @pytest.mark.parametrize("number", range(90))
        def test_slowly(number, kept):
            time.sleep(0.3)
        """
    with subprocess.Popen(
        command(tmp_path, files={"test_slow.py": slow}), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True,
        # A shell that starts a command in the background makes it ignore this signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        while len(list(tmp_path.glob("t/process*/begun"))) < 3:
            assert process.poll() is None
            time.sleep(0.05)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(end)
        assert process.wait(30) != 0
    _ended, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    assert len(list(tmp_path.glob("t/process*/taken down"))) == 3


def test_the_tests_of_a_file_stay_in_one_process_while_there_are_other_files(request: pytest.FixtureRequest) -> None:
    (own,) = [item for item in request.session.items if item.name == request.node.name]
    other = copy.copy(own)
    other.path = own.path.with_name("test_other.py")
    assert [list(share) for share in shares([own] * 7 + [other] * 3, 2)] == [list(range(7)), [7, 8, 9]]
    assert [len(share) for share in shares([own] * 9, 2)] == [4, 5]
    assert cut([own, own, other, other, own], [0, 1, 2, 3, 4], 3) in (2, 4)
    assert cut([own, own, other], [0, 1], 1) == 1
    assert cut([own], [], 0) == 0
