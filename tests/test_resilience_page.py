"""Every test named in docs/resilience.md exists."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def test_each_test_that_is_named_as_holding_is_there() -> None:
    page = (ROOT / "docs" / "resilience.md").read_text()
    named = [row for row in page.splitlines() if row.startswith("|") and "`tests/" in row]
    assert len(named) > 25
    for row in named:
        for file, names in re.findall(r"`(tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)", row):
            code = (ROOT / file).read_text()
            missing = [name for name in re.findall(r"`(test_\w+)`", names) if f"def {name}(" not in code]
            assert missing == [], f"{file} has no {missing}"
