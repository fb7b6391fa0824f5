"""When Python looks for garbage."""

from __future__ import annotations

import gc


def keep_what_is_loaded() -> None:
    """Never look for garbage again in what is loaded by now, a quarter of a million objects that stay to the end: each
    time that takes 0.2 s of the processor, in which nobody is answered. Blocks for as long, once."""
    gc.collect()
    gc.freeze()
