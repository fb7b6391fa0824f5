"""Where commands write."""

from __future__ import annotations

from rich.console import Console

out, err = Console(), Console(stderr=True)
