"""Benchmarks are run by hand, and seldom: that each of them can still be started is seen here."""

from __future__ import annotations

import importlib

import pytest

from tests.conftest import ROOT

NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")
OPTIONAL = {"pocketsphinx", "whisper_normalizer"}
"""Of the extra ``benchmarks``."""


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_what_it_imports(name: str) -> None:
    try:
        importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"{error.name} is not installed (the extra benchmarks)")
