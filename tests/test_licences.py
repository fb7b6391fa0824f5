"""Every package installed with Starling contains the text of its licence, or is in a list that says where to find
it."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXTS = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)


def _named(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_a_package_without_a_licences_text_is_told_of() -> None:
    pinned = {_named(name) for name in re.findall(r"(?m)^([\w.-]+)==", (ROOT / "constraints.txt").read_text("utf-8"))}
    told = dict(re.findall(r"(?m)^\| ([\w-]+) \| .* \| (https://spdx\.org/licenses/\S+) \|", _list()))
    installed = {_named(one.metadata["Name"]): one for one in distributions()}
    without = {
        name
        for name in pinned & installed.keys()
        if not any(TEXTS.search(str(file)) for file in installed[name].files or ())
    }
    assert without, "some have none, such as tokenizers"
    assert without == told.keys() & installed.keys()


def _list() -> str:
    return (ROOT / "docs" / "licences.md").read_text("utf-8")
