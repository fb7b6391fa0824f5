"""The Chromium in which pages are tested."""

from __future__ import annotations

import os
import shutil

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first renders like the others, but without invisible windows, and loads a page in a third less time."""


def program() -> str | None:
    """The path of the first of these programs on this machine; None if there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def arguments() -> list[str]:
    """The arguments needed on every machine: Chromium refuses to sandbox itself as root, the user of many
    containers."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []
