"""When Python looks for garbage."""

from __future__ import annotations

import gc


def nothing_is_garbage_yet() -> None:
    """Look for no garbage until ``keep_what_is_loaded``: there is none in what is imported and loaded at a start, and
    to look for it takes a sixth of that."""
    gc.disable()


def keep_what_is_loaded() -> None:
    """Never look for garbage again in what is loaded by now, a quarter of a million objects that stay to the end: each
    time that takes 0.2 s of the processor, in which nobody is answered. Blocks for as long, once."""
    gc.collect()
    gc.freeze()
    gc.enable()
