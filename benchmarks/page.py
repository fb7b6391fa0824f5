"""Pages of docs/ whose tables a benchmark writes."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.machine import machine

BEGIN, END = "<!-- measured -->\n", "<!-- end -->"


def page_asked_for(description: str) -> Path | None:
    """The page that the command line names with --write."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--write", type=Path, help="a page in Markdown whose tables are replaced")
    page: Path | None = parser.parse_args().write
    return page


def tell(report: str, page: Path | None) -> None:
    """Print ``report`` with the machine that it was measured on, and put it in ``page``."""
    tables = f"Measured on {machine()}.\n\n{report}"
    print(tables)
    if page is not None:
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}{tables}\n{END}{after}", encoding="utf-8")
