"""The button Keep, below every question about deleting something."""

from __future__ import annotations

from bot.ui import confirmation
from bot.ui.screen import SNOWFLAKE, Screen

screen = Screen()

screen.button(confirmation.KEEP_ID, state=SNOWFLAKE)(confirmation.keep)
