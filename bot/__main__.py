"""The command line."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from bot.app.command_line import checking, keeping, serving, speech, weights
from bot.app.command_line.console import err
from bot.errors import StarlingError

app = typer.Typer(
    help="Starling: a Discord bot that people talk to and teach.",
    epilog="Examples:  starling run  |  starling transcribe note.ogg --json  |  starling say 'Hello' --out hello.ogg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for family in (serving, checking, keeping, speech):
    app.add_typer(family.app)
app.add_typer(weights.app, name="models")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"starling {version('starling')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command line; a ``StarlingError`` is printed as one sentence, with exit status 1."""
    try:
        app()
    except StarlingError as error:
        err.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
