"""One notation for all docstrings: sentences, names in ``...``, errors under ``Raises:``; below a field, its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.conftest import ROOT

OTHER_NOTATIONS = re.compile(
    r"^\s*(Args|Arguments|Parameters|Attributes|Returns|Yields):\s*$|^\s*:(param|returns?)\b", re.MULTILINE
)


def docstrings() -> Iterator[tuple[str, str]]:
    """Each of the tree, with its file and line."""
    for folder in ("audio", "bot", "extensions", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
                    text := ast.get_docstring(node)
                ):
                    yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}", text


def test_docstrings_have_one_notation() -> None:
    found = dict(docstrings())
    assert len(found) > 1000
    assert [place for place, text in found.items() if OTHER_NOTATIONS.search(text)] == []
