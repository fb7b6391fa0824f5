"""One name, one class: an error or a dataclass that is named in a log or a review is found at once."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.conftest import ROOT


def classes() -> Iterator[tuple[str, str]]:
    """The name of every class of the project, those within others too, and the file that it is in."""
    for folder in ("audio", "bot", "extensions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    yield node.name, str(path.relative_to(ROOT))


def test_no_two_classes_bear_the_same_name() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for name, path in classes():
        where[name].append(path)
    assert len(where) > 300
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}
