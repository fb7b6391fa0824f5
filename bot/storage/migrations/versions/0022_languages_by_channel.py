"""The languages of transcripts are chosen per channel: a server's choice is copied to each of its chosen channels."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLE = sa.table(
    "preferences",
    sa.column("scope", sa.String),
    sa.column("scope_id", sa.BigInteger),
    sa.column("name", sa.String),
    sa.column("value", sa.JSON),
    sa.column("updated_at", UtcDateTime()),
)
_LANGUAGES, _CHANNELS = "transcript_languages", "transcribed_channels"


def upgrade() -> None:
    def by_channel(languages: Any, channels: Any) -> object:
        if not isinstance(languages, list) or not isinstance(channels, list):
            return None
        return {str(channel): languages for channel in channels} or None

    _rewrite(by_channel)


def downgrade() -> None:
    def of_all(languages: Any, _channels: Any) -> object:
        found = languages.values() if isinstance(languages, dict) else ()
        return list(dict.fromkeys(code for codes in found for code in codes))[:2] or None

    _rewrite(of_all)


def _rewrite(changed: Callable[[Any, Any], object]) -> None:
    """Replace each server's languages by what ``changed`` makes of its languages and channels; None deletes them."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(_TABLE.c.scope_id, _TABLE.c.name, _TABLE.c.value).where(
            _TABLE.c.scope == "guild", _TABLE.c.name.in_((_LANGUAGES, _CHANNELS))
        )
    ).all()
    channels = {guild: value for guild, name, value in rows if name == _CHANNELS}
    for guild, languages in [(guild, value) for guild, name, value in rows if name == _LANGUAGES]:
        own = (_TABLE.c.scope == "guild", _TABLE.c.scope_id == guild, _TABLE.c.name == _LANGUAGES)
        value = changed(languages, channels.get(guild))
        if value is None:
            connection.execute(sa.delete(_TABLE).where(*own))
        else:
            connection.execute(sa.update(_TABLE).where(*own).values(value=value))
