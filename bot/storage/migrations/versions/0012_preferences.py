"""The preferences of guilds and people, in one table; when people took their examples back, in another.

Joined channels are now stored with their guild, which is looked up in the stored questions. A channel in which nothing
was asked for as long as questions are kept is dropped, since its guild is not known here; it has to be joined again.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_RENAMED = {"corrections": "roles", "instructions_of_channels": "channel_instructions"}
_LIMITS = ("tokens_a_day", "audio_s_a_day", "member_tokens_a_day", "member_audio_s_a_day")


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("scope", sa.String(16), primary_key=True),
        sa.Column("scope_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    ]


def upgrade() -> None:
    connection, now = op.get_bind(), datetime.now(UTC)
    preferences = op.create_table("preferences", *_columns())
    withdrawals = op.create_table(
        "withdrawals",
        sa.Column("user_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=False),
    )
    settings = sa.Table("settings", sa.MetaData(), *_columns())
    exchanges = sa.table("exchanges", sa.column("channel_id", sa.BigInteger), sa.column("guild_id", sa.BigInteger))
    guild_of = dict(connection.execute(sa.select(exchanges.c.channel_id, exchanges.c.guild_id).distinct()).all())
    kept: dict[tuple[str, int, str], object] = {}
    for scope, id_, name, value in connection.execute(
        sa.select(settings.c.scope, settings.c.scope_id, settings.c.name, settings.c.value)
    ).all():
        if name == "withdrew_examples_at":
            withdrawn = {"user_id": id_, "withdrawn_at": datetime.fromisoformat(value)}
            connection.execute(sa.insert(withdrawals).values(withdrawn))
        elif scope == "channel" and name == "joined":
            if (guild := guild_of.get(id_)) is not None:
                _inside(kept, guild, "joined_channels")[str(id_)] = value
        elif name in _LIMITS:
            if isinstance(value, int | float) and value >= 1:
                _inside(kept, id_, "limits")[name] = int(value)
        elif scope != "channel" and not name.startswith("told_of_budget"):
            kept[scope, id_, _RENAMED.get(name, name)] = value
    for (scope, id_, name), value in kept.items():
        row = {"scope": scope, "scope_id": id_, "name": name, "value": value, "updated_at": now}
        connection.execute(sa.insert(preferences).values(row))
    op.drop_table("settings")


def downgrade() -> None:
    op.create_table("settings", *_columns())
    op.drop_table("withdrawals")
    op.drop_table("preferences")


def _inside(kept: dict[tuple[str, int, str], object], guild: int, name: str) -> dict[str, object]:
    inside = kept.setdefault(("guild", guild, name), {})
    assert isinstance(inside, dict), "both names are made here only"
    return inside
