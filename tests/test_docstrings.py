"""One notation for all docstrings: sentences, names in ``...``, errors under ``Raises:``; a field's docstring below
it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.conftest import ROOT

OTHER_NOTATIONS = re.compile(
    r"^\s*(Args|Arguments|Parameters|Attributes|Returns|Yields):\s*$|^\s*:(param|returns?)\b", re.MULTILINE
)
ITS_WORDS = re.compile(r"(Args|Arguments|Parameters|Attributes|Returns|Yields):|:(param|return)")
"""A pattern found in every file that may have such a docstring; other files are not parsed."""


def in_another_notation(source: str) -> Iterator[int]:
    """The lines of definitions whose docstrings use another notation."""
    for node in ast.walk(ast.parse(source)) if ITS_WORDS.search(source) else ():
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and OTHER_NOTATIONS.search(ast.get_docstring(node) or ""):
            yield getattr(node, "lineno", 1)


def test_docstrings_have_one_notation() -> None:
    sources = {
        path: path.read_text(encoding="utf-8")
        for folder in ("audio", "bot", "extensions", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert len(sources) > 500
    found = [f"{path.relative_to(ROOT)}:{line}" for path in sources for line in in_another_notation(sources[path])]
    assert found == []


def test_another_notation_is_found() -> None:
    for words in ("Args:\n        x: what", "What it does.\n\n    Returns:\n        what", ":param x: what"):
        assert list(in_another_notation(f'X = 1\n\n\ndef f(x):\n    """{words}\n    """\n')) == [4], words
