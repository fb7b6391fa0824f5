"""Pages of docs/ with tables that benchmarks write."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import machine

END = "<!-- end -->"


def page_asked_for(description: str) -> Path | None:
    """The page that the command line names with --write."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--write", type=Path, help="a page in Markdown whose tables are replaced")
    page: Path | None = parser.parse_args().write
    return page


def tell(report: str, page: Path | None, what: str = "") -> None:
    """Print ``report`` with the machine and the date of the measurement, and write it into ``page``, between its
    markers. ``what``: the name in the markers, for a page with several reports."""
    begin = f"<!-- measured{f': {what}' if what else ''} -->\n"
    tables = f"Measured on {machine()}, {datetime.now(UTC):%-d %B %Y}.\n\n{report}"
    print(tables)
    if page is not None:
        before, _, rest = page.read_text(encoding="utf-8").partition(begin)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{begin}{tables}\n{END}{after}", encoding="utf-8")
