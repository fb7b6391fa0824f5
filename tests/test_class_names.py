"""One name, one class: an error or a dataclass that is named in a log or a review can be found at once."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.conftest import ROOT

BEGINNING = re.compile(r"^[ \t]*class (\w+)", re.MULTILINE)


def sources() -> dict[str, str]:
    """The text of every file of the project."""
    paths = [path for folder in ("audio", "bot", "extensions") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def defined(text: str) -> Iterator[str]:
    """The name of every class in a file, including nested ones."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            yield node.name


def named_twice(texts: dict[str, str]) -> dict[str, list[str]]:
    """The files of each name that several classes share. Only files that might contain one of those are parsed."""
    seen = Counter(name for text in texts.values() for name in BEGINNING.findall(text))
    assert len(seen) > 300
    suspects = {name for name, count in seen.items() if count > 1}
    where: dict[str, list[str]] = defaultdict(list)
    for path, text in texts.items():
        for name in defined(text) if suspects.intersection(BEGINNING.findall(text)) else ():
            where[name].append(path)
    return {name: paths for name, paths in where.items() if len(paths) > 1}


def test_no_two_classes_bear_the_same_name() -> None:
    assert named_twice(sources()) == {}


def test_a_name_that_is_taken_is_found() -> None:
    again = "def f():\n    class StarlingError:\n        pass\n"
    assert named_twice({**sources(), "bot/again.py": again}) == {"StarlingError": ["bot/errors.py", "bot/again.py"]}
