"""``starling backup``, ``restore`` and ``move-database``: copying stored data elsewhere and back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from bot.app.command_line.console import out
from bot.settings import read_settings

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as /backups/starling-2026-11-26.tar.gz.")],
) -> None:
    """Write everything that Starling stores into one file, also while it runs: the database, people's files and trained
    models, but no tokens and no API keys.

    The list beside it (starling-forgotten.jsonl) says who has asked to be forgotten since, and a running Starling
    keeps it up to date. Keep it with the backups: a restore forgets those people again.

    Example:  starling backup /backups/starling-$(date +%F).tar.gz
    """
    from bot.app.backup import make_backup

    os.umask(0o077)
    made = asyncio.run(make_backup(read_settings(), file))
    told = f"{sum(made.rows.values()):,} rows and {made.files:,} files, {file.stat().st_size / (1 << 20):.1f} MB"
    out.print(f"{file}: {told}", highlight=False, markup=False, soft_wrap=True)


NO_LIST = (
    "There is no list of who was forgotten since then: whoever has withdrawn after it is back. It lies beside backups "
    "as starling-forgotten.jsonl; restore once more into an empty place, with --forgotten and that list."
)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that starling backup made.")],
    forgotten: Annotated[
        Path | None, typer.Option(help="The list of people forgotten since; by default the one beside FILE.")
    ] = None,
) -> None:
    """Restore a backup into an empty DATA_FOLDER (and an empty database, if DATABASE_URL is set), on this machine or
    another. People who have asked to be forgotten since are forgotten again.

    Example:  DATA_FOLDER=data starling restore /backups/starling-2026-11-26.tar.gz
    """
    from bot.app import backup as backups

    os.umask(0o077)
    done = asyncio.run(backups.restore(read_settings(), file, forgotten))
    made = done.manifest
    lines = (
        f"Restored what Starling {made.starling} kept at {made.taken_at[:16]} UTC: "
        f"{sum(made.rows.values()):,} rows and {made.files:,} files.",
        f"Forgotten again, as they were since: people {done.users}, servers {done.guilds}, messages {done.messages}, "
        f"texts and votes {done.texts}.",
        *(() if done.knows_who_was_forgotten else (NO_LIST,)),
        "Start it: starling run",
    )
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command()
def move_database(
    url: Annotated[
        str, typer.Argument(help="An empty database: postgresql://user:password@host/name, sqlite:///path.")
    ],
) -> None:
    """Copy every row into another database, from SQLite to PostgreSQL or back. Stop Starling first.

    Example:  starling move-database postgresql://starling:password@localhost/starling
    """
    from bot.app.backup import move_database as move

    settings = read_settings()
    rows = asyncio.run(move(settings, url))
    lines = (
        f"{sum(rows.values()):,} rows in {len(rows)} tables are copied, and as many are there.",
        "Write DATABASE_URL with that address into .env, and start: starling run",
        "The old database stays as it is. Delete it once all is well: nobody is forgotten in it any more.",
    )
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
