"""Charts: how they look, and the one thread that draws them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

WIDTH_PX, HEIGHT_PX = 1200, 800
DPI = 200
"""So coarse that a phone, which shows the picture at a quarter of its width, leaves the words readable."""

PAPER, INK, LINES = "#fbfbfd", "#1f2328", "#d0d4da"
"""A light ground of its own, so that the picture can be read whether Discord is light or dark."""
BLUE, ORANGE, GREEN = "#0072b2", "#e69f00", "#009e73"
"""Of Okabe and Ito's colours, which nearly everyone can tell apart."""

_DRAWING = ThreadPoolExecutor(1, thread_name_prefix="drawing")
"""One at a time: matplotlib does not promise to be safe in several threads."""


async def draw_in_thread(draw: Callable[[], bytes]) -> bytes:
    """The picture that ``draw`` makes, beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_DRAWING, draw)
