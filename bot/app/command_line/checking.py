"""``starling doctor`` and ``health``: whether all is well."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bot.app.command_line.console import out
from bot.settings import read_settings

if TYPE_CHECKING:
    from bot.app.check import Check

app = typer.Typer()


@app.command()
def doctor() -> None:
    """Check everything that Starling needs, and say how to fix what is missing.

    Exits with 1 if anything required is missing.
    """
    from bot.app.check import CheckResult
    from bot.app.doctor import examine

    bad = False
    for check in asyncio.run(examine(read_settings())):
        bad = bad or check.finding is CheckResult.BAD
        _show(check)
    raise typer.Exit(code=1 if bad else 0)


_MARKS = {"good": "[green]  ok[/]", "warning": "[yellow]note[/]", "bad": "[red] bad[/]"}
"""What is printed for the result of each check."""


def _show(check: Check) -> None:
    line = f"{_MARKS[check.finding]}  [bold]{check.what}[/]: {escape(check.detail)}"
    out.print(line, highlight=False, soft_wrap=True)
    if check.remedy:
        out.print(f"      → {escape(check.remedy)}", highlight=False, soft_wrap=True)


@app.command()
def health(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for anything that needs attention.")] = False,
) -> None:
    """Report the health of the Starling that uses the same DATA_FOLDER.

    Exits with 1 if it cannot answer anybody and a restart may help: it is not running, or it has lost Discord or its
    database. With --strict, exits with 1 if anything at all is wrong.

    Example:  starling health --strict || mail -s 'Starling' you@example.org
    """
    from bot.app.health_report import is_serving, is_well, read_report

    checks = read_report(read_settings())
    serving, well = is_serving(checks), is_well(checks)
    if as_json:
        report = {"well": well, "serving": serving, "checks": [asdict(check) for check in checks]}
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        for check in checks:
            _show(check)
    raise typer.Exit(code=0 if (well if strict else serving) else 1)
